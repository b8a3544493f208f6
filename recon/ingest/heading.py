"""Which profile a table is of, and where its heading is. Content decides: columns by name, never by number."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from recon.ingest import standard
from recon.ingest.grid import Grid, Row, key
from recon.ingest.names import named, names_of, plain
from recon.ingest.source import Request
from recon.model import Kind
from recon.problems import Problem
from recon.rules.profile import Profile

_NEAR_SHARE_PROFILE = 0.75
_NEAR_SHARE = 0.6  # of a heading's columns: below that the file is of something else
_NEAR_HITS = 3
_ALIKE = 0.6


@dataclass(frozen=True)
class Heading:
    """A profile that fits, and the row that says so."""

    profile: Profile
    position: int  # 0 = the file has no heading
    names: tuple[str, ...]  # of the columns, as they stand there, or the profile's for them
    twice: tuple[str, ...] = ()  # what is said of columns that can be the same

    @property
    def needs(self) -> frozenset[str]:
        """The columns that decided."""
        return frozenset(key(name) for name in self.profile.header)


def find(grid: Grid, profiles: Sequence[Profile], stem: str, *, with_standard: bool) -> list[Heading]:
    """All headings that fit, each profile once; one that says less than another on the same row gives way."""
    found = list(_by_name(grid.preview, profiles, stem, with_standard=with_standard))
    found = found or list(_by_shape(grid.preview, profiles))
    return best(found)


def best(found: Sequence[Heading]) -> list[Heading]:
    """Those that say more than another on the same row; a profile for any advice only where no other is."""
    found = [one for one in found if not one.profile.fallback] or found
    return [
        heading
        for heading in found
        if not any(
            other.position == heading.position and other.needs > heading.needs
            for other in found
            if other != heading
        )
    ]


def _by_name(
    rows: Sequence[Row], profiles: Sequence[Profile], stem: str, *, with_standard: bool
) -> Iterator[Heading]:
    seen: set[str] = set()
    headed = [(profile, names_of(profile) if profile.also else {}) for profile in profiles if profile.header]
    for position, cells in rows:
        names = {key(cell) for cell in cells}
        words = [plain(cell) for cell in cells]
        for profile, known in headed:
            if profile.name in seen:
                continue
            renamed = not known.keys().isdisjoint(words)
            theirs, twice = named(cells, profile) if renamed else (tuple(cells), ())
            if _fits({key(cell) for cell in theirs} if renamed else names, profile):
                seen.add(profile.name)
                yield Heading(profile, position, theirs, twice)
        if with_standard and standard.NAME not in seen:
            kind = standard.kind_of(names, stem)
            if kind is not None:
                seen.add(standard.NAME)
                yield Heading(standard.profile(kind), position, tuple(cells))


def _fits(names: set[str], profile: Profile) -> bool:
    return names.issuperset(_keys(profile.header)) and names.isdisjoint(_keys(profile.header_absent))


@lru_cache(maxsize=512)
def _keys(names: tuple[str, ...]) -> frozenset[str]:
    """A profile's names as they are compared; each of its files asks for them again, line by line."""
    return frozenset(key(name) for name in names)


def _by_shape(rows: Sequence[Row], profiles: Sequence[Profile]) -> Iterator[Heading]:
    if not rows:
        return
    _, cells = rows[0]
    for profile in profiles:
        width = len(profile.no_header)
        if profile.header or len(profile.shape) != width or len(cells) != width:
            continue
        frame = pl.DataFrame({"cell": list(cells), "index": range(width)})
        fits = all(
            frame.filter(pl.col("index") == index).select(pl.col("cell").str.contains(pattern)).item()
            for index, pattern in enumerate(profile.shape)
        )
        if fits:
            yield Heading(profile, 0, profile.no_header)


def miss(grid: Grid, request: Request, stem: str) -> Problem | None:
    """`column-missing` for a table that is nearly of a profile, or is not of the one that was named."""
    named = [profile for profile in request.profiles if profile.name == request.profile]
    wanted = named or ([] if request.profile else [one for one in request.profiles if not one.fallback])
    best: tuple[float, Problem] | None = None
    for position, cells in grid.preview:
        names = {key(cell): cell for cell in cells if cell}
        for share, missing, what in _misses(set(names), wanted, request.kind, stem):
            if best is None or share > best[0]:
                best = share, _missing(grid.at(position), missing, list(names.values()), what)
    if best is not None:
        return best[1]
    return _not_named(grid, named, request.profile) if request.profile else None


def _not_named(grid: Grid, named: Sequence[Profile], name: str) -> Problem:
    needs = [f"`{column}`" for profile in named for column in profile.header]
    return Problem(
        "column-missing",
        grid.where,
        f"no row of the first {len(grid.preview)} is the heading of profile {name}",
        f"it needs {', '.join(needs) or 'the columns or the shape of that profile'}",
    )


def _misses(
    names: set[str], profiles: Sequence[Profile], kind: Kind | None, stem: str
) -> Iterator[tuple[float, list[str], str]]:
    for profile in profiles:
        wanted = {key(name): name for name in profile.header}
        here = sum(name in names for name in wanted)
        if here >= _NEAR_HITS and here >= _NEAR_SHARE_PROFILE * len(wanted):
            yield here / len(wanted), [wanted[name] for name in wanted if name not in names], profile.name
    month = standard.month_kind(stem)
    for standard_kind in (*standard.NEEDED, *((month,) if month else ())):
        here = standard.hits(names, standard_kind)
        meant = standard_kind in (kind, month)
        enough = 1 if meant else _NEAR_HITS
        if here >= enough and here >= _NEAR_SHARE * len(names) * (0.5 if meant else 1):
            groups = standard.needed(standard_kind, stem)
            missing = [" or ".join(group) for group in groups if not any(name in names for name in group)]
            if missing:
                yield here / max(len(names), 1), missing, f"standard ({standard_kind})"


def _missing(where: str, missing: Sequence[str], names: Sequence[str], profile: str) -> Problem:
    alike = []
    for column in missing:
        for alternative in column.split(" or "):
            near = difflib.get_close_matches(
                alternative.casefold(), [name.casefold() for name in names], 1, _ALIKE
            )
            alike += [f"did you mean `{alternative}` by `{near[0]}`?"] if near else []
    columns = ", ".join(f"`{name}`" for name in missing)
    return Problem(
        "column-missing",
        where,
        f"the heading lacks {columns}, which profile {profile} needs",
        "\n".join([*alike, f"columns there: {', '.join(names)}"]),
    )
