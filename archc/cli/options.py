"""Options that several commands have."""

from typing import Annotated

import typer

Param = Annotated[list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the net.")]
Tensors = Annotated[
    str | None,
    typer.Option("--tensors", metavar="NAME", help="Which weights, where the file holds several: state_dict_ema."),
]
