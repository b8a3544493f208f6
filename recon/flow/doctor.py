"""What is missing or blocked between Excel and recon, and what to do about it: looks at all, changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from recon import __version__, resources
from recon.desk import checks, interpreter, lock, office, places, trust
from recon.desk.checks import Check, State
from recon.desk.office import Location, Office
from recon.flow import books
from recon.flow.desk import Desk
from recon.problems import ReconError
from recon.workbook import file, macros, named
from recon.workbook.package import BrokenError, Package

_WINDOWS_ONLY: Final = "there is no such setting on this system"
_MAC_EXCEL: Final = Path("/Applications/Microsoft Excel.app")


@dataclass(frozen=True)
class _Seen:
    """What a workbook says of itself."""

    path: Path
    book: file.FileBook
    macros: dict[str, str]

    def cell(self, name: str) -> str:
        """What stands in a cell of a defined name."""
        rows = self.book.read_block(name)
        return rows[0][0].strip() if rows and rows[0] else ""


def doctor(book: Path | None = None, desk: Desk | None = None) -> list[Check]:
    """Everything that is to be seen of Excel, and of a workbook if one is named; in the order in which to mend it."""
    desk = desk or Desk()
    checked, seen = _workbook(book)
    folder = book.absolute().parent if book else None
    here = _Here(desk, office.read(desk.registry), folder, seen)
    looks: list[tuple[str, Callable[[], Sequence[Check]]]] = [
        ("Excel", here.excel),
        ("Macros", here.settings),
        ("Starting Python", here.starting),
        ("Libraries", lambda: [checks.libraries(interpreter.missing(desk.system))]),
        ("Workbook", lambda: checked),
        ("Place", here.place),
    ]
    if seen is not None:
        looks += [
            ("Python", partial(here.python, seen)),
            ("Macros inside", partial(here.project, seen)),
            ("Store", partial(here.store, seen)),
        ]
    return [check for name, look in looks for check in _guarded(name, look)]


def _guarded(name: str, look: Callable[[], Sequence[Check]]) -> Sequence[Check]:
    """One look; what can't be looked at is told, and the others go on."""
    try:
        return look()
    except ReconError as error:
        first = error.problems[0]
        return [Check(name, State.WRONG, first.what, first.hint)]
    except Exception as error:  # noqa: BLE001 - whatever this computer is like, a doctor shows no traceback
        return [Check(name, State.NOTE, f"this can't be looked at here ({type(error).__name__})")]


def _workbook(path: Path | None) -> tuple[list[Check], _Seen | None]:
    """The workbook, opened as the package that it is."""
    if path is None:
        return [checks.skipped("Workbook", "none was named: recon excel doctor BOOK.xlsm")], None
    try:
        book = file.open_book(path)
        inside = macros.of_package(Package(path.read_bytes()))
    except ReconError as error:
        first = error.problems[0]
        state = State.NOTE if first.code == "book-open" else State.WRONG
        return [Check("Workbook", state, f"{path.name}: {first.what}", first.hint)], None
    except (BrokenError, OSError) as error:
        found = f"{path.name}: {error}" if isinstance(error, BrokenError) else f"{path.name} can't be read"
        return [Check("Workbook", State.WRONG, found, "make a new one: recon excel new")], None
    missing = [name for name in (named.CELL_PYTHON, named.CELL_STATUS) if not book.read_block(name)]
    if missing:
        found = f"{path.name} is no workbook of recon: it has no cell named {', '.join(missing)}"
        return [Check("Workbook", State.WRONG, found, "make one: recon excel new")], None
    return [Check("Workbook", State.WELL, f"{path.name} can be opened")], _Seen(path, book, inside)


