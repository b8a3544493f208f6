"""recon and its peers on the same generated lines, as parts of the bench's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from recon.bench.pairs import DAMAGED, SURE, PairScore, behind

POSTED: Final = "recon, posted"
PROPOSED: Final = "recon, posted or suggested"
MIB: Final = 1024 * 1024
HOW: Final = (
    "The same lines, items, customers and advices for all; pairs of line and item counted, amounts left aside. Peers "
    "get the lines that an advice explains cut into one record for each document, customers looked up by exact "
    "name and account, and numbers found in any writing. Each is counted at the threshold that is best for it on "
    f"these very lines. *Postable* is the recall where its precision reaches {SURE:.1%}. Seconds are of whole "
    "processes, files to files, without what a trained peer spent on learning."
)
FAMILIES: Final = {
    "reference": "numbers as written, lists, ranges",
    "remittance": "advices",
    "deduction": "deductions, part payments",
    "ambiguous": "payer, order or amount only",
    "duplicate": "paid twice",
    "hostile": "hostile or corrupt text",
    "non_ar": "no receivable",
}


@dataclass(frozen=True)
class Run:
    """One process of one engine, files to files.

    Attributes:
        title: the engine.
        lines: bank lines of the job.
        seconds: the whole process, less what it spent on learning.
        learn: seconds spent on learning from another ledger; nought for those that don't.
        match: seconds from tables in memory to pairs in memory.
        busy: processor seconds of the whole process, learning included; none = not known on this system.
        peak_bytes: the most memory it held; none = not known on this system.
    """

    title: str
    lines: int
    seconds: float
    learn: float
    match: float
    busy: float | None
    peak_bytes: int | None


@dataclass(frozen=True)
class Comparison:
    """What was compared: scores (ours first), the processes, what is not there and why, and versions."""

    posted: PairScore
    proposed: PairScore
    peers: tuple[PairScore, ...]
    runs: tuple[Run, ...]
    missing: tuple[tuple[str, str], ...]  # title, why
    versions: Mapping[str, str]


def rows(made: Comparison) -> list[dict[str, object]]:
    """A row for each engine, its keys the columns of a table."""
    told: list[dict[str, object]] = []
    for one in _all(made):
        runs = [run for run in made.runs if run.title == one.title]
        told.append(
            {
                "engine": one.title,
                "precision": _percent(one.precision),
                "recall": _percent(one.recall),
                "F1": f"{one.f1:.4f}",
                "wrong pairs": f"{one.pairs - one.right:,}",
                "postable": _percent(one.sure),
                "seconds": f"{sum(run.seconds for run in runs):.1f}" if runs else "",
                "of them matching": f"{sum(run.match for run in runs):.1f}" if runs else "",
                "peak MB": _peak(runs),
            }
        )
    for title, why in made.missing:
        told.append({"engine": title, "precision": why})
    return told


def details(made: Comparison) -> str:
    """How it was compared, what is not there, and recall by kind of line, as Markdown; ends with a newline."""
    parts = ["## Other engines in detail", HOW]
    if made.missing:
        parts.append("\n".join(f"- {title}: {why}." for title, why in made.missing))
    parts += ["### Share of the true pairs found, by kind of line", _by_kind(made), _behind(made)]
    if made.versions:
        versions = ", ".join(f"{name} {version}" for name, version in sorted(made.versions.items()))
        parts.append(f"Versions: {versions}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def figures(made: Comparison) -> dict[str, Any]:
    """The plain figures, for JSON."""
    return {
        "engines": [
            {
                "engine": one.title,
                "pairs": one.pairs,
                "right": one.right,
                "true": one.true,
                "precision": one.precision,
                "recall": one.recall,
                "f1": one.f1,
                "threshold": one.threshold,
                "postable": one.sure,
                "cases": one.cases.to_dicts(),
            }
            for one in _all(made)
        ],
        "runs": [vars(run) for run in made.runs],
        "missing": dict(made.missing),
        "versions": dict(made.versions),
        "behind": _worse(made).to_dicts(),
    }


def _all(made: Comparison) -> list[PairScore]:
    return [made.posted, made.proposed, *made.peers]


def _worse(made: Comparison) -> pl.DataFrame:
    return behind(made.proposed, made.peers)


def _peak(runs: Sequence[Run]) -> str:
    known = [run.peak_bytes for run in runs if run.peak_bytes is not None]
    return f"{max(known) / MIB:,.0f}" if known else ""


def _by_kind(made: Comparison) -> str:
    engines = _all(made)
    kinds = [{row["kind"]: row for row in one.kinds.iter_rows(named=True)} for one in engines]
    order = [kind for kind in (*DAMAGED, *FAMILIES) if kind in kinds[0]]
    told = [
        (
            FAMILIES.get(kind, f"number damaged: {kind}"),
            f"{kinds[0][kind]['true']:,}",
            *(_percent(of[kind]["found"] / of[kind]["true"]) for of in kinds),
        )
        for kind in order
    ]
    return _table(("kind of line", "pairs", *(one.title for one in engines)), told)


def _behind(made: Comparison) -> str:
    worse = _worse(made)
    if worse.is_empty():
        return "In no case does a peer find more of the true pairs than recon proposes." if made.peers else ""
    told = [
        (row["case"], row["kind"], row["true"], row["found"], row["others_found"], row["other"])
        for row in worse.iter_rows(named=True)
    ]
    head = ("case", "kind", "true pairs", "recon", "peer", "which")
    return "### Where a peer finds more\n\n" + _table(head, told, left=2)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> str:
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in (head, rule, *rows))


def _percent(share: float) -> str:
    # Cut, not rounded: what isn't all never reads as all.
    return f"{int(share * 10_000) / 100:.2f} %"
