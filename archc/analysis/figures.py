"""Numbers for people to read."""

UNITS = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


def human(number: int) -> str:
    """Three significant digits: `3.66 G`, `118 M`, `842`."""
    for unit, letter in UNITS:
        if number >= unit * 0.9995:
            return f"{_three(number / unit)} {letter}"
    return str(number)


def human_bytes(number: int) -> str:
    """Decimal units, as disks and torchinfo count: `87.2 MB`."""
    for unit, letter in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= unit * 0.9995:
            return f"{_three(number / unit)} {letter}"
    return f"{number} B"


def _three(value: float) -> str:
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
