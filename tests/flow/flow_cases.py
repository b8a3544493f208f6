"""A desk with a small night's files, the command line as a person meets it, and its files as plain values."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
import shutil
import sys
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

import pytest

from recon import cli
from recon.flow import review
from recon.flow.login import login
from recon.workbook.columns import TABLE_SHEETS, letters
from recon.workbook.file import FileBook

Row = dict[str, str]

# One line each: matched, paid in part, from a stranger, a sweep of our own money.
BANK = """account,booking_date,amount,currency,type,counterparty,reference,narrative
20-00-00 12345678,2026-03-02,120.50,GBP,BGC,NORTHSIDE CARE LTD,INV-1001,THANK YOU
20-00-00 12345678,2026-03-03,80.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,PART OF IT
20-00-00 12345678,2026-03-04,77.70,GBP,BGC,WHO IS THIS,,SOMETHING ELSE
20-00-00 12345678,2026-03-05,-500.00,GBP,TFR,OWN ACCOUNT,,TREASURY SWEEP
"""
ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
INV-1001,C1,Northside Care Ltd,invoice,INV-1001,2026-02-01,2026-03-01,GBP,120.50,120.50
INV-1002,C1,Northside Care Ltd,invoice,INV-1002,2026-02-02,2026-03-02,GBP,100.00,100.00
INV-1003,C2,Southside Care Ltd,invoice,INV-1003,2026-02-03,2026-03-03,GBP,60.00,60.00
"""
# A statement whose lines are not what its balances say.
UNFOOTED = """:20:NIGHT
:25:200000/12345678
:28C:1/1
:60F:C260301GBP1000,00
:61:2603020302C60,00NTRFINV-1003//B1
:86:INV-1003 SOUTHSIDE CARE LTD
:62F:C260302GBP5000,00
-
"""
_OFX_LINE = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302<TRNAMT>{}<FITID>{}<NAME>CARE LTD<MEMO>{}</STMTTRN>"
# The second statement lacks what the cut took away, and nothing in it adds up to anything.
CUT_OFX = (
    "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>GBP<ACCTID>111<BANKTRANLIST>"
    + _OFX_LINE.format("120.50", "1", "INV-1001")
    + "</BANKTRANLIST></STMTRS><STMTRS><CURDEF>GBP<ACCTID>222<BANKTRANLIST>"
    + _OFX_LINE.format("60.00", "2", "INV-1003")
    + "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302<TRNAMT>10"
)
TABLES = ("allocations.csv", "exceptions.csv", "lines.csv")
OUT_FILES = {*TABLES, "problems.csv", "summary.json"}


@dataclass(frozen=True)
class Ran:
    """What a person sees of one command."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def recon(*arguments: object) -> Ran:
    """One command as typed, in this very process; whoever is named with `--who` is at a login of their own."""
    out, err = io.StringIO(), io.StringIO()
    typed = ["recon", *map(str, arguments)]
    code: object = 0
    with (
        _at_login(typed[-typed[::-1].index("--who")] if "--who" in typed else ""),
        mock.patch.object(sys, "argv", typed),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as left:
            code = left.code
    assert "Traceback" not in err.getvalue(), err.getvalue()
    assert isinstance(code, int | None)
    return Ran(code or 0, out.getvalue(), err.getvalue())


def _at_login(who: str) -> contextlib.AbstractContextManager[object]:
    """The login of that name, unless a test says itself at which login it is."""
    if not who or vars(review)["login"] is not login:
        return contextlib.nullcontext()
    return mock.patch.object(review, "login", return_value=who)


@dataclass(frozen=True)
class Desk:
    """A folder with the night's files, and what was made of them."""

    root: Path

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *more: object, bank: Sequence[object] = ("bank.csv",), out: str = "out") -> Ran:
        """`recon run` on bank files and `items.csv` of this folder; relative names are this folder's."""
        banks = [self.root / str(name) for name in bank]
        return recon(
            "run",
            *("--bank", *banks),
            *("--items", self.root / "items.csv"),
            *(("--out", self.root / out) if out else ()),
            *more,
        )

    def rows(self, name: str, out: str = "out") -> list[Row]:
        return rows(self.root / out / name)

    def tables(self, out: str = "out") -> dict[str, bytes]:
        """The bytes that must be the same each time."""
        return {name: (self.root / out / name).read_bytes() for name in TABLES}

    def outcomes(self, out: str = "out") -> list[tuple[str, str]]:
        return sorted((row["amount"], row["outcome"]) for row in self.rows("lines.csv", out))

    def files(self) -> dict[str, str]:
        """Every file and folder of the desk with its digest: to see that nothing was written or changed."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else "folder"
            for path in sorted(self.root.rglob("*"))
        }


def copied(night: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A night that was worked once, on a desk of its own, which is where the test is."""
    shutil.copytree(night, to, dirs_exist_ok=True)
    monkeypatch.chdir(to)
    return Desk(to)


