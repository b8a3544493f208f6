"""The audit pack: how a bank line came to be settled, from the file that it stood in to the posting file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from recon.flow import audit, deliver, masked, moments, trail_page, trail_steps
from recon.flow.login import login
from recon.flow.review import rules_of_last_run
from recon.masking import NAMES, Masker
from recon.problems import Problem, ReconError
from recon.store import Subject, Told, Verified

FILES: Final = ("steps.csv", "lines.csv", "items.csv", "inputs.csv", "links.csv")
PAGE: Final = "trail.html"
MANIFEST: Final = "manifest.json"
_MORE: Final = (
    "decided_text",
    "alternatives",
    "detail",
    "why",
    "note",
)  # of steps, besides what masking knows


@dataclass(frozen=True)
class Trail:
    """What was named, how often the chain was broken, and the files of the pack.

    steps: see trail_steps.STEPS; masked, unless `unmasked`.
    """

    subject: Subject
    word: str
    steps: pl.DataFrame
    lines: int
    verified: Verified
    unmasked: bool
    files: tuple[Path, ...]


def trail(
    word: str, store_url: str = "", book: Path | None = None, out: Path | None = None, *, unmask: bool = False
) -> Trail:
    """All that a store knows of a line, an item, a document, a run, a posting file or a person's work.

    Args:
        word: a line's, item's, run's or batch's id, a document's number, or a login.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        out: folder for the pack; none = nothing is written.
        unmask: names and numbers of persons as they are. Who asks for it stands in the manifest and in the store.

    Raises:
        ReconError: EXIT_INPUT if no store is named, or nothing in it has that name (with the nearest); EXIT_JOB if
            the store or the folder can't be used.
    """
    names = (PAGE, *FILES, MANIFEST)
    with deliver.ready(out, names), audit.opened("recon audit trail", store_url, book) as store:
        told = store.trail(word.strip())
        if isinstance(told, list):
            raise _unknown(word, told)
        verified = store.verify()
        steps = trail_steps.steps(told)
        tables = _tables(told, steps)
        if not unmask:
            tables = _masked(
                tables, told, masked.masker(rules_of_last_run(store).privacy, told.history.items)
            )
        elif any(len(one) for one in (told.history.lines, told.history.learned, told.history.cases)):
            store.note_unmasked(word.strip(), login(), moments.now())
        made = Trail(
            told.named.subject, word, tables["steps.csv"], told.history.lines.height, verified, unmask, ()
        )
        if out is None:
            return made
        contents: dict[str, str | bytes] = {name: deliver.csv(tables[name]) for name in FILES}
        contents[PAGE] = trail_page.page(made, told.named.ids, tables)
        contents[MANIFEST] = deliver.as_json(_manifest(made, contents))
        files = deliver.write(out, contents)
        return Trail(**(vars(made) | {"files": tuple(files)}))


def _unknown(word: str, near: list[str]) -> ReconError:
    what = "nothing in the store is called so: no line, item, document, run, posting file or login"
    hint = f"did you mean {', '.join(near)}?" if near else "take the id off a sheet or an output file"
    return ReconError(Problem("trail-unknown", word, what, hint))


def _tables(told: Told, steps: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The pack's tables by the names of their files."""
    found = told.history
    runs = found.runs.select("run_seq", "run_id")
    inputs = found.inputs.join(runs, on="run_seq", how="left", maintain_order="left")
    used = steps["link"].drop_nulls().unique()
    return {
        "steps.csv": steps,
        "lines.csv": found.lines.drop("run_seq"),
        "items.csv": found.items,
        "inputs.csv": inputs.select("run_id", pl.all().exclude("run_id", "run_seq")),
        "links.csv": found.links.filter(pl.col("link").is_in(used.implode())),
    }


def _masked(tables: Mapping[str, pl.DataFrame], told: Told, mask: Masker) -> dict[str, pl.DataFrame]:
    # All names first, so that one person is one token in every table.
    for frame in (told.history.items, told.history.lines):
        for name in NAMES:
            if name in frame.columns:
                mask.learn(frame[name].unique().to_list())
    return {name: mask.frame(frame, _MORE if name == "steps.csv" else ()) for name, frame in tables.items()}


def _manifest(made: Trail, contents: Mapping[str, str | bytes]) -> dict[str, object]:
    """What makes the pack checkable: what was asked, the chain's last hash, and each file's SHA-256."""
    return {
        "asked": made.word,
        "about": made.subject.value,
        "masked": not made.unmasked,
        "made_by": login(),
        "chain": {
            "links": made.verified.links,
            "rows": made.verified.rows,
            "last_hash": made.verified.head,
            "breaks": list(made.verified.breaks),
        },
        "files": {
            name: hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
            for name, text in contents.items()
        },
    }
