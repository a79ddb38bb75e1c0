"""ONNX: the graph as protobuf, written without PyTorch. table.py has the lowering of each layer."""