def rows(path: Path) -> list[Row]:
    """A CSV file as dicts of text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[0].split(",")


def sums(table: Sequence[Row], *keys: str) -> dict[tuple[str, ...], Decimal]:
    """Amounts added up by some columns."""
    made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in table:
        made[tuple(row[key] for key in keys)] += Decimal(row["amount"])
    return dict(made)


def unbalanced(folder: Path) -> list[str]:
    """Lines whose parts in the output files are not their amount."""
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for name in ("allocations.csv", "exceptions.csv"):
        for row in rows(folder / name):
            parts[row["line_id"]] += Decimal(row["amount"])
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(folder / "lines.csv"):
        aside = row["outcome"] in ("not_receivable", "duplicate")
        wanted[row["line_id"]] += Decimal(0) if aside else Decimal(row["amount"])
    return [line_id for line_id, amount in wanted.items() if parts.pop(line_id, Decimal(0)) != amount] + [
        *parts
    ]


def sheet(book: Path, name: str) -> list[Row]:
    """A sheet's rows by the titles of its columns."""
    return [
        {key: str(value or "") for key, value in row.items()} for row in FileBook(book).read(name).to_dicts()
    ]


def decide(book: Path, name: str, typed: Mapping[str, Mapping[str, str]]) -> None:
    """Type into rows of a review sheet, found by their line id, and save: as a reviewer does. "" empties a cell."""
    opened = FileBook(book)
    row_of = dict(opened.read(name).select("Line id", "sheet_row").iter_rows())
    spec = TABLE_SHEETS[name]
    _table, part = opened._package.tables()[spec.table]
    text = opened._package.read(part.path).decode()
    for line_id, cells in typed.items():
        for title, value in cells.items():
            text = _typed(text, f"{letters(spec.titles.index(title))}{row_of[line_id]}", value)
    _put(book, part.path, text)


def type_into(book: Path, name: str, typed: Mapping[str, str]) -> None:
    """Type into cells of any sheet (`B7` -> text), and save."""
    package = FileBook(book)._package
    part = next(sheet for sheet in package.sheets() if sheet.name == name)
    text = package.read(part.path).decode()
    for place, value in typed.items():
        text = _typed(text, place, value)
    _put(book, part.path, text)


def _put(book: Path, path: str, text: str) -> None:
    with zipfile.ZipFile(book) as old:
        parts = {one.filename: old.read(one) for one in old.infolist()}
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in (parts | {path: text.encode()}).items():
            new.writestr(name, data)


def _typed(sheet_text: str, place: str, value: str) -> str:
    found = re.search(rf'<c r="{place}"([^>]*?)(?:/>|>.*?</c>)', sheet_text, re.DOTALL)
    assert found, f"there is no cell {place}"
    style = re.search(r' s="\d+"', found.group(1))
    inside = f' t="str"><v>{escape(value)}</v></c>' if value else "/>"
    cell = f'<c r="{place}"{style.group(0) if style else ""}{inside}'
    return sheet_text[: found.start()] + cell + sheet_text[found.end() :]
