"""A graph as a picture: one drawing model, and a writer for each format."""
