"""How names of columns are compared where people write them as they like: on paper, in mails, by several payers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from recon.ingest.grid import key
from recon.rules.profile import Profile

_UNIT: Final = re.compile(
    r"(?:\bin )?\(?\b(?:inr|gbp|eur|usd|rs)\b\.?\)?|\(\s*[£€$₹]?\s*\)|[£€$₹:*#]", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A column's name as it is compared on paper: without a currency, a colon or a footnote mark."""
    return key(_UNIT.sub(" ", name)) or key(name)


def names_of(profile: Profile) -> dict[str, str]:
    """All names that the profile knows for its columns, as compared, to those that it uses."""
    known = {plain(name): name for name in _used(profile)}
    for name, others in profile.also.items():
        known |= {plain(other): name for other in others}
    return known


def _used(profile: Profile) -> list[str]:
    used = list(profile.header)
    for source in profile.columns.values():
        used += [source] if isinstance(source, str) else source
    way = profile.amount
    if way is not None:
        used += [*way.sums, way.indicator]
    return [name for name in [*used, profile.balance, *profile.also] if name]
