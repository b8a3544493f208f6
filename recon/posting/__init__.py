"""Accepted allocations -> the file that a ledger imports.

Pure: what was accepted comes in, the text of a file goes out. One format is one small file here and one line in
FORMATS.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import polars as pl

from recon.model import Batch
from recon.net import over_turns
from recon.posting import generic
from recon.posting.controls import controls, controls_text, failures
from recon.posting.journal import Accounts, accounts_of, journal
from recon.problems import EXIT_INPUT, Problem, ReconError

__all__ = [
    "FORMATS",
    "Accounts",
    "Posting",
    "accounts_of",
    "batch_id",
    "check_format",
    "controls_text",
    "due",
    "failures",
    "post",
]

# Name -> journal legs (posting.journal) to the text of the file.
FORMATS: Final[Mapping[str, Callable[[pl.DataFrame, str], str]]] = MappingProxyType({"generic": generic.text})


@dataclass(frozen=True)
class Posting:
    """A posting file, the journal that is in it, and the controls over both.

    batch: the file, as the store keeps it; legs: posting.journal; controls: check, expected, found, ok.
    """

    batch: Batch
    legs: pl.DataFrame
    controls: pl.DataFrame


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
) -> Posting:
    """A posting file of everything that is accepted and given; the same rows in any order give the same bytes.

    Args:
        format_name: a key of FORMATS.
        accepted: model.ACCEPTED in outer form, whole turns of lines, none of which is posted. What a later turn took
            back of an earlier one is not posted at all; what it takes back of one posted before is a counter-posting.
        bank_lines: the lines accepted (and maybe others), in outer form.
        open_items: the items accepted (and maybe others), in outer form; what it lacks is left empty.
        accounts: the ledger's accounts.
        approved_by: who posts; the second person where a first one allocated by hand.
        hand_ceiling: lines up to this need no second person, unless something is written off.
        corrected_on: the day of corrections, since the line's own may be of a closed period.
        corrected: lines of which something is posted already: what is posted of them now are corrections.

    Raises:
        ReconError: (format-unknown) with the formats there are.
    """
    write = _writer(format_name)
    left = due(accepted)
    posted = accepted.select("line_id", "turn").join(left.select("line_id"), on="line_id", how="semi")
    turns = tuple(posted.unique().sort("line_id", "turn").iter_rows())
    identity = batch_id(format_name, turns)
    legs = journal(
        left, bank_lines, open_items, accounts or Accounts(), approved_by, corrected_on, set(corrected)
    )
    checks = controls(legs, left, bank_lines, hand_ceiling)
    batch = Batch(identity, format_name, write(legs, identity), turns, controls_text(checks))
    return Posting(batch, legs, checks)


def due(accepted: pl.DataFrame) -> pl.DataFrame:
    """What is to be posted of turns that are not posted yet (model.ACCEPTED): rows that came to nought are gone.

    `turn` is the line's first one here: above 1 where an earlier one is posted, and these are corrections.
    """
    first = accepted.select("line_id", first=pl.col("turn").min().over("line_id")).unique()
    left = over_turns(accepted).join(first, on="line_id", maintain_order="left")
    return left.with_columns(turn="first").drop("first")


def check_format(format_name: str) -> None:
    """See that a posting format exists.

    Raises:
        ReconError: (format-unknown) with the formats there are.
    """
    _writer(format_name)


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
