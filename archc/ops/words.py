"""A layer as source text: `conv 3x3/2, 64, pad=1`. The text reads back as an equal layer."""

from archc.ops.base import Op
from archc.ops.declared import Field
from archc.ops.input import Input

SIZES = frozenset({"kernel_size", "stride", "dilation", "output_size", "size", "dims"})
"""Fields whose tuples are written 3x3; those of others are written (1, 1, 2, 2)."""


def value_text(value: object, field: str = "") -> str:
    """A value as a source writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, tuple):
        if field == "order":
            return f"[{', '.join(map(str, value))}]"
        if field == "connections":
            return f"[{'; '.join(', '.join(map(str, row)) for row in value)}]"
        if field in SIZES:
            return "x".join(map(str, value))
        return f"({', '.join(value_text(item) for item in value)})"
    return str(value)


def number_text(value: float) -> str:
    """The shortest text that reads back as exactly this number."""
    text = repr(value)
    return text.removesuffix(".0")


def _keyword(field: str, info: Field, value: object) -> str:
    return f"{info.alias or field}={value_text(value, field)}"


def _omits_stride(op: Op, kernel: object, stride: object) -> bool:
    """The stride is the layer's default beside this kernel: for a pool the kernel itself."""
    if stride is None or type(op).fields["stride"].default == stride:
        return True
    return op.category == "pool" and kernel == stride


def words(op: Op) -> str:
    """Name, positional fields, then every other field that is not at its default."""
    if isinstance(op, Input):
        return f"input {'x'.join(map(str, (*op.shape[1:], op.shape[0])))}"
    fields = type(op).fields
    values = {field: getattr(op, field) for field in fields}
    positional: list[str] = []
    keywords: list[str] = []
    done: set[str] = set()
    if "stride" in fields and _omits_stride(op, values["kernel_size"], values["stride"]):
        done.add("stride")
    kernel, stride = values.get("kernel_size"), values.get("stride")
    if isinstance(kernel, tuple) and isinstance(stride, int) and "stride" not in done:
        positional.append(f"{value_text(kernel, 'kernel_size')}/{stride}")
        done |= {"kernel_size", "stride"}
    gap = False  # a positional field left out: those after it need their names
    trailing = _last_needed(op)
    for index, field in enumerate(op.positional):
        if field in done:
            continue
        if index > trailing or values[field] is None:
            gap = True
        elif not gap:
            positional.append(value_text(values[field], field))
            done.add(field)
    for field, info in fields.items():
        if field not in done and values[field] != info.default:
            keywords.append(_keyword(field, info, values[field]))
    arguments = ", ".join((*positional, *keywords))
    return f"{op.name} {arguments}" if arguments else op.name


def _last_needed(op: Op) -> int:
    """The index of the last positional field that is not at its default."""
    fields = type(op).fields
    needed = [i for i, field in enumerate(op.positional) if getattr(op, field) != fields[field].default]
    return max(needed, default=-1)
