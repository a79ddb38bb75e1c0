"""Pooling: the maximum or the mean of each window."""

from math import gcd, prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, need_rank, spatial
from archc.ops.declared import field
from archc.ops.fields import Extent, Flag, Padding, whole_extent, written
from archc.ops.reads import ALL, Reading, Reads
from archc.ops.window import AXES, Axis, captioned, explain_axes, extent_words, slide, sliding, step_words
from archc.quasi_affine import ceil, floor


def _window(value: object) -> object:
    if isinstance(value, str):
        if value != "global":
            raise ValueError(f"takes a size such as 2x2, or global, not `{value}`")
        return value
    return whole_extent(value)


Window = Annotated[int | tuple[int, ...] | Literal["global"], _window]


class Pool(Op):
    """The base of pools: with a sliding window, over the whole map (`global`), or to a stated size (`to`)."""

    category: ClassVar[Category] = "pool"
    positional: ClassVar[tuple[str, ...]] = ("kernel_size",)
    symbols: ClassVar[frozenset[str]] = frozenset({"half", "same", "valid", "global"})
    keeps_channels: ClassVar[bool] = True
    tabled: ClassVar[bool] = True

    kernel_size: Window | None = field(None, alias="kernel")
    stride: Extent | None = None
    padding: Padding = field(0, alias="pad")
    ceil_mode: Flag = field(False, alias="ceil")
    output_size: Extent | None = field(None, alias="to")

    def check(self) -> None:
        if self.kernel_size is None and self.output_size is None:
            raise ValueError(f"{self.name} needs a window such as 2x2/2, or `global`, or the output size: `to 7x7`")
        if self.kernel_size is not None and self.output_size is not None:
            raise ValueError(f"{self.name} takes a window or the output size `to`, not both")
        if self.output_size is not None or self.kernel_size == "global":
            given = [word for word, default in self._sliding() if not default]
            if given:
                reason = "`global` takes the whole map" if self.output_size is None else "`to` works out the windows"
                raise ValueError(f"{reason}, so leave out {' and '.join(given)}")
        elif isinstance(self.kernel_size, int | tuple):
            # normalised, so that equal layers compare equal
            stride = self.kernel_size if self.stride is None else self.stride
            if isinstance(stride, tuple) and isinstance(self.kernel_size, tuple) and len(set(stride)) == 1:
                stride = stride[0] if len(stride) == len(self.kernel_size) else stride
            self.__dict__["stride"] = stride

    def at_default(self) -> set[str]:
        same = {"stride"} if self.stride == self.kernel_size else set()
        return super().at_default() | same

    def _sliding(self) -> list[tuple[str, bool]]:
        """(field, whether it was left at its default) for the fields of a sliding window."""
        return [
            ("`stride`", self.stride is None),
            ("`pad`", self.padding == 0),
            ("`ceil`", not self.ceil_mode),
        ]

    @property
    def spread(self) -> int | tuple[int, ...]:
        """The dilation."""
        return 1

    def axes(self, inputs: Inputs) -> tuple[Axis, ...]:
        """The sliding window on each axis; () for a global or adaptive pool. Raises OpError where it does not fit."""
        need_rank(inputs, self.name)
        if not isinstance(self.kernel_size, int | tuple) or self.stride is None:
            return ()
        axes = slide(inputs[0], self.kernel_size, self.stride, self.padding, self.spread, self.ceil_mode)
        if not isinstance(self.padding, str):
            _check_padding(axes)
        return axes

    def caption(self, inputs: Inputs, output: Shape) -> str:
        rank = len(output) - 1
        if self.output_size is not None:
            return f"{self.titled()} to {extent_words(self.output_size, rank)}"
        if self.kernel_size == "global":
            return f"global {self.titled()}"
        return f"{captioned(self.kernel_size, self.titled(), rank)}{step_words(self.stride)}"

    def bins(self, inputs: Inputs) -> tuple[int, ...]:
        """The output sizes of a global or adaptive pool."""
        rank = need_rank(inputs, self.name)
        return spatial(self.output_size or 1, rank, "output_size", "the output size")

    def output(self, inputs: Inputs) -> Shape:
        axes = self.axes(inputs)
        return (inputs[0][0], *((axis.count for axis in axes) if axes else self.bins(inputs)))

    def reads(self, inputs: Inputs) -> int:
        """The number of input values read for one channel, padding included."""
        axes = self.axes(inputs)
        if axes:
            return prod(axis.count * axis.kernel for axis in axes)
        # Σ_i ⌈(i + 1)n/m⌉ − ⌊in/m⌋ = n + m − gcd(n, m)
        return prod(n + m - gcd(n, m) for n, m in zip(inputs[0][1:], self.bins(inputs), strict=True))

    def reading(self, inputs: Inputs) -> Reading:
        axes = self.axes(inputs)
        if axes:
            return (None, *sliding(axes))
        pairs = zip(inputs[0][1:], self.bins(inputs), strict=True)
        return (None, *(ALL if m == 1 else None if n == m else _bins(n, m) for n, m in pairs))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        axes = self.axes(inputs)
        if axes:
            return explain_axes(axes)
        names = AXES[len(inputs[0]) - 1]
        return [
            (name, f"{n} in {m} bin{'s' * (m != 1)}, from ⌊i·{n}/{m}⌋ to ⌈(i + 1)·{n}/{m}⌉, the end left out")
            for name, n, m in zip(names, inputs[0][1:], output[1:], strict=True)
        ]


