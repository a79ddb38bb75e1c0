"""The words of the language, which name nothing else: those of grammar/language.md."""

RESERVED = frozenset(
    ("and", "block", "else", "expect", "false", "for", "if", "in", "let", "net", "no", "not", "or", "output", "repeat")
).union(("true", "use", "yes"))
