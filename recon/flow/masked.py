"""Where names and numbers of persons are masked: whose words count, and the tables of a workbook or a report."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from recon.flow import settings
from recon.masking import NAMES, Masker
from recon.match.explain.words import WORDS_OF_CODE, WORDS_OF_EVIDENCE
from recon.rules.privacy import Privacy
from recon.workbook import words
from recon.workbook.columns import RULES

SAID, NOT = "yes", "no"  # as the sheet Rules says it
_LISTS = ("organisations", "words")
_MORE = {"customers": ("aliases",), "decisions_log": ("result",), "standing": ("reasons",)}
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


def said(rows: pl.DataFrame) -> Privacy:
    """What rules say of privacy, as a run's rows (rule, value) or as their sheet shows them: what is masked stays so.

    The sheet can be typed in, emptied or taken away: whatever it says but `no`, once, is taken for masked, since too
    much masked comes back with the next run and a name that was shown doesn't go again.
    """
    found: dict[str, list[str]] = {}
    titles = {RULES.by_key[key].title: key for key in ("rule", "value")}
    named = rows.rename(titles, strict=False)
    if not {"rule", "value"} <= set(named.columns):
        return Privacy(masked_sheets=True)
    of_run = {"rule", "value"} <= set(rows.columns)
    for rule, value in named.select("rule", "value").iter_rows():
        section, _, key = (rule or "").strip().partition(".")
        if section == "privacy":
            found.setdefault(key, []).append(value or "")
    lists = {
        name: tuple(one for text in found.get(name, []) for one in text.split("; ") if one) for name in _LISTS
    }
    told = [one.strip().casefold() for one in found.get("masked_sheets", [])]
    return Privacy(masked_sheets=told == [SAID] if of_run else told != [NOT], **lists)


@cache
def _shipped() -> Privacy:
    return settings.load_rules("")[0].privacy
