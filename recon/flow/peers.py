"""recon beside its peers: the same files for all, each in a process of its own, counted by one measure."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from recon.bench.compared import POSTED, PROPOSED, Comparison, Run
from recon.bench.generate import Case, generate
from recon.bench.pairs import KEY, PairScore, measure
from recon.bench.peers import PEERS
from recon.bench.site import RULES_FILE, rules_text
from recon.flow import deliver, processes
from recon.flow.processes import Measured

TABLES: Final = ("bank_lines", "open_items", "remittance_lines", "customers", "aliases", "closed_items")
LEARN_LINES: Final = 2_000
LEARN_SEED: Final = 1_000  # added to the seed: a trained peer never sees the ledger that it is measured on
SECONDS_MAX: Final = 3_600.0
NOT_INSTALLED: Final = "not installed"


@dataclass(frozen=True)
class Peers:
    """Which peers can run here: the Python that has what they need, and the versions found in it.

    Attributes:
        python: runs those that need libraries of theirs; the others run in ours.
        found: versions of what each needs, by the peer's name; none = not installed.
    """

    python: str
    found: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)

    def command(self, name: str) -> list[str]:
        """The command that runs a peer, but for its folders."""
        return [self.python if PEERS[name].needs else sys.executable, "-m", "recon.bench.peers", name]


def look(python: str = "") -> Peers:
    """What is installed for peers in a Python (default: ours). One that can't import recon has none of them."""
    chosen = python or sys.executable
    try:
        told = processes.measured([chosen, "-m", "recon.bench.peers", "--installed"], SECONDS_MAX)
    except OSError:  # no such program
        return Peers(chosen, _none())
    return Peers(chosen, json.loads(told.output) if told.code == 0 else _none())


def _none() -> dict[str, dict[str, str] | None]:
    return {name: None if peer.needs else {} for name, peer in PEERS.items()}


def write(case: Case, folder: Path, learn: Case | None = None) -> None:
    """A job's tables as CSV files, its rules, and under `learn/` another job with its truth."""
    folder.mkdir(parents=True, exist_ok=True)
    deliver.write(folder, {RULES_FILE: rules_text(case)})
    deliver.write(folder, {f"{name}.csv": deliver.csv(getattr(case, name)) for name in TABLES})
    if learn:
        write(learn, folder / "learn")
        deliver.write(folder / "learn", {"truth_allocations.csv": deliver.csv(learn.truth_allocations)})


def learning(case: Case) -> Case:
    """The ledger that trained peers learn from: the same kind, another seed."""
    return generate(case.flavour, LEARN_LINES, case.seed + LEARN_SEED)


def recon_run(folder: Path, out: Path, lines: int) -> tuple[Run | None, Mapping[str, float], Measured]:
    """`recon run` on the files of a folder: the run, its seconds by stage, and the process; no run = it failed."""
    places = {
        "--bank": TABLES[:1],
        "--items": TABLES[1:2],
        "--remittance": TABLES[2:3],
        "--customers": TABLES[3:],
    }
    given = [
        word
        for option, names in places.items()
        for name in names
        for word in (option, f"{folder / name}.csv")
    ]
    given += ["--rules", str(folder / RULES_FILE), "--out", str(out), "--quiet"]
    command = [*processes.recon_command(), "run", *given]
    told = processes.measured(command, SECONDS_MAX)
    if told.code != 0:
        return None, {}, told
    stages = json.loads((out / "summary.json").read_text("utf-8"))["seconds"]
    return Run(PROPOSED, lines, told.seconds, 0.0, stages["match"], told.busy, told.peak_bytes), stages, told


def peer_run(peers: Peers, name: str, folder: Path, out: Path, lines: int) -> tuple[Run | None, str]:
    """A peer on the files of a folder; it writes `pairs.csv` into `out`. No run: the reason why not."""
    if peers.found.get(name) is None:
        return None, NOT_INSTALLED
    out.mkdir(parents=True, exist_ok=True)
    # Threads that wait by spinning (OpenMP's default) stand in each other's way where other work runs beside.
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    told = processes.measured([*peers.command(name), str(folder), str(out)], SECONDS_MAX, env)
    if told.code is None:
        return None, f"stopped after {SECONDS_MAX / 60:.0f} minutes"
    if told.code != 0:
        return None, "failed: " + (told.said.strip().splitlines() or ["no message"])[-1]
    seconds = json.loads((out / "seconds.json").read_text("utf-8"))
    learn = seconds.get("learn", 0.0)
    return Run(
        PEERS[name].title, lines, told.seconds - learn, learn, seconds["match"], told.busy, told.peak_bytes
    ), ""


def compare(cases: Sequence[Case], allocations: Sequence[pl.DataFrame], peers: Peers) -> Comparison:
    """Score recon's allocations (outer form) and every peer's pairs on the same jobs.

    Args:
        cases: the jobs.
        allocations: what recon made of each.
        peers: what is installed.
    """
    runs: list[Run] = []
    missing: dict[str, str] = {}
    pairs: dict[str, list[pl.DataFrame]] = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory() as made:
        for case in cases:
            folder = Path(made) / case.flavour
            trained = any(PEERS[name].trained and found is not None for name, found in peers.found.items())
            write(case, folder, learning(case) if trained else None)
            run, _stages, _told = recon_run(
                folder, Path(made) / f"{case.flavour}-recon", case.bank_lines.height
            )
            runs += [run] if run else []
            for name in PEERS:
                out = Path(made) / f"{case.flavour}-{name}"
                run, why = peer_run(peers, name, folder, out, case.bank_lines.height)
                if run is None:
                    missing[PEERS[name].title] = why
                    continue
                runs.append(run)
                schema = {"line_id": pl.String(), "item_id": pl.String(), "score": pl.Float64()}
                pairs[name].append(_of(case, pl.read_csv(out / "pairs.csv", schema=schema)))
    scored = tuple(
        measure(PEERS[name].title, pl.concat(frames), cases)
        for name, frames in pairs.items()
        if len(frames) == len(cases)
    )
    posted, proposed = _ours(cases, allocations)
    versions = {name: one for found in peers.found.values() for name, one in (found or {}).items()}
    return Comparison(posted, proposed, scored, tuple(runs), tuple(missing.items()), versions)


def _ours(cases: Sequence[Case], allocations: Sequence[pl.DataFrame]) -> tuple[PairScore, PairScore]:
    """What is posted, and that with what is suggested; all of it counted, for recon says itself what it proposes."""
    auto = pl.col("status") == "auto"
    score = pl.when(auto).then(1.0).otherwise(pl.col("confidence").fill_null(0.0) / 2)
    given = pl.concat(
        [
            _of(case, rows.filter(pl.col("item_id") != "").with_columns(score=score), "status")
            for case, rows in zip(cases, allocations, strict=True)
        ]
    )
    return measure(POSTED, given.filter(auto), cases, best=False), measure(PROPOSED, given, cases, best=False)


def _of(case: Case, pairs: pl.DataFrame, *also: str) -> pl.DataFrame:
    return pairs.with_columns(flavour=pl.lit(case.flavour)).select(*KEY, "score", *also)
