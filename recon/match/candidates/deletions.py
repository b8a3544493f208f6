"""Texts that may be one character off from one another: those that agree once a character is left out of each.

    INV1042 and INV1043  -> both are INV104 without their last
    INV1042 and INV1O42  -> both are INV142 without their fifth

What meets by a hash is a candidate and has to be compared; a clash of hashes does no harm. (Symmetric delete, Wolf
Garbe 2012, https://github.com/wolfgarbe/SymSpell.) Hashes are sums over whole columns: of a million texts the
characters are read once, and no shorter text is ever made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.uint64]

_BASE: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no character's part is lost modulo 2 to the 64th
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_TABLE_BITS: Final = 22
_TOP: Final = np.uint64(64 - _TABLE_BITS)


def meeting(left: pl.DataFrame, right: pl.DataFrame, text: tuple[str, str], key: str) -> pl.DataFrame:
    """Pairs of rows with the same key whose texts may be one character off, also two neighbours exchanged.

    Args:
        left: the fewer rows; kept in a table of hashes.
        right: the rows that are looked up in it.
        text: the column of each side's text.
        key: a column of whole numbers that both have, and that a pair has in common.

    Returns (left_row, right_row), their places in the two, each pair once.
    """
    schema = {"left_row": pl.UInt32, "right_row": pl.UInt32}
    if left.is_empty() or right.is_empty():
        return pl.DataFrame(schema=schema)
    few = pl.concat([_frame("left_row", *some) for some in _hashes(left[text[0]], left[key])])
    seen = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
    seen[few["hash"].to_numpy() >> _TOP] = True
    many = []
    for rows, hashes in _hashes(right[text[1]], right[key]):
        hit = seen[hashes >> _TOP]
        many.append(_frame("right_row", rows[hit], hashes[hit]))
    found = few.join(pl.concat(many), on="hash").select(*schema).unique()
    return found.filter(left[key].gather(found["left_row"]) == right[key].gather(found["right_row"]))


def _frame(name: str, rows: npt.NDArray[Any], hashes: Numbers) -> pl.DataFrame:
    return pl.DataFrame({name: rows.astype(np.uint32), "hash": hashes})


def _hashes(texts: pl.Series, keys: pl.Series) -> Iterator[tuple[npt.NDArray[Any], Numbers]]:
    """Rows and hashes: of the whole texts with their keys, then of all that have one, without each character.

    A text's hash is the sum of its characters times the base to the power of their place. Moving the gap from one
    place to the next exchanges one character for its neighbour.
    """
    signs, lengths = _characters(texts)
    salt = keys.to_numpy().astype(np.int64).view(np.uint64) * _MIX
    width = len(signs)
    powers = np.cumprod(np.full(width, _BASE)) if width else np.empty(0, dtype=np.uint64)
    whole = np.zeros(texts.len(), dtype=np.uint64)
    for at in range(width):
        whole += signs[at] * powers[at]
    yield np.arange(texts.len()), (whole ^ salt) * _MIX
    gap = np.zeros(texts.len(), dtype=np.uint64)
    for at in range(1, width):
        gap += signs[at] * powers[at - 1]
    for at in range(width):
        rows = np.flatnonzero(lengths > at)
        yield rows, ((gap ^ salt) * _MIX)[rows]
        if at + 1 < width:
            gap += (signs[at].astype(np.uint64) - signs[at + 1]) * powers[at]


def _characters(texts: pl.Series) -> tuple[list[npt.NDArray[np.uint8]], npt.NDArray[Any]]:
    """The characters by their place, nothing behind a text's end; and the texts' lengths.

    Characters beyond ASCII count as one and the same: texts meet that need not, and are compared afterwards.
    """
    plain = texts.str.replace_all(r"[^\x01-\x7F]", "\x01")
    lengths = plain.str.len_bytes().to_numpy()
    width = int(lengths.max())
    padded = plain.str.pad_end(width, "\0").str.join("").item().encode("ascii")
    table = np.frombuffer(padded, dtype=np.uint8).reshape(len(texts), width)
    return [np.ascontiguousarray(table[:, at]) for at in range(width)], lengths
