"""Setting Excel up, and taking it back: where the desk and the workbook meet."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from recon.desk import interpreter, notes, office, places, registry, trust
from recon.desk.notes import CELL, FOLDER, LOCATION, Note
from recon.desk.registry import Registry
from recon.flow import books
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook import file, named

RIBBON: Final = "the tab Recon is inside each workbook, so there is nothing to install for it"


@dataclass(frozen=True)
class Desk:
    """One person's place at one computer."""

    system: str = sys.platform
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    registry: Registry = field(default_factory=registry.of_this_computer)
    home: Path = field(default_factory=Path.home)
    python: str = sys.executable

    @property
    def jobs(self) -> Path:
        """The folder that workbooks leave jobs in."""
        return places.jobs_folder(self.system, self.environ, self.home)

    @property
    def notes(self) -> Path:
        """What was written, for the way back."""
        return places.notes_file(self.system, self.environ, self.home)


@dataclass(frozen=True)
class Installed:
    """What was done, a sentence each, and what could not be."""

    done: tuple[str, ...]
    problems: tuple[Problem, ...]


def install(
    folder: Path | None = None, book: Path | None = None, *, by_jobs: bool = False, desk: Desk | None = None
) -> Installed:
    """Set Excel up: trust the folder of the workbooks, and write into a workbook which Python its buttons start.

    Each part stands for itself: one that a policy forbids is a problem, and the others are done.

    Args:
        folder: the folder of the workbooks; that of `book`, if none is named, else one in the person's home.
        book: a closed workbook to write into.
        by_jobs: its buttons leave jobs for `recon excel listen`; always so on a Mac.
        desk: another place than this one, for tests.
    """
    desk = desk or Desk()
    made = _Steps(desk)
    if desk.system == places.WINDOWS:
        made.step(lambda: _trust(made, folder, book))
        made.done.append(RIBBON)
    if desk.system == places.MAC or by_jobs:
        made.step(lambda: _jobs_folder(made))
    if book is not None:
        made.step(lambda: _fill(made, book, by_jobs=by_jobs or desk.system == places.MAC))
    if desk.system not in (places.WINDOWS, places.MAC) and not made.done and not made.problems:
        made.done.append("there is nothing to set up on this system: Excel runs on Windows and Mac")
    return Installed(tuple(made.done), tuple(made.problems))


def new_book(path: Path, desk: Desk | None = None) -> Installed:
    """A fresh workbook whose buttons do their work on this computer: they start this Python, or on a Mac leave jobs.

    Raises:
        ReconError: EXIT_JOB, if there is one already, its name ends otherwise or the folder can't be written.
    """
    desk = desk or Desk()
    books.check_new_name(path)
    file.new_book(path, desk.python)
    return install(book=path, desk=desk) if desk.system == places.MAC else Installed((), ())


def undo(desk: Desk | None = None) -> Installed:
    """Take back what `install` has written, and nothing that somebody has changed since."""
    desk = desk or Desk()
    made = _Steps(desk)
    for note in reversed(notes.load(desk.notes)):
        if made.step(partial(_take_back, made, note)):
            made.forget(note)
    if not made.done and not made.problems:
        made.done.append("there is nothing to take back")
    return Installed(tuple(made.done), tuple(made.problems))


class _Steps:
    """Steps of one job: what is done, what could not be, and the notes of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.done: list[str] = []
        self.problems: list[Problem] = []

    def step(self, work: Callable[[], None]) -> bool:
        """Take a step; False if it could not be taken."""
        try:
            work()
        except ReconError as error:
            self.problems += error.problems
            return False
        return True

    def note(self, note: Note) -> None:
        """Remember a thing right after it was written."""
        known = notes.load(self.desk.notes)
        if note not in known:
            notes.save(self.desk.notes, [*known, note])

    def forget(self, note: Note) -> None:
        """A thing that was taken back, or is somebody else's by now."""
        notes.save(self.desk.notes, [one for one in notes.load(self.desk.notes) if one != note])


# --- the parts


