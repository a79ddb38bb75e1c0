"""A graph as a picture: one drawing model, and a writer for each form it is wanted in."""
