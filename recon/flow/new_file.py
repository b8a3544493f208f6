"""The button New file: the first file under Inputs that nobody reads, its proposed profile on a sheet, answers back.

files -> the first unknown one -> what was answered on its sheet -> looked at -> the sheet anew, or the profile saved
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from recon import ingest
from recon.flow import gather, new_file_page, profile, profile_shown, settings
from recon.flow.books import Book
from recon.flow.gather import Progress, silent
from recon.flow.profile import Looked
from recon.flow.profile_shown import Asked
from recon.ingest.guess_says import KINDS
from recon.model import Kind
from recon.problems import Problem, ReconError

if TYPE_CHECKING:
    from recon.flow.reconcile import Job

_PLACES: Final = frozenset([Kind.BANK, Kind.ITEMS, Kind.REMITTANCE])  # each of these holds one kind of file
_EXPORT: Final = (
    "No profile can be proposed for it: export it as CSV or XLSX, with one heading over the columns."
)
_ROUNDS: Final = 12  # answers may bring up further questions, never so many


class OpenBook(Book, Protocol):
    """The open workbook, on whose sheet the answers stand."""

    def read_page(self, key: str, height: int, width: int) -> list[list[str]]:
        """The first cells of the sheet of a page of that key, as text; none if there is no such sheet."""


_FILLED: Final = ("kind", "currency")  # questions whose default stands on the sheet


@dataclass(frozen=True)
class Talk:
    """What is known of a file, and all that was asked about it, with the answers so far."""

    looked: Looked
    place: Kind
    asked: tuple[Asked, ...] = ()
    wrong: int = 0  # answers that are none of the choices
    shown: bool = False  # whether the person has seen every question, and how the file is read

    @property
    def open(self) -> int:
        """Questions without an answer."""
        return sum(not one.answer for one in self.asked)

    @property
    def decided(self) -> bool:
        """Whether the profile can be saved as it is."""
        return self.shown and not (self.open or self.looked.questions or profile.why_not(self.looked))


@dataclass(frozen=True)
class NewFile:
    """What came of it: how many files there are, the one that was looked at, its sheet, and its profile if saved."""

    files: int
    talk: Talk | None = None
    sheet: str = ""
    saved: Path | None = None
    unread: tuple[Problem, ...] = ()  # unknown files of which no profile can be proposed
    broken: int = 0  # files of a known format that can't be read
    lost: tuple[Problem, ...] = ()  # what somebody had put on the sheet, and could not stay


def propose(job: Job, book: OpenBook, progress: Progress = silent) -> NewFile:
    """Look at the first file of a job that nobody reads, and show on a sheet what it is taken for.

    Pressed again while that sheet stands there, its answers count; if nothing is open any more, the profile is saved.

    Raises:
        ReconError: the rules or a profile can't be used, a file is not there, the profile can't be written, or the
            workbook can't.
    """
    loaded, where = settings.load_rules(job.rules)
    profiles = settings.load_profiles(loaded, where)
    cells = book.read_page(new_file_page.KEY, *new_file_page.READ)
    files = [(kind, path) for kind, names in job.places for path in gather.expanded(kind, names)]
    files = [(kind, path) for kind, path in files if not _ours(path, book)]
    files.sort(key=lambda one: new_file_page.answers(cells, one[1]) is None)  # that of the sheet comes first
    unread: list[Problem] = []
    broken = 0
    for number, (kind, path) in enumerate(files):
        progress("read", number, len(files))
        try:
            ingest.read(path, profiles, kind=kind, currency_default=loaded.currency)
        except ReconError as error:
            if not profile.NOBODYS & {problem.code for problem in error.problems}:
                broken += 1  # what is wrong with it, Import files says
                continue
        else:
            continue
        try:
            talk = _talk(path, kind, job.rules, new_file_page.answers(cells, path))
            if not new_file_page.was_shown(cells):
                talk = replace(talk, shown=False)
        except ReconError as error:
            unread += [_unread(problem) for problem in error.problems]
            continue
        if talk.looked.known is None:
            return _put(talk, book, len(files), unread)
    return NewFile(len(files), unread=tuple(unread), broken=broken)


def _unread(problem: Problem) -> Problem:
    """Why no profile can be proposed: that there is a way to propose one says nothing here."""
    return replace(problem, hint=_EXPORT) if problem.code in profile.NOBODYS else problem


def _ours(path: Path, book: Book) -> bool:
    """Whether a file is the workbook, or lies beside it as what recon keeps: a folder may be named that has both."""
    try:
        own = book.path
    except ReconError:  # it has no folder
        return False
    beside = path.name.startswith((f"{own.stem}.recon", f"{own.stem}-kept"))
    return path.resolve() == own.resolve() or (beside and path.resolve().parent == own.resolve().parent)


def _talk(path: Path, place: Kind, rules: str, chosen: Mapping[str, str] | None) -> Talk:
    """Look at a file with what was chosen on its sheet, as long as each answer brings up further questions.

    Args:
        path: the file.
        place: what it is named under.
        rules: the rules file.
        chosen: key of a question -> the words that stand there; None if there is no sheet of this file.
    """
    answers: dict[str, str] = {}
    asked: dict[str, Asked] = {}
    wrong, shown = 0, chosen is not None
    said = chosen or {}
    looked = profile.look(path, rules=rules)
    for _round in range(_ROUNDS):
        if looked.lacking and "kind" not in answers and place in _PLACES:
            answers["kind"] = str(place)  # it is named there: so the person says
            looked = profile.look(path, answers=answers, rules=rules)
        rows = [row for row in _asked(looked, place, answers) if row.key not in asked]
        given = [_answer(row, said) for row in rows]
        asked |= {row.key: row for row in given}
        wrong += sum(row.key in said and bool(said[row.key].strip()) and not row.answer for row in given)
        shown = shown and all(row.key in said for row in rows)
        fresh = _answers(looked, [row for row in given if row.key in said and row.answer])
        if not fresh:
            break
        answers |= fresh
        looked = profile.look(path, answers=answers, rules=rules)
    return Talk(looked, place, tuple(asked.values()), wrong, shown)


def _asked(looked: Looked, place: Kind, answers: Mapping[str, str]) -> list[Asked]:
    """The questions that are left; the kind has for a default what the file is named under."""
    rows = profile_shown.asked(looked)
    # A person says what changes money or days; a default taken without looking would be nobody's word.
    rows = [row if row.key in _FILLED else replace(row, answer="") for row in rows]
    by_place = [
        replace(row, answer=KINDS[place]) if row.key == "kind" and KINDS[place] in row.choices else row
        for row in rows
    ]
    lacking = [role for one in looked.lacking if (role := _role(one)) not in answers]
    named = [
        Asked(key, f"Which column is the {new_file_page.plain(key)}?", looked.columns, "")
        for key in lacking
        if looked.columns and " " not in key
    ]
    return [*by_place, *named]


def _role(lacking: str) -> str:
    """Which of the columns that would do is asked for: people know a document by its number, not by an id."""
    roles = lacking.split(" or ")
    return "doc_no" if "doc_no" in roles else roles[0]


def _answer(row: Asked, said: Mapping[str, str]) -> Asked:
    """A question with what stands on the sheet: one of its choices, or nothing; else with its default."""
    if row.key not in said:
        return row
    words = {new_file_page.word(choice): choice for choice in row.choices}
    return replace(row, answer=words.get(new_file_page.word(said[row.key]), ""))


def _answers(looked: Looked, rows: Iterable[Asked]) -> dict[str, str]:
    """What was chosen as answers for `look`: values of questions, names of columns."""
    chosen = {row.key: row.answer for row in rows}
    theirs = {key: word for key, word in chosen.items() if word in looked.columns}
    return theirs | profile_shown.answered(looked, chosen)


def _put(talk: Talk, book: OpenBook, files: int, unread: Sequence[Problem]) -> NewFile:
    """The sheet, and before it the profile, if nothing is open."""
    saved = _saved(talk) if talk.decided else None
    (sheet,), lost = book.write_pages([new_file_page.page(talk, saved)])
    return NewFile(files, talk, sheet, saved, tuple(unread), lost=tuple(lost))


def _saved(talk: Talk) -> Path:
    """Write the profile; never over another.

    Raises:
        ReconError: profile-exists, or the folder can't be written.
    """
    try:
        return profile.save(talk.looked)
    except ReconError as error:
        told = [
            replace(problem, hint="Rename it or the new file, and press New file again.")
            if problem.code == "profile-exists"
            else problem
            for problem in error.problems
        ]
        raise ReconError(told, error.exit_code) from error
