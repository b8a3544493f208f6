"""Where the files that come with recon are: the same way from a checkout and from an installed wheel."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """The folder `rules`, `workbooks` or `sample_data`.

    A wheel carries them as `recon/data/NAME`; a checkout has them at the top.
    """
    packed = Path(str(files("recon"))) / "data" / name
    found = packed if packed.is_dir() else _CHECKOUT / name
    assert found.is_dir(), f"recon is not installed whole: {name} is missing"
    return found
