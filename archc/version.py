"""The version, for what writes it into a file."""

VERSION = "0.1.0"
