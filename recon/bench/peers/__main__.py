"""A peer in a process of its own: `python -m recon.bench.peers NAME FOLDER OUT`, or `--installed` for what is there.

FOLDER holds the tables as CSV, as `recon run` reads them; `learn/` in it another ledger with its truth, for peers
that are trained. OUT gets `pairs.csv` and `seconds.json`. It reads files and a clock, which its neighbours in this
room don't: a peer's memory is then its own, and it can run in an environment that has what it needs.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl

from recon.bench.peers import PEERS, Peer
from recon.bench.peers.parts import INPUTS, Inputs, Prepared, prepare

TRUTH = "truth_allocations"


def main(arguments: list[str]) -> int:
    """Run as told; returns the exit code."""
    if arguments == ["--installed"]:
        sys.stdout.write(json.dumps({name: installed(peer) for name, peer in PEERS.items()}))
        return 0
    name, folder, out = arguments
    peer = PEERS[name]
    module = import_module(f"recon.bench.peers.{peer.module}")
    seconds = {}
    learnt = []
    if peer.trained:
        began = time.perf_counter()
        truth = pl.read_csv(f"{folder}/learn/{TRUTH}.csv", infer_schema=False)
        learnt = [module.learn(_prepared(f"{folder}/learn"), truth)]
        seconds["learn"] = time.perf_counter() - began
    began = time.perf_counter()
    given = _prepared(folder)
    seconds["read"] = time.perf_counter() - began
    began = time.perf_counter()
    pairs = module.pairs(given, *learnt)
    seconds["match"] = time.perf_counter() - began
    pairs.write_csv(f"{out}/pairs.csv")
    Path(out, "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")
    return 0


def installed(peer: Peer) -> dict[str, str] | None:
    """The versions of what a peer needs; none if something isn't installed."""
    try:
        return {name: version(name) for name in peer.needs}
    except PackageNotFoundError:
        return None


def _prepared(folder: str) -> Prepared:
    frames = {
        name: pl.read_csv(f"{folder}/{name}.csv", schema_overrides=table.outer_schema, infer_schema=False)
        for name, table in INPUTS.items()
    }
    return prepare(Inputs(**frames))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
