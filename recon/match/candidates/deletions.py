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

from recon.match.asked import Halves

Numbers = npt.NDArray[np.uint64]

ROWS_AT_ONCE: Final = 1 << 15
_BASE: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no character's part is lost modulo 2 to the 64th
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)


class Index:
    """Texts that are asked again and again which of them may be one character off from some others.

    Each part of the lines asks the whole ledger, and a few amounts may be most of its items: hashing these anew for
    each part took a quarter of all that finding took. Kept are 8 bytes for each character of each text, and 8 more.
    """

    def __init__(self, texts: pl.Series, keys: pl.Series) -> None:
        """Take the texts, and a whole number of each that what it meets must have too."""
        self._keys = keys
        self._halves = Halves(_all(texts, keys), texts.len() + int(texts.str.len_chars().sum()))

    def meeting(self, texts: pl.Series, keys: pl.Series) -> pl.DataFrame:
        """Pairs with the same key whose texts may be one character off, also two neighbours exchanged.

        Returns (left_row, right_row), the places of those asked and of the index's, each pair once.
        """
        found = [pl.DataFrame(schema={"left_row": pl.UInt32, "right_row": pl.UInt32})]
        for rows, hashes in _all(texts, keys):
            at, right = self._halves.of(hashes)
            left = rows[at].astype(np.uint32)
            met = pl.DataFrame({"left_row": left, "right_row": right.astype(np.uint32)})
            own = keys.gather(met["left_row"]) == self._keys.gather(met["right_row"])
            found.append(met.filter(own))
        return pl.concat(found).unique()


def _all(texts: pl.Series, keys: pl.Series) -> Iterator[tuple[npt.NDArray[Any], Numbers]]:
    """As `_hashes`, of few texts at a time, whose columns stay near the processor."""
    for at in range(0, texts.len(), ROWS_AT_ONCE):
        for rows, hashes in _hashes(texts.slice(at, ROWS_AT_ONCE), keys.slice(at, ROWS_AT_ONCE)):
            yield rows + at, hashes


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
