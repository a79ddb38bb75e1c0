"""Sliding windows: padding, the number of positions, unused positions at the end.

    out = ⌊(n + p_begin + p_end − (d·(k − 1) + 1)) / s⌋ + 1

Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), relationships 6 and 15.
With ceil, ⌈·⌉ takes the place of ⌊·⌋, and a window that would start in the end padding is dropped
(torch.nn.MaxPool2d).
"""

from functools import lru_cache

from archc.diagnostics import Code
from archc.ops.base import OpError, Repair, Shape, spatial
from archc.ops.fields import written
from archc.ops.reads import Reading, Reads
from archc.quasi_affine import QuasiAffine
from archc.records import dataclass

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True, slots=True)
class Axis:
    """A window on one axis of its input."""

    name: str
    size: int
    kernel: int
    stride: int
    begin: int
    end: int
    dilation: int
    ceil: bool

    @property
    def extent(self) -> int:
        """The size of the dilated window."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def room(self) -> int:
        """The size of the padded input without the first window."""
        return self.size + self.begin + self.end - self.extent

    @property
    def count(self) -> int:
        """The number of positions of the window; 0 or less where it does not fit."""
        rounded = -(-self.room // self.stride) if self.ceil else self.room // self.stride
        count = rounded + 1
        if self.ceil and (count - 1) * self.stride >= self.size + self.begin:
            count -= 1
        return count

    @property
    def reach(self) -> int:
        """The end border with which the last window fits exactly; negative where no window reads the input's end."""
        return (self.count - 1) * self.stride + self.extent - self.size - self.begin

    @property
    def discarded(self) -> int:
        """The number of padded input positions at the end that no window covers."""
        return max(0, self.end - self.reach)

    @property
    def arithmetic(self) -> str:
        """`⌊(224 + 2·3 − 7)/2⌋ + 1 = 112`"""
        pad = f"2·{self.begin}" if self.begin == self.end else f"{self.begin} + {self.end}"
        reach = str(self.kernel) if self.dilation == 1 else f"({self.dilation}·({self.kernel} − 1) + 1)"
        left, right = ("⌈", "⌉") if self.ceil else ("⌊", "⌋")
        text = f"{left}({self.size} + {pad} − {reach})/{self.stride}{right} + 1"
        rounded = -(-self.room // self.stride) if self.ceil else self.room // self.stride
        if self.count == rounded + 1:
            return f"{text} = {minus(self.count)}"
        return f"{text} = {rounded + 1}, less a last window that would start in the padding = {self.count}"


def minus(number: int) -> str:
    return str(number).replace("-", "−")


def pads(
    padding: int | tuple[int, ...] | str,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """(begin, end) on each axis.

    A number pads every side; one number an axis pads both of its sides; two an axis are begin and end
    in turn (top, bottom, left, right). half is (k − 1)//2 of the dilated window. same is TensorFlow's
    rule: out = ⌈n/s⌉, the odd pixel at the end. valid is 0.
    """
    rank = len(sizes)
    if padding == "valid":
        return ((0, 0),) * rank
    if padding == "half":
        halves = (d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
        return tuple((half, half) for half in halves)
    if padding == "same":
        result = []
        for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
            total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
            result.append((total // 2, total - total // 2))
        return tuple(result)
    if isinstance(padding, str):
        raise TypeError(padding)
    return sides(padding, rank)


def sides(padding: int | tuple[int, ...], rank: int) -> tuple[tuple[int, int], ...]:
    """(begin, end) on each axis, of padding in numbers."""
    if isinstance(padding, int):
        return ((padding, padding),) * rank
    if len(padding) == 2 * rank:
        return tuple((padding[2 * i], padding[2 * i + 1]) for i in range(rank))
    if len(padding) == rank:
        return tuple((p, p) for p in padding)
    raise OpError(
        f"`pad` lists {len(padding)} numbers; an input with {rank} sizes takes 1, {rank} or {2 * rank}",
        code=Code.WRONG_RANK,
        field="padding",
        help="on an image: pad=1, pad=(vertical, horizontal) or pad=(top, bottom, left, right)",
    )


def slide(
    shape: Shape,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: int | tuple[int, ...] | str,
    dilation: int | tuple[int, ...] = 1,
    ceil: bool = False,
) -> tuple[Axis, ...]:
    """The window on each axis of `shape`. Raises OpError where it does not fit."""
    sizes = shape[1:]
    rank = len(sizes)
    kernel = spatial(kernel_size, rank, "kernel_size", "the window")
    steps = spatial(stride, rank, "stride", "the stride")
    spread = spatial(dilation, rank, "dilation", "the dilation")
    borders = pads(padding, sizes, kernel, steps, spread)
    axes = tuple(
        Axis(name, n, k, s, begin, end, d, ceil)
        for name, n, k, s, (begin, end), d in zip(AXES[rank], sizes, kernel, steps, borders, spread, strict=True)
    )
    for axis in axes:
        if axis.count < 1:
            raise _too_large(axes, axis, sizes, kernel)
    return axes


def _too_large(axes: tuple[Axis, ...], axis: Axis, sizes: tuple[int, ...], kernel: tuple[int, ...]) -> OpError:
    needed = -(-(axis.extent - axis.size) // 2)
    padded = f" with padding {axis.begin} and {axis.end}" if axis.begin or axis.end else ""
    reach = f" (dilated to {axis.extent})" if axis.dilation > 1 else ""
    repairs = [Repair("padding", str(needed))]
    smaller = tuple(min(k, n) for k, n in zip(kernel, sizes, strict=True))
    if axis.dilation == 1:
        repairs.append(Repair("kernel_size", written(smaller)))
    return OpError(
        f"the {written(kernel)} window{reach} is larger than its {written(sizes)} input{padded}",
        code=Code.WINDOW_TOO_LARGE,
        field="kernel_size",
        notes=tuple(f"{a.name}: {a.arithmetic}" for a in axes if a.count < 1),
        repairs=tuple(repairs),
    )


def sliding(axes: tuple[Axis, ...]) -> Reading:
    """The reading of a sliding window on each axis: output p reads from s·p − p_begin in steps of d."""
    return tuple([_read(axis.stride, axis.begin, axis.extent, axis.dilation) for axis in axes])


@lru_cache(4096)  # equal windows are one object
def _read(stride: int, begin: int, extent: int, dilation: int) -> Reads | None:
    if extent == stride == 1 and not begin:
        return None
    first = QuasiAffine(1, stride, (-begin,))
    return Reads(first, QuasiAffine(1, stride, (extent - 1 - begin,)), dilation if extent > 1 else 1)


def explain_axes(axes: tuple[Axis, ...]) -> list[tuple[str, str]]:
    """The size arithmetic of each axis, with the positions that no window covers."""
    lines = []
    for axis in axes:
        lost = axis.discarded
        tail = f"; the last {lost} of {axis.size + axis.begin + axis.end} padded positions unused" if lost else ""
        lines.append((axis.name, axis.arithmetic + tail))
    return lines


def captioned(size: object, title: str, rank: int) -> str:
    """`3×3 conv`; on one axis `1-D conv 3`, because `3 conv` would read as three layers."""
    text = extent_words(size, rank)
    return f"1-D {title} {text}" if rank == 1 else f"{text} {title}"


def extent_words(value: object, rank: int) -> str:
    """`3×3`; a single number is repeated for each axis."""
    return "×".join(map(str, value if isinstance(value, tuple) else (value,) * rank))


def step_words(value: object) -> str:
    """`, /2`; "" for a stride of 1."""
    if value == 1 or (isinstance(value, tuple) and set(value) == {1}):
        return ""
    return f", /{'×'.join(map(str, value)) if isinstance(value, tuple) else value}"


def convolution_words(
    size: object, title: str, output: tuple[int, ...], stride: object, groups: int, dilation: object
) -> str:
    """`3×3 conv, 64, /2, 4 groups, dilated 2`; without a title `3×3, 64, …`."""
    rank = len(output) - 1
    head = captioned(size, title, rank) if title else extent_words(size, rank)
    grouped = f", {groups} groups" if groups > 1 else ""
    wide = (
        ""
        if dilation in (1, (1,) * rank)
        else f", dilated {dilation if isinstance(dilation, int) else extent_words(dilation, rank)}"
    )
    return f"{head}, {output[0]}{step_words(stride)}{grouped}{wide}"
