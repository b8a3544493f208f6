"""Barclays' daily statement file: a heading line that holds the day, and lines that don't.

    H,000001,STATEMENT,20260313
    ,200000,12345678,,4200.00,CR,BANK GIRO CREDIT,,NHS SUSSEX ICB 0000451207
    ,200000,12345678,,35.50,DR,DIRECT DEBIT,,TEST UTILITY

The fourth field of the first line is the day (CCYYMMDD) of all lines. A line has nine fields: nothing, sort code,
account, nothing, value without sign, CR or DR, description, cheque number, narrative. Each becomes a row under those
names, with the day; from there on the profile `barclays_daily` is a column profile like others.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import decoding, finish, grid
from recon.ingest.grid import Grid, Row
from recon.ingest.heading import Heading
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Reading
from recon.problems import Problem
from recon.rules.profile import Profile

NAME: Final = "barclays_daily"
LABELS: Final = (
    *("Date", "Sort code", "Account", "Value", "Side"),
    *("Description", "Cheque number", "Narrative"),
)
_DAY_FIELD: Final = 3  # from 0
_LEAST, _MOST = 7, 9  # fields of a line; what is empty at its end may be missing
_SORT_CODE: Final = re.compile(r"^\d{2}-?\d{2}-?\d{2}$")
_ACCOUNT: Final = re.compile(r"^\d{7,8}$")


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the first line holds a day and one of the next a side; needs the profile that says what it means."""
    profile = next((profile for profile in request.profiles if profile.name == NAME), None)
    if profile is None or request.profile not in ("", NAME) or not decoding.is_text(source.head):
        return []
    lines = decoding.decode(source.head).text.splitlines()[:4]
    if not lines or not _day(_fields(lines[0])) or not any(_is_line(_fields(line)) for line in lines[1:]):
        return []
    return [Claim(NAME, profile.kind, partial(_read, source, request, profile))]


def _fields(line: str) -> list[str]:
    return [grid.clean(cell) for cell in next(csv.reader([line], skipinitialspace=True), [])]


def _day(fields: list[str]) -> str:
    """The day of a heading line as it stands there; "" if it has none."""
    text = fields[_DAY_FIELD] if len(fields) > _DAY_FIELD else ""
    try:
        return text if re.fullmatch(r"20\d{6}", text) and datetime.strptime(text, "%Y%m%d") else ""  # noqa: DTZ007 - a day
    except ValueError:
        return ""


def _is_line(fields: list[str]) -> bool:
    """Whether a line is an entry: sort code, account and side stand in their places."""
    return bool(
        _LEAST <= len(fields) <= _MOST
        and _SORT_CODE.match(fields[1])
        and _ACCOUNT.match(fields[2])
        and fields[5].upper() in ("CR", "DR")
    )


def _read(source: Source, request: Request, profile: Profile) -> Reading:
    rows: list[Row] = []
    stray: list[int] = []
    day = ""
    for number, line in enumerate(decoding.decode(source.data, profile.encoding).text.splitlines(), 1):
        fields = _fields(line)
        if _is_line(fields):
            cells = [*fields, *[""] * (_MOST - len(fields))]
            rows.append((number, [day, cells[1], cells[2], *cells[4:]]))
        elif _day(fields):
            day = _day(fields)
        elif any(fields):
            stray.append(number)
    what = "the line is no entry that is known; it was left out"
    said = [Problem("tag-unknown", source.at(number), what) for number in stray]
    preview: list[Row] = [(1, LABELS)]

    def body(_position: int) -> pl.DataFrame:
        return grid.cleaned(grid.frame(rows))

    table = Grid(source.name, preview, body)
    return finish.from_grids(source, request, "text", [(table, Heading(profile, 1, LABELS))], said)


READER = Reader(NAME, claims)
