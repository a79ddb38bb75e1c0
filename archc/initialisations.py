"""What other tools call the ways in which weights start here."""

from collections.abc import Mapping
from types import MappingProxyType

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **{"xavier": "glorot_uniform", "xavier_uniform": "glorot_uniform", "xavier_normal": "glorot_normal"},
        **{"kaiming": "he_normal", "kaiming_uniform": "he_uniform", "kaiming_normal": "he_normal", "msra": "he_normal"},
    }
)
