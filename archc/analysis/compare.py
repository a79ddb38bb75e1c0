"""Several nets beside each other, a line each."""

from collections.abc import Sequence

from archc.analysis import table
from archc.analysis.cost import totals
from archc.analysis.figures import human, human_bytes, plural
from archc.analysis.memory import training_bytes
from archc.analysis.summary import Checked
from archc.ops import hwc


def comparison(nets: Sequence[Checked], *, width: int = 100, color: bool = False) -> str:
    """The table of the nets that checked, and how many they are."""
    shown = [(net, net.graph, totals(net.graph)) for net in nets if net.graph is not None]
    columns = [
        table.Column("net", [net.name for net, _, _ in shown], shrinks_to=16),
        table.Column("file", [net.file for net, _, _ in shown], shrinks_to=8, drop=2),
        table.Column("input", [hwc(graph.inputs[0].shape) for _, graph, _ in shown], drop=3),
        table.Column("output", [hwc(graph[graph.outputs[0].node].shape) for _, graph, _ in shown], drop=4),
        table.Column("params", [f"{figures.params:,}" for _, _, figures in shown], right=True),
        table.Column("MACs", [human(figures.macs) for _, _, figures in shown], right=True),
        table.Column("memory", [human_bytes(training_bytes(graph)) for _, graph, _ in shown], right=True, drop=3),
        table.Column("depth", [str(figures.depth) for _, _, figures in shown], right=True, drop=5),
        table.Column("stated", [str(net.checked) for net, _, _ in shown], right=True, drop=6),
    ]
    example = f"{shown[0][0].file}::{shown[0][0].name}"
    return "\n".join(
        [
            *table.lines(columns, width, color=color),
            "",
            *([f"`archc check {example}` shows one of them"] if len(example) < width - 40 else []),
            _verdict(nets, color),
        ]
    )


def _verdict(nets: Sequence[Checked], color: bool) -> str:
    held = sum(net.checked for net in nets)
    line = f"{plural(len(nets), 'net')} check · {plural(held, 'stated figure')} hold"
    return f"{table.BOLD}{line}{table.RESET}" if color else line
