"""Layers as other frameworks write them: PyTorch's read by inverting its lowerings, Keras's by a table."""
