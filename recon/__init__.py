"""recon: which open items did a bank line pay, how sure is that, and why.

Example:
    told = recon.match_frames(bank_lines, open_items, customers=customers, rules="uk_care")
    told.allocations  # the same kind of frame as came in: pandas or polars
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recon.flow.frames import Matched, match_frames

__all__ = ["Matched", "__version__", "match_frames"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """The public names, loaded when they are asked for, so that a button or `--help` starts quickly."""
    if name in {"Matched", "match_frames"}:
        from recon.flow import frames  # noqa: PLC0415 - as the docstring says

        return getattr(frames, name)
    raise AttributeError(f"module 'recon' has no attribute {name!r}")
