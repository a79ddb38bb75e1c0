"""Options that several commands have."""

from typing import Annotated

import typer

Tensors = Annotated[
    str | None,
    typer.Option("--tensors", metavar="NAME", help="Which weights, where the file holds several: state_dict_ema."),
]
