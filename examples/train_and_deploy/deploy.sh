#!/bin/sh
# From a source to files that serve where neither archc nor PyTorch is: trained, exported with the preprocessing inside
# and in 8 bits, each counted on images that training has not seen, and one asked by a program of ten lines.
set -e
here=$(dirname "$0")
python "$here/pictures.py" pictures
archc train "$here/digits.arch" --data digits --set epochs="${EPOCHS:-15}" --set optimizer.lr=0.005 --out run
archc export "$here/digits.arch" --weights run/best.safetensors -o digits.onnx --with-preprocessing
archc eval digits.onnx pictures/test
archc export "$here/digits.arch" --weights run/best.safetensors -o digits-int8.onnx --int8 --calibrate pictures/train
archc eval digits-int8.onnx pictures/test -o confusion.png
python "$here/serve.py" digits.onnx pictures/test/7/*
