"""Options that several commands have."""

from typing import Annotated

import typer

Param = Annotated[list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the net.")]
InputSizes = Annotated[
    str | None, typer.Option("--input", metavar="HxW", help="Input sizes in place of those written.")
]
MaxNodes = Annotated[int, typer.Option("--max-nodes", metavar="N", min=1, help="The most layers a net may have.")]
Depth = Annotated[int | None, typer.Option("--depth", metavar="N", min=1, help="Open blocks down to this depth.")]
Tensors = Annotated[
    str | None,
    typer.Option("--tensors", metavar="NAME", help="Which weights, where the file holds several: state_dict_ema."),
]
