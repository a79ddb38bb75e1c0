"""Names of initialisation schemes in other tools → their names in archc."""

from collections.abc import Mapping
from types import MappingProxyType

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **{"xavier": "glorot_uniform", "xavier_uniform": "glorot_uniform", "xavier_normal": "glorot_normal"},
        **{"kaiming": "he_normal", "kaiming_uniform": "he_uniform", "kaiming_normal": "he_normal", "msra": "he_normal"},
    }
)
