"""What pages have from the code is the code's; ARCHC_UPDATE=1 writes it."""

from pathlib import Path

from tests.pages.generated import gallery, hold


def test_every_network(root: Path) -> None:
    hold(root / "specs" / "README.md", "networks", gallery())
