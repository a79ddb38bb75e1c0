"""Words of other languages, and help, that several parts share."""

MODULES = {"nn", "torch", "F", "layers", "keras", "tf"}  # before a layer, as Python imports them
LISTS = "[64, 128, 256] is a list, range(3) counts 0, 1, 2"
