"""`recon learn`: what a store's decisions suggest, and what a person without Excel says to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from recon.flow import books, calibration, learning
from recon.flow.calibration import Calibration
from recon.flow.learning import Known
from recon.flow.login import login
from recon.flow.review import known_store, rules_of_last_run
from recon.learn import Answered
from recon.problems import Problem, ReconError
from recon.store import Store


def listed(store_url: str = "", book: Path | None = None) -> Known:
    """All that there is to say of what a store has learned.

    Raises:
        ReconError: EXIT_INPUT if no store is named; EXIT_JOB if it can't be used.
    """
    with _opened("recon learn list", store_url, book) as store:
        rules = rules_of_last_run(store)
        return learning.masked(learning.known(store, rules), store, rules.privacy)


def calibrated(store_url: str = "", book: Path | None = None) -> Calibration:
    """How right proposals were by the store's decisions.

    Raises:
        ReconError: EXIT_INPUT if no store is named; EXIT_JOB if it can't be used.
    """
    with _opened("recon learn calibration", store_url, book) as store:
        return calibration.calibration(store, rules_of_last_run(store))


def answer(
    ids: Sequence[str],
    what: str,
    store_url: str = "",
    book: Path | None = None,
    *,
    who: str = "",
    note: str = "",
    first: date | None = None,
    last: date | None = None,
) -> Answered:
    """Accept, refuse, withdraw or confirm suggestions by their ids.

    Args:
        ids: as `listed` gives them.
        what: accept, refuse, withdraw or confirm.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        who: who says so; empty = the login.
        note: the person's words.
        first: from which day on it counts; none = from the first line that taught it.
        last: until which day it counts; none = for ever.

    Raises:
        ReconError: EXIT_INPUT if no store is named, or one of the ids is not known (then nothing is said of the
            others); EXIT_JOB if it can't be used.
    """
    command = f"recon learn {what}"
    with _opened(command, store_url, book) as store:
        rules = rules_of_last_run(store)
        known = learning.known(store, rules)
        there = set(known.rows["id"])
        unknown = [one for one in dict.fromkeys(ids) if one not in there]
        if unknown:
            hint = "recon learn list names them"
            raise ReconError(
                Problem("learning-refused", command, f"there is no suggestion {one}", hint) for one in unknown
            )
        rows = [(one, what, note, who or login(), command, first, last) for one in dict.fromkeys(ids)]
        schema = {
            **dict.fromkeys(("id", "answer", "note", "who", "where"), pl.String),
            "valid_from": pl.Date,
            "valid_to": pl.Date,
        }
        asked = pl.DataFrame(rows, schema=schema, orient="row")
        made = learning.said(store, known, asked, rules)
        learning.hold(store, rules)
        return made


@contextmanager
def _opened(command: str, store_url: str, book: Path | None) -> Iterator[Store]:
    url = books.store_url(store_url, book)
    if not url:
        what = "nothing says which store is meant"
        raise ReconError(Problem("store-needed", command, what, "add --store or --book"))
    with known_store(url, None if store_url else book) as store:
        yield store
