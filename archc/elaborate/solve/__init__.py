"""Solves the holes of a net by an exact search. Runs only for nets with holes."""