@dataclass(frozen=True)
class _Here:
    """All that the looks share."""

    desk: Desk
    office: Office
    folder: Path | None
    seen: _Seen | None

    @property
    def _trusted(self) -> Location | None:
        return trust.trusting(self.office, str(self.folder)) if self.folder else None

    @property
    def _foreign(self) -> bool:
        zone = interpreter.zone(self.seen.path, self.desk.system) if self.seen else None
        return zone is not None and zone >= checks.ZONE_INTERNET

    def excel(self) -> list[Check]:
        if self.desk.system == places.WINDOWS:
            return [checks.excel(self.office)]
        if self.desk.system == places.MAC:
            if _MAC_EXCEL.exists():
                return [Check("Excel", State.WELL, str(_MAC_EXCEL))]
            return [Check("Excel", State.WRONG, f"{_MAC_EXCEL} does not exist", "install Excel")]
        found = "Excel runs on Windows and Mac; here the command line does all that the buttons do"
        return [Check("Excel", State.SKIPPED, found)]

    def settings(self) -> list[Check]:
        if self.desk.system != places.WINDOWS:
            names = ("Macros", "Trusted folder", "Mark of the web")
            return [checks.skipped(name, _WINDOWS_ONLY) for name in names]
        trusted = self._trusted
        folder = str(self.folder) if self.folder else ""
        found = [checks.macros(self.office, trusted), checks.trusted_folder(self.office, folder, trusted)]
        if self.seen is None:
            return [*found, checks.skipped("Mark of the web", "no workbook was looked at")]
        return [*found, checks.mark(interpreter.zone(self.seen.path, self.desk.system), self.office, trusted)]

    def starting(self) -> list[Check]:
        jobs = self.seen.cell(named.CELL_JOBS) if self.seen else ""
        folder = Path(jobs) if jobs else self.desk.jobs
        problem, listening = _listener(folder)
        waiting = checks.listener(str(folder), problem, listening=listening)
        if self.desk.system == places.WINDOWS or jobs:
            return [checks.child_processes(self.office, by_jobs=bool(jobs), listening=listening), waiting]
        if self.desk.system == places.MAC and self.seen:
            do = "`recon excel install --book BOOK`, and leave `recon excel listen` running"
            return [Check("Starting Python", State.WRONG, "Excel for Mac starts no programs", do), waiting]
        return [checks.skipped("Starting Python", _WINDOWS_ONLY), waiting]

    def place(self) -> list[Check]:
        if self.folder is None:
            return []
        cloud = interpreter.cloud_folder(self.folder, self.desk.environ, self.desk.system)
        has_store = bool(self.seen and self.seen.cell(named.CELL_STORE))
        return [checks.cloud(str(self.folder), cloud, has_store=has_store)]

    def python(self, seen: _Seen) -> list[Check]:
        python = seen.cell(named.CELL_PYTHON)
        if not python and seen.cell(named.CELL_JOBS):
            return [checks.skipped("Python", "the listener's does the work")]
        outcome = interpreter.tried(python, __version__, foreign=self._foreign)
        return [checks.interpreter(python, outcome, __version__)]

    def project(self, seen: _Seen) -> list[Check]:
        template = (resources.folder("workbooks") / file.TEMPLATE).read_bytes()
        ours = macros.of_package(Package(template))
        changed = macros.changed(seen.macros, ours)
        return [checks.project(changed, there=bool(seen.macros))]

    def store(self, seen: _Seen) -> list[Check]:
        from recon.store import connect, glance  # noqa: PLC0415 - only where there is a workbook

        name = "Store"
        address = seen.cell(named.CELL_STORE) or str(books.store_beside(seen.path))
        shown = connect.shown(connect.parse_url(address))
        version = glance.version(address)
        if version is not None:
            return [Check(name, State.WELL, f"{shown} can be reached")]
        if os.access(seen.path.absolute().parent, os.W_OK):
            return [Check(name, State.WELL, f"none yet; the first run makes {shown}")]
        do = "copy the workbook into a folder of yours"
        return [Check(name, State.WRONG, f"there is no right to make {shown}", do)]


def _listener(folder: Path) -> tuple[str, bool]:
    """Whether jobs can be left in a folder, and whether a listener waits there. Makes nothing."""
    if not folder.is_dir():
        return "the folder is not there yet", False
    if not os.access(folder, os.W_OK):
        return "there is no right to write there", False
    held = folder / lock.NAME
    if not held.exists():
        return "", False
    with lock.alone(held) as mine:
        return "", not mine
