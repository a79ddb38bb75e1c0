"""The extent of a statement: its text, the blocks in scope, and windows that lie in padding."""

import re

from archc.diagnostics import Span
from archc.elaborate.env import BlockDefinition, Env
from archc.elaborate.solve.holes import Quantity
from archc.graph import Node
from archc.ops import Axis
from archc.syntax import ast

GIVEN_BY_NAME = re.compile(r"\bpad(ding)?\s*=\s*(\([^)]*?|[^,)]*?)[A-Za-z_]")  # pad=p, pad=(0, p)


def lies_in_padding(node: Node, padding: list[Quantity]) -> bool:
    """Whether a whole window of this layer would lie in padding that is being solved for."""
    axes: tuple[Axis, ...] = getattr(node.op, "axes", lambda _: ())(node.input_shapes)
    outside = {pad for axis in axes for pad in (axis.begin, axis.end) if pad >= axis.extent}
    if not outside:
        return False
    named = GIVEN_BY_NAME.search(node.span.text)
    return any(inside(each.holes[0].span, node.span) or (named and each.value in outside) for each in padding)


def words_of(statement: ast.Statement) -> str:
    """The text of a statement, with the figures and shapes stated for it in other cells of its row."""
    parts: list[str] = []
    stack: list[ast.Statement] = [statement]
    while stack:
        match stack.pop():
            case ast.Flow() as flow:
                parts.append(flow.span.text)
                inner = flow.what if isinstance(flow.what, ast.Sequence) else None
                stated = (flow.asserted, inner.asserted if inner is not None else None)
                parts += [f"=> {each.span.text}" for each in stated if each is not None]
            case ast.Stage() as stage:
                parts += [f"{claim.metric} {claim.stated.span.text}" for claim in stage.claims]
                stack += reversed(stage.statements)
            case other:
                parts.append(other.span.text)
    return "\n".join(parts)


def inside(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def blocks_in_scope(env: Env) -> list[BlockDefinition]:
    return [definition for scope in env.chain() for definition in scope.blocks.values()]