def _trust(made: _Steps, folder: Path | None, book: Path | None) -> None:
    desk = made.desk
    wanted = folder or (book.absolute().parent if book else places.books_folder(desk.home))
    if folder is None and book is None:
        _made_folder(made, wanted)
    if not wanted.is_dir():
        raise _refused(str(wanted), "there is no such folder", "make it, or name another")
    found = office.read(desk.registry)
    if not found.program:
        made.done.append("Excel was not found on this computer; what follows is for when it is there")
    path = str(wanted.absolute())
    cloud = interpreter.cloud_folder(wanted, desk.environ, desk.system)
    if cloud:
        what = f"the folder lies in OneDrive or SharePoint ({cloud}), which Excel knows by a web address"
        raise _refused(path, what, "keep the workbooks in a folder of this computer")
    key = trust.add(desk.registry, found, path, network=interpreter.on_network(wanted), environ=desk.environ)
    if key is None:
        made.done.append(f"Excel trusts {path} already")
        return
    made.note(Note(LOCATION, key, new=path))
    made.done.append(f"Excel trusts the workbooks in {path} (not in folders below it)")


def _jobs_folder(made: _Steps) -> None:
    _made_folder(made, made.desk.jobs)
    made.done.append(
        f"buttons leave jobs in {made.desk.jobs}: start `recon excel listen` and leave it running"
    )


def _made_folder(made: _Steps, folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        what = f"the folder can't be made: {error.strerror or type(error).__name__}"
        raise _refused(str(folder), what, "look after the rights of the folder above it") from error
    made.note(Note(FOLDER, str(folder)))


def _fill(made: _Steps, book: Path, *, by_jobs: bool) -> None:
    """The cells of Home that say how the buttons work."""
    opened = books.existing(book)
    assert isinstance(opened, file.FileBook)
    cells = {named.CELL_PYTHON: made.desk.python}
    if by_jobs:
        cells[named.CELL_JOBS] = str(made.desk.jobs)
    before = {name: _cell(opened, name) for name in cells}
    if by_jobs and not opened.read_block(named.CELL_JOBS):
        what = "the workbook is of an earlier version, whose buttons leave no jobs"
        raise ReconError(Problem("book-broken", book.name, what, "make a new one: recon excel new"), EXIT_JOB)
    wanted = {name: text for name, text in cells.items() if before[name] != text}
    if not wanted:
        made.done.append(f"{book.name} is set up already")
        return
    opened.write({name: _one(text) for name, text in wanted.items()}, backup=False)
    for name, text in wanted.items():
        made.note(Note(CELL, str(book.absolute()), name, before[name], text))
    how = "leave jobs for the listener" if by_jobs else f"start {made.desk.python}"
    made.done.append(f"the buttons of {book.name} {how}")


def _cell(book: file.FileBook, name: str) -> str:
    rows = book.read_block(name)
    return rows[0][0] if rows and rows[0] else ""


def _one(text: str) -> pl.DataFrame:
    return pl.DataFrame({"Value": [text]})


# --- the way back


def _take_back(made: _Steps, note: Note) -> None:
    made.done.append(_taken_back(note, made.desk))


def _taken_back(note: Note, desk: Desk) -> str:
    """Take one thing back; what happened."""
    if note.kind == LOCATION:
        if trust.remove(desk.registry, note.where, note.new):
            return f"Excel no longer trusts {note.new}"
        return f"the trusted folder {note.new} was changed or taken away since; it is left as it is"
    if note.kind == CELL:
        return _cell_back(Path(note.where), note)
    folder = Path(note.where)
    try:
        for lock in folder.glob("*.lock"):
            lock.unlink()
        folder.rmdir()
    except OSError:
        return f"{folder} is left: something is in it, or it is in use"
    return f"{folder} is gone"


def _cell_back(book: Path, note: Note) -> str:
    if not book.exists():
        return f"{book.name} is gone; nothing to take back there"
    opened = file.open_book(book)
    if _cell(opened, note.name) != note.new:
        return f"the cell {note.name} of {book.name} was changed since; it is left as it is"
    opened.write({note.name: _one(note.old)}, backup=False)
    return f"the cell {note.name} of {book.name} is as it was"


def _refused(where: str, what: str, hint: str) -> ReconError:
    return ReconError(Problem("setup-refused", where, what, hint), EXIT_JOB)