class MaxPool(Pool):
    """The greatest value of each window; padding never wins.

    (C, n…) → (C, ⌊(n + p_begin + p_end − d(k − 1) − 1)/s⌋ + 1 …)

    The stride is the window's size unless given. `ceil` rounds up instead, and drops a last window that
    would start in the end padding. `global` gives (C, 1…); `to` gives (C, to…) from windows
    [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉). A stated padding is at most half the window, as torch has it.
    flops: Πk − 1 comparisons an output. Source: torch.nn.MaxPool2d, AdaptiveMaxPool2d.
    """

    name: ClassVar[str] = "maxpool"
    title: ClassVar[str] = "max pool"

    dilation: Extent = 1

    @property
    def spread(self) -> int | tuple[int, ...]:
        return self.dilation

    def _sliding(self) -> list[tuple[str, bool]]:
        return [*super()._sliding(), ("`dilation`", self.dilation == 1)]

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return inputs[0][0] * self.reads(inputs) - prod(output)


class AvgPool(Pool):
    """The mean of each window.

    (C, n…) → (C, ⌊(n + p_begin + p_end − k)/s⌋ + 1 …)

    The stride, `ceil`, `global` and `to` are as in `maxpool`. With padding, `count_include_pad` says
    whether the zeros of the padding count in the mean: yes by default, as in torch. (What a ceil-mode
    window reaches beyond the padding never counts.) In 3-D torch takes no window that is larger than the
    input before its padding, whatever the padding.
    flops: Πk an output, Πk − 1 sums and a division. Source: torch.nn.AvgPool2d, AdaptiveAvgPool2d.
    """

    name: ClassVar[str] = "avgpool"
    title: ClassVar[str] = "avg pool"

    count_include_pad: Flag = True

    def _sliding(self) -> list[tuple[str, bool]]:
        return [*super()._sliding(), ("`count_include_pad`", self.count_include_pad)]

    def axes(self, inputs: Inputs) -> tuple[Axis, ...]:
        axes = super().axes(inputs)
        if len(axes) == 3 and any(axis.kernel > axis.size for axis in axes):
            raise OpError(
                f"the {'x'.join(str(axis.kernel) for axis in axes)} window is larger than its "
                f"{'x'.join(map(str, inputs[0][1:]))} input, which a 3-D mean does not take, padded or not",
                code=Code.WINDOW_TOO_LARGE,
                field="kernel_size",
                repairs=(Repair("kernel_size", "x".join(str(min(axis.kernel, axis.size)) for axis in axes)),),
            )
        return axes

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return inputs[0][0] * self.reads(inputs)


def _bins(n: int, m: int) -> Reads:
    """The m windows [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉)."""
    return Reads(floor(n, 0, m), ceil(n, n, m) + -1)


def _check_padding(axes: tuple[Axis, ...]) -> None:
    """Raises OpError where the padding is too large.

    torch limits the padding of a pool to half its undilated window. Unequal paddings are a separate layer there, and
    only a window within the padding alone is refused.
    """
    even = all(axis.begin == axis.end for axis in axes)
    for axis in axes:
        limit = axis.kernel // 2 if even else axis.extent - 1
        pad = max(axis.begin, axis.end)
        if pad > limit:
            repairs = (Repair("padding", str(min(a.kernel for a in axes) // 2)),) if even else ()
            rule = "a pool is padded by at most half its window" if even else "no window may lie in the padding alone"
            bound = f"⌊{axis.kernel}/2⌋" if even else f"{axis.extent} − 1"
            raise OpError(
                f"padding {pad} is too much for the {written(tuple(a.kernel for a in axes))} window: {rule}",
                code=Code.PADDING_TOO_LARGE,
                field="padding",
                notes=(f"{axis.name}: {bound} = {limit}, and {pad} is more",),
                repairs=repairs,
            )
