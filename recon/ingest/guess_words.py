"""Names of columns -> how well each of our columns is meant by them. The words come from a table (rules/words)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from recon.model import PROFILED, Kind
from recon.rules.headings import Headings

EXACT: Final = 3.0
_WITHIN: Final = 2.0  # a word that is a part of the name counts by how much of the name it is
_SURE: Final = 1.5
_STEP: Final = 0.02  # each further word of a list is meant a little less surely
_SHORT: Final = 3  # words as short as `in`, `dr`, `bal` are looked for as the whole name only
_MONEY: Final = frozenset(
    ["gbp", "eur", "usd", "inr", "chf", "aud", "cad", "sgd", "huf", "czk", "hkd", "aed", "jpy", "rs"]
)
_OTHER: Final = re.compile(r"[^0-9a-z]+")
_BRACKETS: Final = re.compile(r"\(([^()]*)\)")


def plain(name: str) -> tuple[str, ...]:
    """A name's words: small letters, no accents, no currency, nothing but letters and digits."""
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(mark for mark in text if not unicodedata.combining(mark)).replace("'", "")
    words = _OTHER.sub(" ", _BRACKETS.sub(_without_money, text)).split()
    kept = [word for word in words if word not in _MONEY]
    return tuple(kept or words)


def _without_money(found: re.Match[str]) -> str:
    inside = _OTHER.sub(" ", found[1]).split()
    return " " if not inside or all(word in _MONEY for word in inside) else f" {found[1]} "


@dataclass(frozen=True)
class Words:
    """The table of words, ready to be asked."""

    table: Headings
    _asked: dict[str, bool] = field(default_factory=dict, compare=False)

    @cached_property
    def _known(self) -> Mapping[Kind, Mapping[str, Sequence[tuple[str, ...]]]]:
        return {
            kind: {role: [plain(word) for word in words] for role, words in self.table.of(kind).items()}
            for kind in PROFILED
        }

    def roles(self, kind: Kind) -> list[str]:
        """Our columns that the table has words for, in its order."""
        return list(self._known[kind])

    def score(self, kind: Kind, role: str, name: str) -> float:
        """How well a name means one of our columns: 0 not at all, some 3 by its very word."""
        best = max(self._scores(kind, role, plain(name)), default=0.0)
        return (
            best - _STEP / 2 if best and not name[:1].isalnum() else best
        )  # of `Name` and `*Name` the former

    def _scores(self, kind: Kind, role: str, name: tuple[str, ...]) -> Iterator[float]:
        joined = "".join(name)
        for number, word in enumerate(self._known[kind].get(role, ())):
            if joined and joined == "".join(word):
                yield EXACT - _STEP * number
            elif len("".join(word)) > _SHORT and set(word) < set(name):
                part = _WITHIN * len(word) / len(name)
                yield part - _STEP * number if part > _WITHIN / 2 else 0.0  # `Branch Name` is no name

    def known(self, name: str) -> bool:
        """Whether a name is a column's in any kind of file."""
        if name not in self._asked:
            scores = (self.score(kind, role, name) for kind in PROFILED for role in self._known[kind])
            self._asked[name] = any(score >= _SURE for score in scores)
        return self._asked[name]

    def titled(self, texts: Sequence[str]) -> dict[Kind, int]:
        """How many title words of each kind stand in texts: title rows, a sheet's or a file's name."""
        whole = f" {' '.join(' '.join(plain(text)) for text in texts)} "
        return {
            kind: sum(f" {' '.join(plain(word))} " in whole for word in self.table.titles.get(kind.value, ()))
            for kind in PROFILED
        }
