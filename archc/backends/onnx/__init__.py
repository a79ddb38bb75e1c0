"""ONNX: the graph as protobuf, written without PyTorch. One table says how each layer is written (table.py)."""
