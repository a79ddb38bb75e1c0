"""Files of other tools given as sources: what each kind is, and which command takes it."""

import json
from collections.abc import Mapping

MAPPED = "weights alone do not say which net they are of: `archc weights map NET FILE` matches them with one"
BY_ONNX = "as ONNX it is read: `archc import net.onnx` prints it as .arch"
PYTORCH = f"archc runs no code. Export the module with torch.onnx.export; {BY_ONNX}"
KERAS = f'write it with `model.export("net.onnx", format="onnx")`; {BY_ONNX}'
TF2ONNX = f"convert it with tf2onnx; {BY_ONNX}"
NOTHING = f"no command reads it. {BY_ONNX[0].upper()}{BY_ONNX[1:]}, where its tool writes ONNX"
PICTURE = "`archc predict MODEL FILE` names what is in a picture"
ARRAYS = "`archc train NET --data FILE` trains on arrays"
FOLDERS = "`archc train NET --data FOLDER` takes a folder with a folder of pictures for each class"

# What files with these endings are, and what to do with them.
KINDS: Mapping[str, tuple[str, str]] = {
    ".onnx": ("an ONNX model", "`archc import FILE` prints it as .arch; `archc predict FILE` runs it"),
    ".py": ("a Python program", PYTORCH),
    ".ipynb": ("a notebook", PYTORCH),
    ".pt2": ("a program of torch.export", f"write it with torch.onnx.export; {BY_ONNX}"),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin", ".tar"), ("a file of PyTorch's weights", MAPPED)),
    ".safetensors": ("a file of weights", MAPPED),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), ("a model or weights of Keras", KERAS)),
    ".tflite": ("a TensorFlow Lite model", TF2ONNX),
    ".pb": ("a TensorFlow graph", TF2ONNX),
    ".pbtxt": ("a TensorFlow graph", TF2ONNX),
    **dict.fromkeys((".yaml", ".yml"), ("YAML", NOTHING)),
    ".prototxt": ("a Caffe net", NOTHING),
    ".caffemodel": ("a file of Caffe's weights", NOTHING),
    ".cfg": ("a Darknet net or a file of settings", NOTHING),
    ".weights": ("a file of Darknet's weights", NOTHING),
    **dict.fromkeys((".mlmodel", ".mlpackage"), ("a Core ML model", NOTHING)),
    ".toml": ("TOML, as recipes are", "`archc train NET --recipe FILE` trains by one"),
    **dict.fromkeys((".npz", ".npy"), ("a file of arrays", ARRAYS)),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"), ("a picture", PICTURE)),
    ".svg": ("a picture", "archc draws such files; it reads none"),
    ".pdf": ("a document", "archc draws such files; it reads none"),
}

# What files without a known ending begin with, by the ending of their kind.
MAGIC: Mapping[bytes, str] = {
    b"\x89HDF\r\n": ".h5",
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".pt",
    b"%PDF": ".pdf",
}


# What JSON objects with all of these keys are, and what to do with them.
OBJECTS: tuple[tuple[frozenset[str], tuple[str, str]], ...] = (
    (frozenset({"class_name", "config"}), ("a Keras model without its weights", KERAS)),
    (frozenset({"modelTopology", "weightsManifest"}), ("a TensorFlow.js model", NOTHING)),
    (frozenset({"architecture", "pretrained_cfg"}), ("a configuration of timm", PYTORCH)),
    (frozenset({"model_type"}), ("a configuration of Hugging Face's transformers", PYTORCH)),
    (frozenset({"architectures"}), ("a configuration of Hugging Face's transformers", PYTORCH)),
    (frozenset({"weight_map"}), ("an index of weights in several files", "archc reads one file: save them as one")),
    (frozenset({"nodes", "arg_nodes", "heads"}), ("an MXNet net", NOTHING)),
    (frozenset({"schema", "nets", "diagnostics"}), ("what `archc check --json` prints", "check the net's source")),
    (frozenset({"state", "versions", "net"}), ("the record of a run", "`archc runs FOLDER` shows it")),
    (frozenset({"images", "annotations"}), ("a list of annotated pictures", FOLDERS)),
)
TRAINED = "a net that ConvNetJS has trained", "archc reads what it was made of: the page's or script's layer_defs"


def kind_of_json(text: str) -> tuple[str, str] | None:
    """What a JSON object is and what to do with it; None for what may hold layer_defs, and for what is not known."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict) or "layer_defs" in held:
        return None
    layers = held.get("layers")
    if isinstance(layers, list) and layers and isinstance(layers[0], dict) and "layer_type" in layers[0]:
        return TRAINED
    return next((kind for keys, kind in OBJECTS if keys <= held.keys()), None)


def kind_of_file(name: str, begin: bytes) -> tuple[str, str] | None:
    """What a file is and what to do with it, by its ending or its first bytes; None for what may be a source."""
    lower = name.lower()
    known = next((kind for ending, kind in KINDS.items() if lower.endswith(ending)), None)
    if known is None and begin[4:8] == b"TFL3":
        known = KINDS[".tflite"]
    found = known or next((KINDS[ending] for magic, ending in MAGIC.items() if begin.startswith(magic)), None)
    return (found[0], found[1].replace("FILE", name)) if found is not None else None
