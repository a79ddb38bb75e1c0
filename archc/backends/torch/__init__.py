"""PyTorch: a graph as the text of a module, and as the module."""
