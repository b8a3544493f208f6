"""What in an unknown file may be a table: its text once for each delimiter, or each visible sheet; as grids.

The grids are samples: the beginning of a long file whole, then some of its middle and its end. What is guessed from
them is verified by reading the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from recon.ingest import decoding, delimited, sheet
from recon.ingest.grid import POSITION, Grid
from recon.ingest.source import Source

WHOLE_MAX: Final = 1 << 20  # bytes of text that are looked at whole
CHUNK: Final = 64 << 10  # of a longer file: so many bytes at so many places
CHUNKS: Final = 12
ROWS_MAX: Final = 20_000  # of a sheet: so many rows, half of them from its beginning
# Codecs of what is no UTF-8, the likeliest first; cp1252 is what readers take when nothing else is said.
CODECS: Final = ("cp1252", "cp1250", "iso8859-15", "cp852", "mac-roman")


@dataclass(frozen=True)
class Found:
    """A table that may be what the file holds."""

    sample: Grid
    delimiter: str  # "" of a sheet
    encoding: str  # a profile's word: "" = found out by itself
    lost: int  # characters that no codec could read
    whole: bool  # whether the sample is all there is


def tables(source: Source) -> list[Found]:
    """Every way to see a table in a file; none if it is neither text with columns nor a workbook.

    Raises:
        ReconError: `file-unreadable` for a workbook that is encrypted, damaged or too large.
    """
    book = sheet.tables(source)
    if book:
        return [_sampled(one) for one in book]
    return list(_of_text(source))


def rows_at(source: Source, found: Found, positions: list[int]) -> pl.DataFrame:
    """The rows of the whole file at these lines, as the readers would see them; for text only."""
    text = decoding.decode(source.load(), found.encoding).text
    table = delimited.grid_of(text, found.delimiter, source.name)
    assert table is not None
    return table.body(0).filter(pl.col(POSITION).is_in(positions))


def with_rows(found: Found, more: pl.DataFrame) -> Found:
    """The same table with more rows in the middle of its sample."""
    before = found.sample.body

    def body(position: int) -> pl.DataFrame:
        rows = before(position)
        half = rows.height // 2
        parts = [rows.head(half), more.filter(pl.col(POSITION) > position), rows.slice(half)]
        return pl.concat(parts, how="diagonal").with_columns(pl.col(pl.String).fill_null(""))

    return replace(found, sample=replace(found.sample, body=body))


# --- sheets


def _sampled(table: Grid) -> Found:
    def body(position: int) -> pl.DataFrame:
        rows = table.body(position)
        if rows.height <= ROWS_MAX:
            return rows
        later = rows.slice(ROWS_MAX // 2)
        parts = [
            rows.head(ROWS_MAX // 2),
            later.gather_every(later.height * 2 // ROWS_MAX + 1),
            rows.tail(200),
        ]
        return pl.concat(parts).unique(POSITION, maintain_order=True)

    return Found(replace(table, body=body), "", "", 0, whole=True)


# --- text


def _of_text(source: Source) -> Iterator[Found]:
    if not delimited.may_be(source):
        return
    data = _looked_at(source)
    encoding, lost = _codec(data)
    text = decoding.decode(data, encoding).text
    for delimiter in delimited.DELIMITERS:
        sample = delimited.grid_of(text, delimiter, source.name)
        if sample is not None:
            yield Found(sample, delimiter, encoding, lost, whole=len(data) >= source.size)


def _looked_at(source: Source) -> bytes:
    """The bytes that are looked at: all, or the beginning and some pieces, each cut at the ends of lines."""
    if source.size <= WHOLE_MAX:
        return source.data
    pieces = []
    with source.open() as stream:
        pieces.append(stream.read(CHUNK * 4))
        places = (source.size * number // CHUNKS for number in range(1, CHUNKS))
        for place in [*places, source.size - CHUNK]:
            stream.seek(place)
            piece = stream.read(CHUNK)
            pieces.append(piece[piece.find(b"\n") + 1 :])
    last = pieces.pop()
    return b"".join([*(piece[: piece.rfind(b"\n") + 1] for piece in pieces), last])


def _codec(data: bytes) -> tuple[str, int]:
    """The codec that a profile must say ("" if none), and how many characters even that can't read."""
    plain = decoding.decode(data)
    if plain.codec != decoding.FALLBACK or not plain.lost:
        return "", plain.lost
    for codec in CODECS[1:]:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if not any("\x80" <= mark <= "\x9f" for mark in text):
            return codec, 0
    return "", plain.lost


def shown(found: Found) -> str:
    """What the table is, in words: `text, commas between`."""
    if not found.delimiter:
        return f"sheet {found.sample.where.rsplit('!', 1)[-1]}"
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
    return f"text with {names[found.delimiter]} between its cells"
