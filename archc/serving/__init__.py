"""Serving: ONNX files, their comparison with PyTorch, and running models."""
