"""Layers in the notation of other frameworks: PyTorch's are read by inverting its lowerings, Keras's by a table."""
