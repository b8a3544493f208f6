"""Inputs for the fuzzer: files of the samples and the corpus changed at random, and files made of a format's words.

An input is told by the seed and its number alone, and by what the seeds are; so any of them can be made again.
"""

from __future__ import annotations

import io
import os
import random
import re
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import fuzz_formats  # noqa: E402
import fuzz_words  # noqa: E402
import papers  # noqa: E402

from recon.model import Kind  # noqa: E402
from recon.rules.profile import Profile  # noqa: E402

SIZE_MAX: Final = 48_000  # of a seed; larger ones are cut, so that a million can be read in hours
_OURS: Final = (".table.csv", ".said.txt")
_MADE_SHARE: Final = 0.4  # at least half of all are files of the corpus and samples, changed
_PDF_SHARE: Final = (
    0.004  # each is taken apart in a process of its own, which takes as long as fifty other files
)
_NUMBER: Final = re.compile(rb"\d[\d.,]*")
_ZIP: Final = b"PK\x03\x04"


class Seed(NamedTuple):
    """A file to begin with."""

    name: str
    data: bytes


class Input(NamedTuple):
    """A file to be read, and as what."""

    name: str
    data: bytes
    kind: Kind | None
    currency: str


def seeds() -> list[Seed]:
    """The samples beside this file, documents and workbooks made here, and the corpus where RECON_CORPUS says so."""
    folders = sorted(
        path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))
    )
    paths = [path for folder in folders for path in sorted(folder.iterdir())]
    corpus = os.environ.get("RECON_CORPUS", "")
    paths += sorted(path for path in Path(corpus).rglob("*") if path.is_file()) if corpus else []
    found = [Seed(path.name, path.read_bytes()[:SIZE_MAX]) for path in paths if not path.name.endswith(_OURS)]
    found += [Seed(f"{name}.pdf", make()) for name, make in sorted(papers.ODDITIES.items())]
    return [one for one in found if one.data] + [
        Seed("book.xlsx", _book()),
        Seed("table.parquet", _parquet()),
    ]


def _book() -> bytes:
    import xlsxwriter  # noqa: PLC0415 - only where seeds are made

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Bank")
        rows = [
            ["booking_date", "amount", "currency", "narrative", "balance"],
            ["2026-01-05", 10.5, "GBP", "INV-1", 110.5],
            ["2026-01-06", "-3.00", "GBP", "a fee", "107.50"],
        ]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def _parquet() -> bytes:
    import polars as pl  # noqa: PLC0415 - only where seeds are made

    made = io.BytesIO()
    rows = {"booking_date": ["2026-01-05"], "amount": ["1.00"], "currency": ["GBP"], "narrative": ["x"]}
    pl.DataFrame(rows).write_parquet(made)
    return made.getvalue()


class Maker:
    """Makes the n-th input of a seed."""

    def __init__(self, seed: int, profiles: Sequence[Profile]) -> None:
        self._seed = seed
        found = seeds()
        self._pdfs = [one for one in found if one.data.startswith(b"%PDF")]
        self._others = [one for one in found if not one.data.startswith(b"%PDF")]
        self._words = fuzz_formats.makers(profiles)

    def input(self, number: int) -> Input:
        """The file of that number."""
        drawn = random.Random(f"{self._seed}-{number}")  # noqa: S311 - no secret
        kind = drawn.choice((*[None] * 20, *Kind))
        currency = drawn.choice(("", "GBP", "INR"))
        share = drawn.random()
        if share < _PDF_SHARE:
            one = drawn.choice(self._pdfs)
            return Input(one.name, self._changed(drawn, one.data), kind, currency)
        if share < _PDF_SHARE + _MADE_SHARE:
            name, make = drawn.choice(self._words)
            data = make(drawn)
            data = self._changed(drawn, data) if drawn.random() < 0.3 else data
            return Input(name, data, kind, currency)
        one = drawn.choice(self._others)
        name = (
            one.name if drawn.random() < 0.9 else drawn.choice(("a.csv", "a.xml", "a.txt", "a.xlsx", "a.pdf"))
        )
        return Input(name, self._changed(drawn, one.data), kind, currency)

    def _changed(self, drawn: random.Random, data: bytes) -> bytes:
        """One to six changes; a zip is changed inside as often as outside."""
        if data.startswith(_ZIP) and drawn.random() < 0.7:
            return _inside(drawn, data, lambda part: self._changed(drawn, part))
        for _ in range(drawn.choice((1, 1, 1, 2, 3, 6))):
            change = drawn.choices(_CHANGES, _WEIGHTS)[0]
            data = change(drawn, data) if change is not _splice else _splice(drawn, data, self._others)
        return data


