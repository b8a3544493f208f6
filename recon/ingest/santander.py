"""Santander UK's text file: blocks of `Date:`, `Description:`, `Amount:`, `Balance:` instead of columns.

    From: 01/03/2026 to 31/03/2026
    Account: XXXX XXXX XXXX 1234

    Date: 03/03/2026
    Description: BANK GIRO CREDIT REF NHS SUSSEX ICB, 0000451207
    Amount: 4200.00
    Balance: 98123.45

Each block becomes a row under those labels; from there on the profile `santander` is a column profile like others.
"""

from __future__ import annotations

import re
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

NAME: Final = "santander"
LABELS: Final = ("Account:", "Date:", "Description:", "Amount:", "Balance:")
_LABEL = re.compile(
    r"^(Account|Date|Description|Amount|Balance|From|Arranged overdraft limit):\s*(.*)$", re.IGNORECASE
)
# A run of empty lines is gone through once, not from each of them anew.
_MINE = re.compile(rb"(?im)^[^\S\n]*date:.*[\r\n]\s*description:.*[\r\n]\s*amount:")


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file is made of such blocks; needs the profile that says what they mean."""
    profile = next((profile for profile in request.profiles if profile.name == NAME), None)
    if profile is None or request.profile not in ("", NAME):
        return []
    if not decoding.is_text(source.head) or not _MINE.search(source.head.replace(b"\xa0", b" ")):
        return []
    return [Claim(NAME, profile.kind, partial(_read, source, request, profile))]


def _read(source: Source, request: Request, profile: Profile) -> Reading:
    decoded = decoding.decode(source.data, profile.encoding)
    rows, stray = _blocks(decoded.text)
    said = [
        Problem("tag-unknown", source.at(line), "the line has no label that is known; it was left out")
        for line in stray
    ]
    preview: list[Row] = [(1, LABELS)]

    def body(_position: int) -> pl.DataFrame:
        return grid.cleaned(grid.frame(rows))

    return finish.from_grids(
        source, request, "text", [(Grid(source.name, preview, body), Heading(profile, 1, LABELS))], said
    )


def _blocks(text: str) -> tuple[list[Row], list[int]]:
    """One row for each block, with the line of its date; and the lines that are of no block."""
    rows: list[Row] = []
    stray: list[int] = []
    account, block, began, last = "", dict[str, str](), 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = grid.clean(line)
        match = _LABEL.match(plain)
        label = f"{match[1].capitalize()}:" if match else ""
        if match and label == "Date:":
            _close(rows, began, account, block)
            block, began = {label: match[2]}, number
        elif match and label == "Account:" and not block:
            account = match[2]
        elif match and label in LABELS:
            block[label] = match[2]
        elif not match and plain and last == "Description:":
            block[last] += f" {plain}"
        elif not match and plain:
            stray.append(number)
        last = label or (last if plain else "")
    _close(rows, began, account, block)
    return rows, stray


def _close(rows: list[Row], began: int, account: str, block: dict[str, str]) -> None:
    if block:
        rows.append((began, [account, *(block.get(label, "") for label in LABELS[1:])]))


READER = Reader(NAME, claims)
