"""Where names and numbers of persons are masked: whose words count, and the tables of a workbook or a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recon.flow import settings
from recon.masking import NAMES, Masker
from recon.match.explain.words import WORDS_OF_CODE, WORDS_OF_EVIDENCE
from recon.problems import ReconError
from recon.rules.privacy import Privacy
from recon.store import Store
from recon.workbook import words

if TYPE_CHECKING:
    from recon.flow.books import Book

_MORE = {
    "customers": ("aliases",),
    "decisions_log": ("result",),
    "standing": ("reasons",),
    # month-end inputs: what people wrote freely
    "movements": ("reason",),
    "customer_statement": ("status",),
    "tax_statement": ("deductor",),
    "provisions": ("reason",),
    "submissions": ("reason",),
    "promises": ("who",),
    "queries": ("reason",),
    "contacts": ("next_action",),
}
_CODES = frozenset((*words.EXCEPTIONS, *WORDS_OF_CODE, *WORDS_OF_EVIDENCE))
_DOCUMENTS = ("item_id", "doc_no", "po_no")


def masker(privacy: Privacy, items: pl.DataFrame) -> Masker:
    """A Masker by a set of rules, to which the numbers of these items are no persons' numbers.

    Rules that know no words, as those of runs before there were any, are given the words that come with recon.
    """
    known = privacy if privacy.organisations or privacy.words else _shipped()
    numbers = [name for name in _DOCUMENTS if name in items.columns]
    documents = {one for name in numbers for one in items[name].drop_nulls().unique() if one}
    return Masker(known.organisations, known.words, sorted(documents), _CODES)


def tables(frames: Mapping[str, pl.DataFrame], privacy: Privacy) -> dict[str, pl.DataFrame]:
    """Tables with persons masked, if these rules say so; one person is one token in all of them."""
    if not privacy.masked_sheets:
        return dict(frames)
    mask = masker(privacy, frames.get("open_items", pl.DataFrame()))
    for name in ("customers", "open_items", "bank_lines", "lines", "remittance_lines"):
        for column in NAMES:
            if name in frames and column in frames[name].columns:
                mask.learn(frames[name][column].drop_nulls().unique().to_list())
    plain = ("rules", "problems", "run_log", "runs", "files", "postings")
    return {
        name: frame if name in plain else mask.frame(frame, _MORE.get(name, ()))
        for name, frame in frames.items()
    }


def place(book: Path | Book) -> str:
    """Where a workbook is, as a run keeps it; empty where it lies in no folder of this computer."""
    try:
        return (book if isinstance(book, Path) else book.path).resolve().as_posix()
    except ReconError:  # at a web address
        return ""


def of_book(store: Store, book: Path | Book) -> Privacy:
    """Whether a workbook's sheets are masked: by the rules of the last run into this very workbook.

    What stands in its cells counts for nothing, since a person may type over them. Where no run into it is known (it
    was moved or copied) it is masked if any run of this store was: too much masked comes back with the next run, and
    a name that was shown doesn't go again.
    """
    runs = store.runs().filter(pl.col("status") == "finished").select("summary", "rules")
    here = place(book)
    said: list[Privacy] = []
    for summary, rules in reversed(runs.rows()):
        said.append(Privacy.model_validate(json.loads(rules).get("privacy", {})))
        if here and json.loads(summary).get("book") == here:
            return said[-1]
    return next((one for one in said if one.masked_sheets), said[0] if said else Privacy())


@cache
def _shipped() -> Privacy:
    return settings.load_rules("")[0].privacy
