"""What a rules file may say about a change that is tried beside every run."""

from __future__ import annotations

from recon.rules.parts import Part


class Shadow(Part):
    """A change that is tried beside every run, and does nothing (docs/learning.md#shadow)."""

    rules: str = ""
    """The rules that are tried: a path beside this file, or the name of rules that come with recon; empty = none."""
    suggested: bool = False
    """Try all that is suggested on *Learning*, too, as if it were accepted. Takes a store."""
