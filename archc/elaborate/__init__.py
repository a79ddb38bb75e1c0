"""Syntax tree to graph: names, values, blocks, and what a source states of itself."""
