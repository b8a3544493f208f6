"""How names of columns are compared where people write them as they like: on paper, in mails, by several payers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from recon.ingest.grid import key
from recon.rules.profile import Profile

_UNIT: Final = re.compile(
    r"(?:\bin )?\(?\b(?:inr|gbp|eur|usd|chf|aud|cad|rs)\b\.?\)?|\(\s*[£€$₹]?\s*\)|[£€$₹:*#]", re.IGNORECASE
)
_SAME: Final = {  # as people shorten them
    "num": "no", "nos": "no", "number": "no", "numbers": "no", "nr": "no",
    "amt": "amount", "inv": "invoice", "doc": "document", "ref": "reference", "trans": "transaction",
}  # fmt: skip
_TAXES: Final = frozenset({"vat", "vat amount", "tax", "tax amount", "gst", "gst amount", "sales tax"})
_BEFORE_TAX: Final = frozenset(
    {
        "net",
        "net amount",
        "net value",
        "amount",
        "value",
        "goods",
        "goods amount",
        "line amount",
        "amount ex vat",
    }
)
_WITH_TAX: Final = frozenset(
    {"gross", "gross amount", "gross value", "total", "total amount", "amount inc vat", "invoice total",
     "invoice amount", "total inc vat", "gross total"}
)  # fmt: skip


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A column's name as it is compared on paper: without a currency, a colon, a dot or a footnote mark."""
    bare = _UNIT.sub(" ", name).casefold().replace("\u2019", "'").replace("'s ", " ")
    words = re.split(r"[\s.]+", bare)
    return key(" ".join(_SAME.get(word, word) for word in words)) or key(name)


def names_of(profile: Profile) -> dict[str, str]:
    """All names that the profile knows for its columns, as compared, to those that it uses."""
    known = {plain(name): name for name in _used(profile)}
    for name, others in profile.also.items():
        known |= {plain(other): name for other in others}
    return known


def ranks_of(profile: Profile) -> dict[str, int]:
    """How much each name says that a column is the one meant: the first of its list most, then downwards."""
    ranks = {plain(name): 0 for name in _used(profile)}
    for name, others in profile.also.items():
        names = [plain(other) for other in others]
        own = plain(name)
        names = names if own in names else [own, *names]
        ranks |= {other: rank for rank, other in reversed(list(enumerate(names)))}
    return ranks


def named(cells: Sequence[str], profile: Profile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A heading's cells with the profile's names for the columns, and what must be said of them.

    Where several cells are names of one column, the one that says most is it; the others keep their own.
    """
    known, ranks = names_of(profile), ranks_of(profile)
    words = [plain(cell) for cell in cells]
    theirs = [known.get(word, "") for word in words]
    _take_gross(theirs, words, profile)
    made, said, best = list(cells), [], dict[str, int]()
    for at, name in enumerate(theirs):
        if name and (name not in best or ranks.get(words[at], 0) < ranks.get(words[best[name]], 0)):
            best[name] = at
    for name, at in best.items():
        made[at] = name
    for at, name in enumerate(theirs):
        if best.get(name) != at and (name or key(cells[at]) in {key(one) for one in best}):
            taken = {key(one) for place, one in enumerate(made) if place != at}
            number = 2
            while key(made[at]) in taken:
                made[at] = f"{cells[at]} ({number})"
                number += 1
            meant = name or next(one for one in best if key(one) == key(cells[at]))
            used = cells[best[meant]]
            said.append(f"`{cells[at]}` and `{used}` can both be the {meant}; `{used}` is used")
    return tuple(made), tuple(said)


def _take_gross(theirs: list[str], words: Sequence[str], profile: Profile) -> None:
    """Beside a column with the tax on top, what is paid is not the amount before it but that with it."""
    paid, less = profile.columns.get("paid_amount", ""), profile.columns.get("deduction_amount", "")
    if _keys(_TAXES).isdisjoint(words) or not profile.also or (less and less in theirs):
        return
    with_tax = _keys(_WITH_TAX)
    holding = [at for at, name in enumerate(theirs) if name == paid]
    gross = [at for at, word in enumerate(words) if word in with_tax]
    if gross and all(words[at] in _keys(_BEFORE_TAX) | with_tax for at in holding):
        for at in holding:
            theirs[at] = ""
        theirs[gross[0]] = str(paid)


def _used(profile: Profile) -> list[str]:
    used = list(profile.header)
    for source in profile.columns.values():
        used += [source] if isinstance(source, str) else source
    way = profile.amount
    if way is not None:
        used += [*way.sums, way.indicator]
    return [name for name in [*used, profile.balance, *profile.also] if name]


@lru_cache(maxsize=8)
def _keys(names: frozenset[str]) -> frozenset[str]:
    return frozenset(plain(name) for name in names)
