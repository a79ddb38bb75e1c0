"""Modules as people write them, for files that torch.onnx writes. The .onnx files here are of its newer exporter, which
needs onnxscript: `python -m tests.onnx.foreign` writes them anew."""
