"""`recon rules shadow`: how right changes that were tried beside runs would have been, by later decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from recon.flow import audit, compare, deliver
from recon.learn import shadow
from recon.model import ACCEPTED
from recon.net import over_turns
from recon.problems import Problem, ReconError
from recon.store import Store

COMMAND: Final = "recon rules shadow"
OUT_FILES: Final = ("shadow.csv", "shadow.json")
_TRY: Final = ["rules_digest", "suggested"]


@dataclass(frozen=True)
class Judged:
    """What was tried and what people said to it: the figures of each try, the lines, the files written."""

    facts: Mapping[str, Any]
    rows: pl.DataFrame
    files: tuple[Path, ...]


def judged(
    store_url: str = "", book: Path | None = None, out: Path | None = None, *, every: bool = False
) -> Judged:
    """What was tried last, or every try, over all the runs beside which it was: right, wrong, undecided.

    A line that several runs tried counts once, as the last of them had it.

    Args:
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        out: folder for shadow.csv and shadow.json; none = nothing is written.
        every: each change that was ever tried, not the last one alone.

    Raises:
        ReconError: EXIT_INPUT if no store is named or nothing was tried; EXIT_JOB if store or folder can't be used.
    """
    with deliver.ready(out, OUT_FILES), audit.opened(COMMAND, store_url, book) as store:
        kept = store.tried()
        tries = kept.tries.unique(_TRY, keep="last", maintain_order=True)
        if tries.is_empty():
            what, hint = (
                "nothing was tried beside a run yet",
                "add --shadow to recon run, or `shadow` to the rules",
            )
            raise ReconError(Problem("run-unknown", COMMAND, what, hint))
        standing = _standing(store)
        facts, frames = [], []
        for one in (tries if every else tries.tail(1)).iter_rows(named=True):
            runs = kept.tries.filter(*(pl.col(name) == one[name] for name in _TRY))
            rows = kept.rows.join(
                runs.select("run_seq", "run_id"), on="run_seq", how="inner", maintain_order="left"
            )
            once = rows.unique("line_id", keep="last", maintain_order=True)
            told = shadow.verdicts(once, kept.said, standing)
            facts.append(_facts(one, runs, told))
            named = told.with_columns(rules=pl.lit(one["name"]), rules_sha256=pl.lit(one["rules_digest"]))
            frames.append(named.drop("run_seq", "settles_live", "settles_shadow", "row_hash_live"))
        lines = pl.concat(frames)
        lines = lines.select(
            "rules", "rules_sha256", "run_id", pl.all().exclude("rules", "rules_sha256", "run_id")
        )
        whole = {"tries": facts}
        texts = dict(zip(OUT_FILES, (deliver.csv(lines), deliver.as_json(whole)), strict=True))
        files = deliver.write(out, texts) if out else []
        return Judged(whole, lines, tuple(files))


def _standing(store: Store) -> pl.DataFrame:
    """What is settled of each line now, as one text: line_id, settled."""
    left = over_turns(store.accepted())
    return compare.signatures(left, ACCEPTED).rename({"settles": "settled"})


def _facts(one: Mapping[str, Any], runs: pl.DataFrame, told: pl.DataFrame) -> dict[str, Any]:
    """The figures of one change over its runs."""
    changes = []
    for row in shadow.tally(told).iter_rows(named=True):
        own = told.filter(pl.col("change") == row["change"])
        sums = {name: compare.counted(own.filter(pl.col("verdict") == name)) for name in shadow.VERDICTS}
        share = {name: row[name] for name in ("precision", "lower")}
        changes.append({"change": row["change"], **compare.counted(own), **sums, **share})
    return {
        "rules": {"name": one["name"], "sha256": one["rules_digest"]},
        "suggested": bool(one["suggested"]),
        "runs": runs.height,
        "first": runs["as_of"].min(),
        "last": runs["as_of"].max(),
        "lines": int(runs["lines"].sum()),
        "changes": changes,
    }


def told(facts: Mapping[str, Any]) -> list[str]:
    """The figures in words."""
    lines = []
    for one in facts["tries"]:
        more = ", as if all that is suggested were accepted" if one["suggested"] else ""
        many = "1 run" if one["runs"] == 1 else f"{one['runs']} runs"
        lines.append(f"rules `{one['rules']['name']}`{more}: {many}, as of {one['first']} to {one['last']}")
        for row in one["changes"]:
            lines.append(f"  {row['change']}: {compare.said(row)}")
            lines += [
                f"    {name}: {compare.said(row[name])}" for name in shadow.VERDICTS if row[name]["lines"]
            ]
            if row["precision"] is not None:
                lines.append(
                    f"    right of those decided: {row['precision']:.1%}, at least {row['lower']:.1%}"
                )
        if not one["changes"]:
            lines.append("  no line came out otherwise")
    return lines
