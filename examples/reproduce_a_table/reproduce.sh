#!/bin/sh
# From a table as it was typed to one that is proved, in the form that a paper or a slide takes.
here=$(dirname "$0")
archc check "$here/vgg.arch" && exit 1 # the pool before 14x14 is not the one that the paper has

sed 's|maxpool 3x3/2|maxpool 2x2/2|' "$here/vgg.arch" > mended.arch
archc check mended.arch && exit 1 # now all sizes hold, and column C has 1.7 million parameters too many

# "conv1-512" is what table 1 has third in each of the last stages of C
awk '/14x14/ { last = 1 } last && /conv3-512 [|] conv3-512/ && ++rows == 3 { sub("conv3", "conv1") } { print }' \
  mended.arch > proved.arch
set -e
archc check proved.arch
archc draw proved.arch -o table.tex --style table
archc draw proved.arch -o table.svg --style table
