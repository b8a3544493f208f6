"""Accepted allocations -> the file that a ledger imports.

Pure: what was accepted comes in, the text of a file goes out. `generic` is written by code; every other format is a
layout (rules.layout), which is data.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import polars as pl

from recon import model
from recon.model import ACCEPTED, BANK_LINES, Batch
from recon.net import over_turns
from recon.posting import generic, layouts, told
from recon.posting.companies import Shares, homes, shares, unknown
from recon.posting.controls import controls, controls_text, failures, left_out, unapproved
from recon.posting.journal import BY_HAND, Accounts, accounts_of, journal
from recon.posting.rows import rows as rows_of
from recon.posting.site import Site, barred, missing, site_of
from recon.posting.told import company_of, file_of, plain
from recon.problems import EXIT_INPUT, Problem, ReconError
from recon.rules.layout import Layout

__all__ = [
    "FORMATS",
    "Accounts",
    "Posting",
    "Shares",
    "Site",
    "accounts_of",
    "batch_id",
    "company_of",
    "controls_text",
    "due",
    "failures",
    "file_of",
    "held",
    "homes",
    "plain",
    "post",
    "shares",
    "site_of",
    "unknown",
]

# Formats that are no layout: name -> journal legs (posting.journal) to the text of the file.
FORMATS: Final[Mapping[str, Callable[[pl.DataFrame, str], str]]] = MappingProxyType({"generic": generic.text})


@dataclass(frozen=True)
class Posting:
    """A posting file, the journal that is in it, and the controls over both.

    batch: the file, as the store keeps it; legs: posting.journal; controls: check, expected, found, ok; untaken:
    lines that the ledger's import can't carry, which are not in it and stay to be posted.
    """

    batch: Batch
    legs: pl.DataFrame
    controls: pl.DataFrame
    untaken: tuple[Problem, ...] = ()


def post(
    format_name: str,
    accepted: pl.DataFrame,
    bank_lines: pl.DataFrame,
    open_items: pl.DataFrame,
    *,
    accounts: Accounts | None = None,
    approved_by: str = "",
    hand_ceiling: Decimal = Decimal(0),
    corrected_on: date | None = None,
    corrected: Iterable[str] = (),
    layout: Layout | None = None,
    site: Site | None = None,
    words: Iterable[str] = (),
    own: Collection[str] = (),
    company: str = "",
) -> Posting:
    """A posting file of what is accepted and given; the same rows in any order give the same bytes.

    Lines that the layout's ledger can't import whatever the rules say are left out and told, unless that is all.

    Args:
        format_name: a key of FORMATS, or the layout's name.
        accepted: model.ACCEPTED in outer form, whole turns of lines, none of which is posted. What a later turn took
            back of an earlier one is not posted at all; what it takes back of one posted before is a counter-posting.
        bank_lines: the lines accepted (and maybe others), in outer form.
        open_items: the items accepted (and maybe others), in outer form; what it lacks is left empty.
        accounts: the ledger's accounts.
        approved_by: who posts; the second person where a first one allocated by hand.
        hand_ceiling: lines up to this need no second person, unless something is written off.
        corrected_on: the day of corrections, since the line's own may be of a closed period.
        corrected: lines of which something is posted already: what is posted of them now are corrections.
        layout: how the file is laid out; none = a format of FORMATS.
        site: what the rules say to the layout.
        words: names of accounts that come with recon and are no ledger's codes; a layout does not take them.
        own: lines that were decided at the login of whoever posts, under whatever name.
        company: whose postings these are, where a store has several companies; it stands in name and report.

    Raises:
        ReconError: format-unknown with the formats there are; of a layout all that the rules lack (posting-setting),
            that does not fit (posting-field), or that the ledger's import can't carry (posting-refused).
    """
    write = None if layout else _writer(format_name)
    site, accounts, later = site or Site(), accounts or Accounts(), set(corrected)

    def legs_of(rows: pl.DataFrame) -> pl.DataFrame:
        return journal(rows, bank_lines, open_items, accounts, approved_by, corrected_on, later, own)

    left = due(accepted)
    legs = legs_of(left)
    out, untaken = barred(layout, site, legs) if layout else (left["line_id"].clear(), [])
    if len(out):
        left = left.filter(~pl.col("line_id").is_in(out.implode()))
        if left.is_empty():
            raise ReconError(untaken)
        legs = legs_of(left)
    posted = accepted.select("line_id", "turn").join(left.select("line_id"), on="line_id", how="semi")
    turns = tuple(posted.unique().sort("line_id", "turn").iter_rows())
    identity = batch_id(format_name, turns)
    checks = controls(legs, left, bank_lines, hand_ceiling)
    scales = model.scales_of([(ACCEPTED, left), (BANK_LINES, bank_lines)])
    if layout:
        text, many = _laid_out(layout, legs, identity, scales, site, accounts, words)
    else:
        assert write is not None
        text, many = write(legs, identity), legs.height
    suffix, encoding = (layout.suffix, layout.encoding) if layout else ("csv", "utf-8")
    report = [
        controls_text(checks)
        + told.file_text(told.name_of(format_name, identity, suffix, company), text, encoding, many)
        + told.company_text(company),
        told.sums_text(legs, scales),
        told.allocate_text(legs, identity, scales) if layout and layout.allocate else "",
    ]
    kept = "\n".join(part for part in report if part)
    return Posting(Batch(identity, format_name, text, turns, kept), legs, checks, tuple(untaken))


def held(
    accepted: pl.DataFrame,
    bank_lines: pl.DataFrame,
    open_items: pl.DataFrame,
    *,
    approved_by: str,
    hand_ceiling: Decimal,
    own: Collection[str] = (),
) -> tuple[pl.Series, tuple[Problem, ...]]:
    """Lines that somebody else has to post (domain 6: C-02), and what is to say of them; arguments as of `post`."""
    by_hand = accepted.filter(pl.col("decision").is_in(list(BY_HAND))).select("line_id").unique()
    rows = due(accepted).join(by_hand, on="line_id", how="semi", maintain_order="left")
    legs = journal(rows, bank_lines, open_items, Accounts(), approved_by, own=own)
    waiting = unapproved(legs, hand_ceiling)
    return waiting["bank_line_id"].unique().sort(), left_out(waiting)


def _laid_out(
    layout: Layout,
    legs: pl.DataFrame,
    identity: str,
    scales: Mapping[str, int],
    site: Site,
    accounts: Accounts,
    words: Iterable[str],
) -> tuple[str, int]:
    """The text of a layout's file, and how many rows it has.

    Raises:
        ReconError: everything that lacks or does not fit.
    """
    lacking = missing(layout, site, legs, accounts, words)
    made = rows_of(legs, layout.form, scales)
    try:
        text = layouts.text(layout, made, identity, site, scales)
    except ReconError as wrong:
        # A word of ours in an account's place may be too long for it, which is not what is wrong.
        others = [one for one in wrong.problems if not lacking or one.code != "posting-field"]
        raise ReconError([*lacking, *others]) from wrong
    if lacking:
        raise ReconError(lacking)
    return text, made.height


def due(accepted: pl.DataFrame) -> pl.DataFrame:
    """What is to be posted of turns that are not posted yet (model.ACCEPTED): rows that came to nought are gone.

    `turn` is the line's first one here: above 1 where an earlier one is posted, and these are corrections.
    """
    first = accepted.select("line_id", first=pl.col("turn").min().over("line_id")).unique()
    left = over_turns(accepted).join(first, on="line_id", maintain_order="left")
    return left.with_columns(turn="first").drop("first")


def _writer(format_name: str) -> Callable[[pl.DataFrame, str], str]:
    if format_name in FORMATS:
        return FORMATS[format_name]
    near = difflib.get_close_matches(format_name, FORMATS, n=1)
    hints = [f"known formats: {', '.join(sorted(FORMATS))}", *(f"did you mean `{name}`?" for name in near)]
    raise ReconError(
        Problem("format-unknown", "--format", f"no posting format `{format_name}`", "\n".join(hints)),
        EXIT_INPUT,
    )


def batch_id(format_name: str, turns: Iterable[tuple[str, int]]) -> str:
    """The id of the batch of these turns of lines: the same ones always are the same batch."""
    named = (line_id if turn == 1 else f"{line_id}\x1e{turn}" for line_id, turn in turns)
    text = "\x1f".join([format_name, *sorted(named)])
    return "B-" + hashlib.sha256(text.encode()).hexdigest()[:12]
