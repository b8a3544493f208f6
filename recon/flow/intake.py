"""What the files of a job hold, shown on the sheets before anything is matched; and what a workbook is set to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recon import __version__
from recon.flow import books, gather, settings, totals
from recon.flow.gather import Progress, silent
from recon.model import Kind
from recon.problems import Problem
from recon.store import shown

if TYPE_CHECKING:
    from pathlib import Path

    from recon.flow.books import Book
    from recon.flow.reconcile import Job

SHOWN: Mapping[Kind, str] = {
    Kind.BANK: "bank line",
    Kind.ITEMS: "open item",
    Kind.REMITTANCE: "remittance row",
    Kind.CUSTOMERS: "customer",
}


@dataclass(frozen=True)
class TakenIn:
    """What was read: files, rows by kind, money of bank lines and of open items by currency, and what was wrong."""

    files: int
    rows: Mapping[Kind, int]
    sums: Mapping[Kind, Mapping[str, str]]
    problems: tuple[Problem, ...]
    shown: tuple[Problem, ...] = ()  # what could not stay on the sheets


def take_in(job: Job, book: Book, progress: Progress = silent) -> TakenIn:
    """Read a job's files and show them on the sheets; nothing is matched, and nothing remembered.

    Raises:
        ReconError: as `reconcile`: the input or the rules can't be used, or the workbook can't.
    """
    loaded, path = settings.load_rules(job.rules)
    gathered = gather.gather(job.places, loaded, settings.load_profiles(loaded, path), progress)
    lost: tuple[Problem, ...] = ()
    if gathered.readings:
        with books.known(job.store_url) as store:
            lost = books.show_inputs(book, gathered, loaded, store)
    return TakenIn(
        files=len(gathered.readings),
        rows={kind: gathered.frames[kind].height for kind in SHOWN},
        sums={kind: totals.money(gathered.frames[kind], kind) for kind in (Kind.BANK, Kind.ITEMS)},
        problems=gathered.problems,
        shown=lost,
    )


@dataclass(frozen=True)
class SetUp:
    """What a workbook is set to: its rules, how many column profiles there are, files by kind, store, program."""

    rules: str
    path: Path
    profiles: int
    files: Mapping[Kind, int]
    store: str
    python: str
    version: str


def set_up(job: Job, book: Book) -> SetUp:
    """Check what a workbook is set to, without reading the files, and show its rules on their sheet.

    Raises:
        ReconError: the rules or a profile can't be used, a file is not there, or the workbook can't be written.
    """
    loaded, path = settings.load_rules(job.rules)
    profiles = settings.load_profiles(loaded, path)
    files = {kind: len(gather.expanded(kind, names)) for kind, names in job.places if names}
    books.show_rules(book, loaded)
    return SetUp(loaded.name, path, len(profiles), files, shown(job.store_url), sys.executable, __version__)
