"""Other ways to match, for honest comparison: what people use today, each set up as well as we know how.

A peer is a function from prepared tables to pairs (line_id, item_id, score); `python -m recon.bench.peers` runs one
in a process of its own. Those that need libraries of theirs come with the extra `recon[peers]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Peer:
    """One peer: its title on the page, its module here, the distributions it needs besides ours."""

    title: str
    module: str
    needs: tuple[str, ...] = ()
    trained: bool = False  # it learns from a ledger of another seed whose truth it is shown


PEERS: Final[Mapping[str, Peer]] = {
    "exact": Peer("exact look-up", "exact"),
    "extract_one": Peer("pandas + extractOne", "fuzzy"),
    "recordlinkage": Peer("recordlinkage", "linkage", ("recordlinkage",), trained=True),
    "splink": Peer("Splink 4", "probabilistic", ("splink",)),
}
