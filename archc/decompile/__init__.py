"""From an ONNX file back to source: its nodes as layers, its repeated structure as blocks, its weights by name."""
