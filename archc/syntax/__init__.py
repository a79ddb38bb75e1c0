"""Text to syntax tree. No type of the parser generator leaves this room."""

from archc.syntax.parser import MAX_SOURCE, parse, too_large

__all__ = ["MAX_SOURCE", "parse", "too_large"]
