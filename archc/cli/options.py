"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

MAX_NODES = 1_000_000
"""The most layers of a net, unless --max-nodes sets another number."""

Target = Annotated[
    str, typer.Argument(metavar="FILE|NAME[::NET]", help="A source, a bundled name, or - for standard input.")
]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="An .onnx file, a source or a bundled name.")]
Param = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A value for a parameter of the net.")
]
InputSizes = Annotated[
    str | None, typer.Option("--input", metavar="HxW", help="Input sizes in place of those in the source.")
]
OpenSizes = Annotated[
    str | None, typer.Option("--input", metavar="HxW", help="Input sizes, if the file leaves them open.")
]
MaxNodes = Annotated[int, typer.Option("--max-nodes", metavar="N", min=1, help="The most layers a net may have.")]
Depth = Annotated[int | None, typer.Option("--depth", metavar="N", min=1, help="Open blocks down to this depth.")]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="Weights, of any file that fits the net.")
]
Tensors = Annotated[
    str | None,
    typer.Option("--tensors", metavar="NAME", help="Which weights to take, if the file holds several: state_dict_ema."),
]
Classes = Annotated[
    Path | None, typer.Option("--classes", metavar="FILE", help="A file with the class names, one on each line.")
]
PreprocessingText = Annotated[
    str | None,
    typer.Option("--preprocessing", metavar="imagenet|MEAN/STD", help="How inputs are normalised: 0.5,0.5,0.5/1,1,1."),
]
Threads = Annotated[
    int, typer.Option("--threads", metavar="N", min=0, help="CPU threads; 0 is as many as there are cores.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
