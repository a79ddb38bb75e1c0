"""Sizes as `input` has them: height x width x channels, and those that read as channels x height x width."""

from archc.ops.window import AXES

MOST_NUMBERS = 4  # of an input: three sizes and the channels
COLOURS = (1, 3, 4)  # channels that images come with
MOST_CHANNELS = 32  # of an input; a larger number beside a count of colours is asked about


def channels_first(numbers: tuple[int, ...]) -> bool:
    """3x224x224, 1x480x640, 1x16000: a count of colours in front, and behind it a square or too many channels."""
    if len(numbers) < 2 or numbers[0] not in COLOURS:
        return False
    square = len(numbers) == 3 and numbers[1] == numbers[2] > 4
    return square or numbers[-1] > MOST_CHANNELS


def written_sizes(numbers: tuple[int, ...]) -> str:
    """The arguments of `input`, by name where they would read as channels first."""
    if channels_first(numbers):
        return ", ".join("=".join(size) for size in by_name(numbers))
    return "x".join(map(str, numbers))


def by_name(numbers: tuple[int, ...]) -> list[tuple[str, str]]:
    """(height, 3), (width, 224), (channels, 224)"""
    return [(name, str(number)) for name, number in zip((*AXES[len(numbers) - 1], "channels"), numbers, strict=True)]
