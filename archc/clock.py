"""Durations as text."""


def clock(seconds: float) -> str:
    """h:mm:ss, or m:ss below an hour: 3725 is `1:02:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
