"""Sets of images: a file for each format, and none of them needs torchvision."""

from archc.train.data.image_set import ImageSet, Split

__all__ = ["ImageSet", "Split"]
