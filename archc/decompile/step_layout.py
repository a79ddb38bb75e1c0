"""The layout of a step: each branch of a join on a line of its own, a long branch with a line for each layer."""

WIDTH = 100
INDENT = "  "


def lay_out(step: str, depth: int = 1) -> list[str]:
    """The indented lines of a step, whose text has joins on one line: `add { | a -> b | c }`, possibly nested."""
    margin = INDENT * depth
    opening = step.find("{")
    if opening < 0 or len(margin) + len(step) <= WIDTH // 2:
        return [f"{margin}{step}"]
    head, branches, tail = _apart(step, opening)
    lines = [f"{margin}{head}{{"]
    for branch in branches:
        lines += _branch(branch, depth + 1)
    lines.append(f"{margin}}}{tail}")
    return lines


def _branch(text: str, depth: int) -> list[str]:
    margin = INDENT * depth
    if len(margin) + len(text) + 2 <= WIDTH and "{" not in text:
        return [f"{margin}| {text}".rstrip()]
    rows: list[str] = []
    for step in _split(text, " -> "):
        if "{" in step:
            rows += [row.removeprefix(INDENT) for row in lay_out(step, 2)]
        elif (
            rows
            and not rows[-1].lstrip().startswith(("}", "|"))
            and len(rows[-1]) + len(step) + 4 <= WIDTH - len(margin)
        ):
            rows[-1] += f" -> {step}"
        else:
            rows.append(f"{INDENT}{step}")
    return [f"{margin}| {rows[0].lstrip()}", *(margin + row for row in rows[1:])]


def _apart(step: str, opening: int) -> tuple[str, list[str], str]:
    """The text before the braces, the branches, and the text after the braces."""
    depth, end = 0, len(step)
    for place in range(opening, len(step)):
        depth += {"{": 1, "}": -1}.get(step[place], 0)
        if depth == 0:
            end = place
            break
    inner = step[opening + 1 : end].strip().removeprefix("|")
    return step[:opening], [branch.strip() for branch in _split(inner, "|")], step[end + 1 :]


def _split(text: str, sign: str) -> list[str]:
    """The parts of a text between the signs outside of braces."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0 and text.startswith(sign, place):
            parts.append(text[start:place])
            place += len(sign)
            start = place
        else:
            place += 1
    return [*parts, text[start:]]
