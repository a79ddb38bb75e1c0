"""The wall clock as it must not matter: each look at it is decades away from the one before."""

import itertools
import time

_real = {name: getattr(time, name) for name in ("time", "time_ns", "gmtime", "localtime")}
_offsets = itertools.cycle((-1.7e9, 2.2e9, 0.0, -8.0e8, 4.0e9))


def _now() -> float:
    return float(max(_real["time"]() + next(_offsets), 0.0))


time.time = _now
time.time_ns = lambda: int(_now() * 1e9)
time.gmtime = lambda seconds=None: _real["gmtime"](_now() if seconds is None else seconds)
time.localtime = lambda seconds=None: _real["localtime"](_now() if seconds is None else seconds)
