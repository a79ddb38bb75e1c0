"""Grammar rules to syntax tree: one method a rule, called by the parser as each rule completes.

Nothing recurses, so a deep source cannot exhaust the stack. Children arrive as tokens (punctuation
too, for its place) and nodes already built.
"""

from collections.abc import Sequence as Seq
from math import inf
from typing import Any

from archc.diagnostics import Code, Diagnostic, Source, Span
from archc.records import dataclass
from archc.syntax import ast
from archc.syntax.tokens import Token

MAX_DIGITS = 18
SUFFIXES = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}

Children = list[Any]


@dataclass(slots=True)
class _Items:
    """A bracketed or bare list on its way into a node."""

    span: Span
    items: tuple[Any, ...]


class TreeBuilder:
    """`source` is set before each parse; `diagnostics` collects what a token alone shows to be wrong."""

    def __init__(self) -> None:
        self.source = Source("", "")
        self.diagnostics: list[Diagnostic] = []
        self.has_holes = False

    # ---- places

    def _at(self, child: Any) -> Span:
        if isinstance(child, Token):
            return Span(self.source, child.start_pos or 0, child.end_pos or 0)
        span: Span = child.span
        return span

    def _over(self, children: Seq[Any]) -> Span:
        return self._at(children[0]).to(self._at(children[-1]))

    @staticmethod
    def _nodes(children: Children) -> tuple[Any, ...]:
        return tuple(child for child in children if not isinstance(child, Token))

    def _integer(self, digits: str, span: Span) -> int:
        plain = digits.replace("_", "")
        if len(plain) > MAX_DIGITS:
            self.diagnostics.append(
                Diagnostic(
                    Code.LIMIT_DIGITS,
                    f"a whole number of {len(plain)} digits; the limit is {MAX_DIGITS}",
                    span,
                )
            )
            return 1
        return int(plain)

    # ---- items

    def start(self, children: Children) -> ast.File:
        return ast.File(self.source, self._nodes(children))

    def use(self, children: Children) -> ast.Use:
        target = children[1]
        return ast.Use(self._over(children), str(target).strip('"'), self._at(target))

    def net(self, children: Children) -> ast.Net:
        parameters = children[2].items if len(children) == 4 else ()
        return ast.Net(self._over(children), str(children[1]), self._at(children[1]), parameters, children[-1])

    def block(self, children: Children) -> ast.Block:
        parameters = children[2].items if len(children) == 4 else ()
        return ast.Block(self._over(children), str(children[1]), self._at(children[1]), parameters, children[-1])

    def params(self, children: Children) -> _Items:
        return _Items(self._over(children), self._nodes(children))

    def param(self, children: Children) -> ast.Parameter:
        default = children[2] if len(children) == 3 else None
        return ast.Parameter(self._over(children), str(children[0]), self._at(children[0]), default)

    def body(self, children: Children) -> ast.Body:
        return ast.Body(self._over(children), children[1].items)

    def table(self, children: Children) -> ast.Table:
        parameters = children[2].items if isinstance(children[2], _Items) else ()
        lines = tuple(child for child in children[3:] if not isinstance(child, Token | _Items))
        return ast.Table(self._over(children), str(children[1]), self._at(children[1]), parameters, lines)

    def row(self, children: Children) -> ast.Row:
        cells = []
        for bar, content in zip(children[::2], children[1::2], strict=True):
            span = content.span if content is not None else self._at(bar).after()
            cells.append(ast.Cell(span, content))
        if len(cells) > 1 and cells[-1].content is None:
            cells.pop()  # what follows the bar that closes the row
        return ast.Row(self._at(children[0]).to(cells[-1].span), tuple(cells))

    def cell(self, children: Children) -> Any:
        """The content, or None: its place is known to the row."""
        if not children:
            return None
        token = children[0]
        return ast.Raw(self._at(token), str(token)) if isinstance(token, Token) else token

    def binding(self, children: Children) -> ast.Binding:
        return ast.Binding(self._over(children), str(children[1]), self._at(children[1]))

    def figure(self, children: Children) -> ast.Stated:
        return self.stated(children)

    # ---- a recipe

    def train(self, children: Children) -> ast.Train:
        return ast.Train(self._over(children), str(children[0]), self._at(children[0]), children[1])

    def settings(self, children: Children) -> ast.Settings:
        return ast.Settings(self._over(children), self._nodes(children))

    def setting(self, children: Children) -> ast.Setting:
        keys: _Items = children[0]
        return ast.Setting(self._over(children), keys.items, keys.span, children[-1])

    def key(self, children: Children) -> _Items:
        return _Items(self._over(children), tuple(str(child).strip('"') for child in children[::2]))

    def listed(self, children: Children) -> ast.Listed:
        return ast.Listed(self._over(children), self._nodes(children))

    # ---- statements

    def stmts(self, children: Children) -> _Items:
        nodes = self._nodes(children)
        return _Items(self._over(nodes) if nodes else Span(self.source, 0, 0), nodes)

    def let(self, children: Children) -> ast.Let:
        return ast.Let(self._over(children), str(children[1]), self._at(children[1]), children[3])

    def if_(self, children: Children) -> ast.If:
        nodes = self._nodes(children)
        pairs = len(nodes) // 2
        arms = tuple((nodes[2 * i], nodes[2 * i + 1]) for i in range(pairs))
        return ast.If(self._over(children), arms, nodes[-1] if len(nodes) % 2 else None)

    def flow(self, children: Children) -> ast.Flow:
        what, *asserted = self._nodes(children)
        label = children[0] if isinstance(children[0], Token) else None
        name, place = (str(label), self._at(label)) if label is not None else (None, None)
        return ast.Flow(self._over(children), name, place, what, *asserted)

    def for_(self, children: Children) -> ast.For:
        names = [child for child in children if isinstance(child, Token) and child.type == "NAME"]
        return ast.For(self._over(children), tuple(map(str, names)), self._over(names), children[-2], children[-1])

    def repeat(self, children: Children) -> ast.Repeat:
        return ast.Repeat(self._over(children), children[1], children[2])

    def expect(self, children: Children) -> ast.Expect:
        return ast.Expect(self._over(children), str(children[1]), self._at(children[1]), children[3])

    def stated(self, children: Children) -> ast.Stated:
        return ast.Stated(self._over(children), children[-1], len(children) == 2)

    def output(self, children: Children) -> ast.Output:
        arguments = next((child.items for child in children if isinstance(child, _Items)), ())
        return ast.Output(self._over(children), str(children[1]), self._at(children[1]), arguments, children[-1])

    # ---- paths

    def sequence(self, children: Children) -> ast.Sequence:
        nodes = self._nodes(children)
        asserted = nodes[-1] if isinstance(nodes[-1], ast.Stated) else None
        return ast.Sequence(self._over(children), nodes[:-1] if asserted else nodes, asserted)

    def asserted(self, children: Children) -> ast.Stated:
        stated: ast.Stated = children[1]
        return stated

    def repeated(self, children: Children) -> ast.Repeated:
        stride = children[4] if len(children) == 5 else None
        return ast.Repeated(self._over(children), children[0], children[2], stride)

    def call(self, children: Children) -> ast.Call:
        arguments = next((child.items for child in children if isinstance(child, _Items)), ())
        variant = next((c for c in children[1:2] if isinstance(c, Token) and c.type == "VARIANT"), None)
        place = self._at(variant) if variant is not None else None
        text = str(variant) if variant is not None else None
        return ast.Call(self._over(children), str(children[0]), self._at(children[0]), arguments, text, place)

    def dashed(self, children: Children) -> _Items:
        value = children[1]
        return _Items(self._over(children), (ast.Argument(value.span, None, value),))

    def join(self, children: Children) -> ast.Join:
        has_arguments = isinstance(children[1], _Items)
        call = self.call(children[: 2 if has_arguments else 1])
        branches = tuple(child for child in children if isinstance(child, ast.Branch))
        return ast.Join(call, self._over(children), branches)

    def leading(self, children: Children) -> Token:
        token: Token = children[0]
        return token

    def branch(self, children: Children) -> ast.Branch:
        statements = children[1].items
        span = self._at(children[0])
        return ast.Branch(span.to(statements[-1].span) if statements else span, statements)

    def group(self, children: Children) -> ast.Group:
        return ast.Group(self._over(children), children[1])

    def bring(self, children: Children) -> ast.Reference:
        return self.reference(children)

    def arguments(self, children: Children) -> _Items:
        return _Items(self._over(children), tuple(map(self._argument, self._nodes(children))))

    def bare(self, children: Children) -> _Items:
        return self.arguments(children)

    @staticmethod
    def _argument(value: Any) -> ast.Argument:
        return value if isinstance(value, ast.Argument) else ast.Argument(value.span, None, value)

    def keyword(self, children: Children) -> ast.Argument:
        name = children[0]
        return ast.Argument(self._over(children), str(name), children[-1], self._at(name))

    # ---- expressions

    def choice(self, children: Children) -> ast.Choice:
        nodes = self._nodes(children)
        arms = tuple((nodes[i], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2))
        return ast.Choice(self._over(children), arms, nodes[-1])

    def _chain(self, children: Children) -> ast.Chain:
        rest = tuple((str(children[i]), children[i + 1]) for i in range(1, len(children), 2))
        return ast.Chain(self._over(children), children[0], rest)

    or_chain = and_chain = comparing = adding = raising = _chain

    def multiplying(self, children: Children) -> ast.Chain | ast.Window:
        match children:
            case [ast.Dims() as size, Token(type="SLASH"), stride]:
                return ast.Window(self._over(children), size, stride)
        return self._chain(children)

    def negated(self, children: Children) -> ast.Prefix:
        return ast.Prefix(self._over(children), "not", len(children) - 1, children[-1])

    def negative(self, children: Children) -> ast.Prefix:
        return self.minus(children)

    def minus(self, children: Children) -> ast.Prefix:
        return ast.Prefix(self._over(children), "-", len(children) - 1, children[-1])

    def subscript(self, children: Children) -> ast.Subscript:
        nodes = self._nodes(children)
        return ast.Subscript(self._over(children), nodes[0], nodes[1:])

    def number(self, children: Children) -> ast.Number:
        text, span = str(children[0]), self._at(children[0])
        suffix = SUFFIXES.get(text[-1], 1)
        digits = text.rstrip("KMGTB")
        if set(digits) <= set("0123456789_"):
            return ast.Number(span, self._integer(digits, span) * suffix, text)
        value = self._real(digits, span)
        return ast.Number(span, value * suffix, text) if value is not None else ast.Number(span, 1.0, "1.0")

    def _real(self, digits: str, span: Span) -> float | None:
        """None, and a diagnostic, where it is beyond what any figure is."""
        power = digits.lower().partition("e")[2]
        value = float(digits.replace("_", "")) if len(power) <= MAX_DIGITS else inf
        if value <= 10**MAX_DIGITS:
            return value
        said = f"its power of ten has {len(power)} digits" if len(power) > MAX_DIGITS else "a number beyond 10^18"
        self.diagnostics.append(Diagnostic(Code.LIMIT_DIGITS, said, span))
        return None

    def dims(self, children: Children) -> ast.Dims:
        span = self._at(children[0])
        sizes: list[int | ast.Hole] = []
        start = span.start
        for part in str(children[0]).replace("×", "x").split("x"):
            place = Span(self.source, start, start + len(part))
            sizes.append(self._hole(place) if part == "?" else self._integer(part, place))
            start += len(part) + 1
        return ast.Dims(span, tuple(sizes))

    def string(self, children: Children) -> ast.String:
        return ast.String(self._at(children[0]), str(children[0])[1:-1])

    def boolean(self, children: Children) -> ast.Boolean:
        return ast.Boolean(self._at(children[0]), children[0].type == "YES")

    def name(self, children: Children) -> ast.Name:
        return ast.Name(self._at(children[0]), str(children[0]))

    def inflow(self, children: Children) -> ast.Inflow:
        return ast.Inflow(self._over(children), str(children[2]))

    def reference(self, children: Children) -> ast.Reference:
        return ast.Reference(self._at(children[0]), str(children[0])[1:])

    def hole(self, children: Children) -> ast.Hole:
        return self._hole(self._at(children[0]))

    def _hole(self, span: Span) -> ast.Hole:
        self.has_holes = True
        return ast.Hole(span)

    def invoke(self, children: Children) -> ast.Invoke:
        return ast.Invoke(self._over(children), str(children[0]), self._at(children[0]), self._nodes(children[1:]))

    def tuple_(self, children: Children) -> ast.Tuple:
        nodes = self._nodes(children)
        comma = any(isinstance(child, Token) and child.type == "COMMA" for child in children)
        return ast.Tuple(self._over(children), nodes, grouping=len(nodes) == 1 and not comma)

    def matrix(self, children: Children) -> ast.Matrix:
        rows = tuple(child.items for child in children if isinstance(child, _Items))
        return ast.Matrix(self._over(children), rows)

    def entries(self, children: Children) -> _Items:
        return _Items(self._over(children), self._nodes(children))
