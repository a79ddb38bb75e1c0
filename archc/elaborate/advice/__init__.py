"""Reports of mistakes: nearest names, what was meant, edits that may mend them.

The modules that walk a right source import only this package, and a module in it runs when a function of it is called.
"""

from archc.elaborate.advice import (
    argument_errors,
    block_arguments,
    call_stack,
    claim_errors,
    claim_fixes,
    foreign_calls,
    input_errors,
    join_errors,
    layer_arguments,
    name_errors,
    net_parameters,
    no_effect,
    recovery,
    shape_errors,
    step_errors,
    stride_fixes,
    table_errors,
    unknown_layers,
    value_errors,
    whole_net,
)

__all__ = [
    "argument_errors",
    "block_arguments",
    "call_stack",
    "claim_errors",
    "claim_fixes",
    "foreign_calls",
    "input_errors",
    "join_errors",
    "layer_arguments",
    "name_errors",
    "net_parameters",
    "no_effect",
    "recovery",
    "shape_errors",
    "step_errors",
    "stride_fixes",
    "table_errors",
    "unknown_layers",
    "value_errors",
    "whole_net",
]
