"""The command line: one thin module a command. What is heavy is imported inside it."""
