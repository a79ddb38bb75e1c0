#!/bin/sh
# What a ResNet-50 has that a ResNet-34 has not, block by block; then how both are drawn, side by side.
set -e
archc diff resnet34 resnet50
archc diff resnet34 resnet50 --markdown > difference.md
archc draw resnet34 --against resnet50 -o difference.svg