def _inside(drawn: random.Random, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same package with one of its parts changed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = {name: book.read(name) for name in book.namelist()}
    except (zipfile.BadZipFile, OSError, RuntimeError):
        return data
    name = drawn.choice(sorted(parts))
    parts[name] = change(parts[name])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as book:
        for name, part in parts.items():
            book.writestr(zipfile.ZipInfo(name), part)
    return made.getvalue()


def _place(drawn: random.Random, data: bytes) -> tuple[int, int]:
    """A stretch of the file."""
    at = drawn.randrange(len(data) + 1)
    return at, min(len(data), at + int(drawn.expovariate(1 / 40)))


def _flip(drawn: random.Random, data: bytes) -> bytes:
    made = bytearray(data)
    for _ in range(drawn.choice((1, 3, 20)) if made else 0):
        made[drawn.randrange(len(made))] = drawn.randrange(256)
    return bytes(made)


def _cut(drawn: random.Random, data: bytes) -> bytes:
    at = drawn.randrange(len(data) + 1)
    return data[:at] if drawn.random() < 0.7 else data[at:]


def _drop(drawn: random.Random, data: bytes) -> bytes:
    at, end = _place(drawn, data)
    return data[:at] + data[end:]


def _again(drawn: random.Random, data: bytes) -> bytes:
    at, end = _place(drawn, data)
    return data[:end] + data[at:end] * drawn.choice((1, 1, 2, 200)) + data[end:]


def _splice(drawn: random.Random, data: bytes, others: Sequence[Seed] = ()) -> bytes:
    other = drawn.choice(others).data if others else data
    (at, end), (start, stop) = _place(drawn, data), _place(drawn, other)
    stop = stop if drawn.random() < 0.5 else len(other)
    return data[:at] + other[start:stop] + data[end:]


def _lines(drawn: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    way = drawn.randrange(4)
    if way == 0:
        drawn.shuffle(lines)
    elif way == 1:
        lines.insert(drawn.randrange(len(lines)), drawn.choice(lines))
    elif way == 2:
        del lines[drawn.randrange(len(lines))]
    else:
        at, end = sorted((drawn.randrange(len(lines) + 1), drawn.randrange(len(lines) + 1)))
        lines[at:end] = lines[at:end] * 2 if drawn.random() < 0.5 else lines[at:end][::-1]
    return b"".join(lines)


def _numbers(drawn: random.Random, data: bytes) -> bytes:
    """Numbers blown up, emptied, turned; one of them or all."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    one = drawn.choice(found)
    new = drawn.choice(fuzz_words.NUMBERS)
    if drawn.random() < 0.1:
        return _NUMBER.sub(lambda _: new, data)
    return data[: one.start()] + new + data[one.end() :]


def _piece(drawn: random.Random, data: bytes) -> bytes:
    at, end = _place(drawn, data)
    end = at if drawn.random() < 0.5 else end
    return data[:at] + drawn.choice(fuzz_words.PIECES) + data[end:]


def _coded(drawn: random.Random, data: bytes) -> bytes:
    text = data.decode("latin-1")
    way = drawn.randrange(5)
    if way == 0:
        return text.encode(drawn.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32")))
    if way == 1:
        return text.encode("utf-8")
    if way == 2:
        return drawn.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b"\n" * 5)) + data
    if way == 3:
        return data.replace(b"\n", drawn.choice((b"\r\n", b"\r", b"\x0b", b"\n\n", b"\x85", b"")))
    at, end = _place(drawn, data)
    return (
        data[:at]
        + drawn.choice(("é", "\u202e", "😀", "\ud7ff", "\u017f", "١٢٣", "\u2028", "ß")).encode()
        + data[end:]
    )


def _deep(drawn: random.Random, data: bytes) -> bytes:
    at, _ = _place(drawn, data)
    tag = drawn.choice((b"a", b"Ntry", b"NtryDtls", b"Strd", b"STMTTRN", b"table", b"td"))
    depth = drawn.choice((50, 300, 5000))
    shut = b"</" + tag + b">"
    return (
        data[:at] + (b"<" + tag + b">") * depth + (shut * depth if drawn.random() < 0.7 else b"") + data[at:]
    )


def _long(drawn: random.Random, data: bytes) -> bytes:
    at, _ = _place(drawn, data)
    length = drawn.choice((300, 33_000, 33_000, 120_000))
    filler = drawn.choice((b"A", b"9", b" ", b'"', b",", b"\n", b"<", b"&amp;", b"/", b"\xe4", b":86:x\n"))
    return data[:at] + filler * (length // len(filler)) + data[at:]


_CHANGES: Final = (_flip, _cut, _drop, _again, _splice, _lines, _numbers, _piece, _coded, _deep, _long)
_WEIGHTS: Final = (4, 2, 3, 3, 3, 3, 5, 6, 2, 0.3, 0.5)
