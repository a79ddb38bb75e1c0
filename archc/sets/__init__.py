"""Labelled data sets on a disk: folders of images and files of arrays. These modules do not need PyTorch."""
