"""The known words that a mistyped word is like."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def close_words(word: str, known: Iterable[str], most: int = 1, least: float = 0.6) -> list[str]:
    """Up to `most` known words, the most alike first; case does not count. least: from 0, any word, to 1, equal."""
    folded = {one.lower(): one for one in known}
    return [folded[one] for one in get_close_matches(word.lower(), folded, most, least)]


def suggestion(close: Sequence[str], known: Iterable[str]) -> str:
    """`did you mean a or b?`; the list of all known words where none is close."""
    meant = " or ".join(f"`{one}`" for one in close)
    return f"did you mean {meant}?" if close else f"there are {', '.join(known)}"
