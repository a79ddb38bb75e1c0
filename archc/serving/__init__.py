"""What serves a net: ONNX files made and held against PyTorch, and running them."""
