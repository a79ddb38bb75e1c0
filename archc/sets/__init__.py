"""Labelled sets as they lie on a disk: folders of pictures and files of arrays. None of it needs PyTorch."""
