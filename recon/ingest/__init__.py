"""Files in, tables out: exactly one reader claims a file by its content, never by its name alone."""

from __future__ import annotations

import difflib
import gc
import glob
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from recon.ingest import (
    arudd,
    bacs,
    bai2,
    barclays_daily,
    camt,
    delimited,
    edifact,
    mail,
    mt940,
    ofx,
    parquet,
    pdf,
    remt,
    santander,
    sheet,
    standard,
    unknown,
    x12,
)
from recon.ingest.source import Claim, Reader, Request, Source, open_source
from recon.model import Kind, Reading
from recon.problems import Problem, ReconError
from recon.rules import parse_profile
from recon.rules.profile import Profile

READERS: Final[tuple[Reader, ...]] = (
    mail.reader(lambda source, request: _read(source, request)),  # noqa: PLW0108 - it is below
    pdf.READER,
    remt.READER,
    camt.READER,
    mt940.READER,
    bai2.READER,
    bacs.READER,
    arudd.READER,
    ofx.READER,
    x12.READER,
    edifact.READER,
    barclays_daily.READER,
    santander.READER,
    delimited.READER,
    sheet.READER,
    parquet.READER,
)

# What may be given in one place besides the kind itself.
_ALSO: Final = {Kind.CUSTOMERS: (Kind.ALIASES, Kind.CLOSED, Kind.SUCCESSIONS)}


def read(
    path: Path,
    profiles: Sequence[Profile] = (),
    *,
    profile: str = "",
    kind: Kind | None = None,
    currency_default: str = "",
    prefer: Collection[str] = (),
) -> Reading:
    """One file as a table in outer form, with its statements and all that is wrong with it.

    Args:
        path: the file.
        profiles: the column profiles there are, besides the built-in standard one.
        profile: the one to use (`--profile`), also a format's name; settles a tie.
        kind: the place the file was given for.
        currency_default: currency of rows that don't say theirs.
        prefer: profiles or formats that win where several fit; a file that none of them fits is read as ever.

    Raises:
        ReconError: `file-missing`, `file-empty`, `file-unreadable`, `file-unknown`, `file-ambiguous`,
            `file-kind`, `column-missing`, `profile-unknown`, or what a format refuses as a whole (`xml-unsafe`).
    """
    for name in (profile, *prefer):
        check_profile(name, profiles)
    return _read(open_source(path), Request(tuple(profiles), profile, kind, currency_default, tuple(prefer)))


def _read(source: Source, request: Request) -> Reading:
    """A file, or a part of a mail; raises as `read`."""
    claims = _claims(source, request)
    if not claims:
        raise ReconError(_unclaimed(source, request))
    if len(claims) > 1:
        claims = _of_place(claims, request.kind)
    if len(claims) > 1:
        claims = [one for one in claims if (one[1].profile or one[0].name) in request.prefer] or claims
    if len(claims) > 1:
        names = ", ".join(sorted({claim.profile or reader.name for reader, claim in claims}))
        hint = "say which with `--profile NAME`, or make the profiles' headings differ"
        raise ReconError(Problem("file-ambiguous", source.name, f"more than one profile fits: {names}", hint))
    claim = claims[0][1]
    if request.kind is not None and not _suits(claim.kind, request.kind):
        raise ReconError(
            Problem(
                "file-kind",
                source.name,
                f"this is a file of {claim.kind}, given as {request.kind}",
                "give it in its place",
            )
        )
    with _collector_paused():
        return claim.read()


def _claims(source: Source, request: Request) -> list[tuple[Reader, Claim]]:
    claims = []
    for reader in READERS:
        found = [(reader, claim) for claim in reader.claims(source, _for_reader(request, reader))]
        if found and reader.alone:
            return found
        claims += found
    return claims


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without Python's collector of cycles: a reader makes millions of small objects and no cycle of them.

    The collector would look at them all again and again, and take most of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _suits(found: Kind, place: Kind) -> bool:
    return found is place or found in _ALSO.get(place, ())


def _of_place(claims: list[tuple[Reader, Claim]], kind: Kind | None) -> list[tuple[Reader, Claim]]:
    """Among several claims those that suit the place, if any do."""
    return [claim for claim in claims if kind is None or _suits(claim[1].kind, kind)] or claims


def _for_reader(request: Request, reader: Reader) -> Request:
    """A reader that was named itself has no profile to look for."""
    if request.profile == reader.name:
        return replace(request, profile="")
    return request


def check_profile(name: str, profiles: Sequence[Profile]) -> None:
    """See that a profile or format that was named is one; "" is none.

    Raises:
        ReconError: profile-unknown, with those that are called nearly so.
    """
    known = [standard.NAME, *(reader.name for reader in READERS), *(profile.name for profile in profiles)]
    if name and name not in known:
        near = difflib.get_close_matches(name, known, 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(sorted(known))}"
        raise ReconError(Problem("profile-unknown", name, f"there is no profile `{name}`", hint))


def _unclaimed(source: Source, request: Request) -> Problem:
    for reader in READERS:
        problem = reader.misses(source, request)
        if problem is not None:
            return problem
    return unknown.problem(source)


def expand(names: Sequence[str]) -> list[Path]:
    """The files that are meant: a file, a folder's files (sorted, hidden ones left out), or a glob's.

    Raises:
        ReconError: `file-missing` for each name that stands for no file.
    """
    found: list[Path] = []
    problems = []
    for name in names:
        files = _files(name)
        if not files:
            what, hint = "there is no such file", "check the name and the folder"
            if Path(name).is_dir():
                what, hint = "there is no file in this folder", "put the files there, or name another"
            problems.append(Problem("file-missing", Path(name).as_posix(), what, hint))
        found += [path for path in files if path not in found]
    if problems:
        raise ReconError(problems)
    return found


def _files(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file() and not _hidden(file))
    if path.exists():
        return [path]
    found = [Path(match) for match in glob.glob(name, recursive=True)]  # noqa: PTH207 - `name` may be absolute
    return sorted(file for file in found if file.is_file() and not _hidden(file))


def _hidden(path: Path) -> bool:
    """Hidden files, and the lock files that Excel lays beside an open workbook."""
    return path.name.startswith((".", "~$"))


def load_profiles(folder: Path) -> list[Profile]:
    """All column profiles of a folder, by file name.

    Raises:
        ReconError: with every problem of every profile.
    """
    profiles: list[Profile] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            profiles.append(parse_profile(path.read_text(encoding="utf-8"), path.as_posix()))
        except ReconError as error:
            problems += error.problems
    if problems:
        raise ReconError(problems)
    return profiles
