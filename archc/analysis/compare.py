"""Several nets beside each other, a line each."""

from collections.abc import Sequence

from archc.analysis import table
from archc.analysis.cost import totals
from archc.analysis.figures import human, human_bytes, plural
from archc.analysis.memory import training_bytes
from archc.analysis.summary import CheckedNet, statements_text
from archc.ops import hwc


def comparison(nets: Sequence[CheckedNet], *, width: int = 100, color: bool = False, batch: int = 1) -> str:
    """A table with a row for each net that has a whole graph, and how many nets check.

    The memory column is that of the activations of `batch` samples in training.
    """
    shown = [(net, net.whole, totals(net.whole)) for net in nets if net.whole is not None]
    columns = [
        table.Column("net", [net.name for net, _, _ in shown], shrinks_to=16),
        table.Column("file", [net.file for net, _, _ in shown], shrinks_to=8, drop=6),
        table.Column("input", [hwc(graph.inputs[0].shape) for _, graph, _ in shown], drop=7),
        table.Column("output", [hwc(graph[graph.outputs[0].node].shape) for _, graph, _ in shown], drop=8),
        table.Column("params", [f"{figures.params:,}" for _, _, figures in shown], right=True),
        table.Column("MACs", [human(figures.macs) for _, _, figures in shown], right=True, drop=1),
        table.Column("weights", [human_bytes(figures.weight_bytes) for _, _, figures in shown], right=True, drop=2),
        table.Column("memory", [human_bytes(training_bytes(graph, batch)) for _, graph, _ in shown], True, drop=3),
        table.Column("depth", [str(figures.depth) for _, _, figures in shown], right=True, drop=4),
        table.Column("stated", [_stated(net) for net, _, _ in shown], right=True, drop=5),
    ]
    first = shown[0][0]
    example = first.name if first.file == first.name else f"{first.file}::{first.name}"
    return "\n".join(
        [
            *table.lines(columns, width, color=color),
            "",
            *([f"`archc check {example}` shows one of them"] if len(example) < width - 40 else []),
            _verdict(nets, color),
        ]
    )


def _stated(net: CheckedNet) -> str:
    return f"{net.checked}, {net.refuted} not" if net.refuted else str(net.checked)


def _verdict(nets: Sequence[CheckedNet], color: bool) -> str:
    figures = statements_text(sum(net.checked for net in nets), all(net.as_written for net in nets))
    sound = sum(net.graph is not None for net in nets)
    refuted = sum(net.refuted for net in nets)
    line = f"{plural(len(nets), 'net') if sound == len(nets) else f'{sound} of {len(nets)} nets'} check · {figures}"
    line += f", {refuted} {'does' if refuted == 1 else 'do'} not" if refuted else ""
    return f"{table.BOLD}{line}{table.RESET}" if color else line
