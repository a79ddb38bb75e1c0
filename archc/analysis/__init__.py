"""Analyses of a graph: costs, memory, receptive fields, summaries. Pure functions, no frameworks."""
