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
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class Index:
    """Texts that are asked again and again which of them may be one character off from some others.

    Kept in their order are halves of hashes, each with its text's row: 8 bytes for each character of each text. Each
    part of the lines asks the whole ledger, and a few amounts may be most of its items: hashing these anew for each
    part took a quarter of all that finding took.
    """

    def __init__(self, texts: pl.Series, keys: pl.Series) -> None:
        """Take the texts, fewer than 2 to the 32nd, and a whole number of each that what it meets must have too."""
        self._keys = keys
        kept = np.empty(texts.len() + int(texts.str.len_chars().sum()), dtype=np.uint64)
        end = 0
        for rows, hashes in _hashes(texts, keys):
            kept[end : end + len(rows)] = (hashes & ~_LOW) | rows.astype(np.uint64)
            end += len(rows)
        kept.sort()
        self._kept = kept

    def meeting(self, texts: pl.Series, keys: pl.Series) -> pl.DataFrame:
        """Pairs with the same key whose texts may be one character off, also two neighbours exchanged.

        Returns (left_row, right_row), the places of those asked and of the index's, each pair once.
        """
        met = [self._of(rows, hashes) for rows, hashes in _hashes(texts, keys)]
        found = pl.concat(
            [pl.DataFrame(schema={"left_row": pl.UInt32, "right_row": pl.UInt32}), *met]
        ).unique()
        return found.filter(keys.gather(found["left_row"]) == self._keys.gather(found["right_row"]))

    def _of(self, rows: npt.NDArray[Any], hashes: Numbers) -> pl.DataFrame:
        """Whatever has one of these hashes, or half of it."""
        order = np.argsort(hashes)  # in their order the look-ups stay close together
        asked = hashes[order] & ~_LOW
        low = np.searchsorted(self._kept, asked, "left")
        width = np.searchsorted(self._kept, asked | _LOW, "right") - low
        hit = np.repeat(low - np.cumsum(width) + width, width) + np.arange(int(width.sum()))
        left, right = np.repeat(rows[order], width), self._kept[hit] & _LOW
        return pl.DataFrame({"left_row": left.astype(np.uint32), "right_row": right.astype(np.uint32)})


def _hashes(texts: pl.Series, keys: pl.Series) -> Iterator[tuple[npt.NDArray[Any], Numbers]]:
    """Rows and hashes: of the whole texts with their keys, then of all that have one, without each character.

    A text's hash is the sum of its characters times the base to the power of their place. Moving the gap from one
    place to the next exchanges one character for its neighbour.
    """
    if texts.is_empty():
        return
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
