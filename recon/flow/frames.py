"""Frames in, frames out: the engine for people who hold their tables in pandas or polars."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recon import model
from recon.flow import settings
from recon.flow.gather import gather, inner
from recon.match import match
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, Kind
from recon.problems import Problem, ReconError

if TYPE_CHECKING:
    import pandas as pd

    Frame = pd.DataFrame | pl.DataFrame

PLACES = {"bank_lines": Kind.BANK, "open_items": Kind.ITEMS, "remittance_lines": Kind.REMITTANCE}


@dataclass(frozen=True)
class Matched:
    """The three result tables with the columns of allocations.csv, exceptions.csv and lines.csv, money as text.

    They are pandas frames if the bank lines were, else polars frames. `problems` says what was wrong in the input.
    """

    lines: Frame
    allocations: Frame
    exceptions: Frame
    problems: tuple[Problem, ...]


def match_frames(
    bank_lines: Frame,
    open_items: Frame,
    remittance_lines: Frame | None = None,
    customers: Frame | None = None,
    aliases: Frame | None = None,
    closed_items: Frame | None = None,
    rules: str = "",
    successions: Frame | None = None,
) -> Matched:
    """Match tables that are in memory; nothing is remembered or written.

    Args:
        bank_lines: pandas or polars, with the columns of the standard file (docs/data.md), as all that follow. Money
            may be text, Decimal or a number; a float counts as the shortest decimal that stands for it.
        open_items: the ledger's open items.
        remittance_lines: what payers say that they pay.
        customers: names, accounts, tax profiles.
        aliases: other names and numbers of customers, with dates.
        closed_items: items that are paid already, against paying them twice.
        rules: a rules file, or the name of one that comes with recon.
        successions: which customer became which, from which day on.

    Raises:
        ReconError: as `recon run`: the input or the rules can't be used.
    """
    loaded, path = settings.load_rules(rules)
    given = {
        "bank_lines": bank_lines,
        "open_items": open_items,
        "remittance_lines": remittance_lines,
        "customers": customers,
        "aliases": aliases,
        "closed_items": closed_items,
        "successions": successions,
    }
    # Through the same door as files, so that a frame is checked like everything else.
    with tempfile.TemporaryDirectory(prefix="recon-") as folder:
        places: list[tuple[Kind, list[str]]] = []
        for name, frame in given.items():
            if frame is not None:
                file = Path(folder) / f"{name}.parquet"
                _polars(frame, name).write_parquet(file)
                places.append((PLACES.get(name, Kind.CUSTOMERS), [str(file)]))
        gathered = gather(places, loaded, settings.load_profiles(loaded, path))
    tables = inner(gathered, gathered.frames[Kind.ITEMS], frozenset())
    result = match(tables, loaded)
    outer = (
        model.outside(frame, table, tables.scales).select(table.file_columns)
        for frame, table in (
            (result.lines, LINES),
            (result.allocations, ALLOCATIONS),
            (result.exceptions, EXCEPTIONS),
        )
    )
    given_back = [frame if isinstance(bank_lines, pl.DataFrame) else frame.to_pandas() for frame in outer]
    problems = tuple(dict.fromkeys([*gathered.problems, *result.problems]))
    lines, allocations, exceptions = given_back
    return Matched(lines, allocations, exceptions, problems)


def _polars(frame: Frame, name: str) -> pl.DataFrame:
    """The frame as polars; columns of Python objects (Decimal, date, text) by their text."""
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        plain = frame.reset_index(drop=True).copy()
        for column in plain.columns:
            if plain[column].dtype == object:
                empty = plain[column].isna()
                plain[column] = plain[column].astype(str).mask(empty, None)
        return pl.from_pandas(plain)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        hint = "give a pandas or polars frame with the columns of docs/data.md"
        raise ReconError(
            Problem("file-unreadable", name, "this is no frame that can be read", hint)
        ) from error
