"""`recon profile`: an unknown file looked at, a profile proposed and tried on the whole of it, and written.

what reads it already? -> its tables -> a guess -> read with it -> what was left out looked at again -> YAML
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from recon import ingest
from recon.flow import reading, settings
from recon.flow.settings import profiles_folder
from recon.ingest import guess, guess_profile, guess_tables, unknown
from recon.ingest.grid import key
from recon.ingest.guess_choices import Choice, Question, Sure
from recon.ingest.guess_ledger import TYPE_ASKED
from recon.ingest.guess_profile import Proposal
from recon.ingest.guess_says import DOC_TYPES
from recon.ingest.guess_words import Words
from recon.ingest.source import open_source
from recon.model import PROFILED, Kind, Reading
from recon.problems import EXIT_INPUT, EXIT_JOB, Problem, ReconError
from recon.resources import folder
from recon.rules import parse_profile
from recon.rules.headings import parse_headings
from recon.rules.profile import Profile
from recon.rules.written import profile_text

NOBODYS: Final = frozenset(["file-unknown", "column-missing"])  # what says that no profile reads a file
ROW_LOST: Final = frozenset(["value-date", "value-amount", "value-missing", "row-long"])
QUESTIONS: Final = frozenset(["kind", "heading", "decimal", "dates", "sign", "credit_words"])
SAID_MAX: Final = 5  # problems that say why no row can be read
LOOKED_AGAIN: Final = 2_000  # rows of a long file that were left out and are looked at again
_NAME_MAX: Final = 40
# A key of a choice -> the key of the profile that it stands behind.
_KEYS: Final = {"sign": "amount", "currency": "constants", "doc_types": "values"}
_QUIET: Final = frozenset(["table", "heading", "kind", "decimal", "encoding"])


@dataclass(frozen=True)
class Looked:
    """What is known of a file: who reads it already, or the profile proposed for it and how it reads."""

    path: Path
    known: Reading | None = None
    profile: Profile | None = None
    text: str = ""  # the profile as YAML
    choices: tuple[Choice, ...] = ()
    questions: tuple[Question, ...] = ()
    lacking: tuple[str, ...] = ()
    reading: Reading | None = None  # the whole file, read with the profile
    problems: tuple[Problem, ...] = ()  # why it can't be read with it
    columns: tuple[str, ...] = ()  # theirs, where one has to be named

    @property
    def facts(self) -> dict[str, Any]:
        """Everything as plain data, for `--json`."""
        read = self.known or self.reading
        return {
            "path": self.path.as_posix(),
            "read_by": (self.known.profile or self.known.format) if self.known else "",
            "profile": self.text,
            "lacking": list(self.lacking),
            "choices": [asdict(choice) | {"sure": str(choice.sure)} for choice in self.choices],
            "questions": [asdict(question) for question in self.questions],
            "read": reading.reading_facts((self.path, read)) if read else None,
        }


def look(
    path: Path,
    *,
    kind: str = "",
    name: str = "",
    answers: Mapping[str, str] | None = None,
    rules: str = "",
    anew: bool = False,
) -> Looked:
    """Look at a file: say who reads it already, or propose a profile and read the file with it.

    Args:
        path: the file.
        kind: what it holds, if that is known: bank, items, closed_items, remittance, customers, aliases.
        name: how the profile shall be called; made of the file's name if none is given.
        answers: what the user says, by the keys of questions (`dates`, `sign`, `kind`, `credit_words`), choices
            (`heading`, `decimal`) or our columns (`narrative: Memo`).
        rules: the rules file, whose profiles count too.
        anew: propose one even where a profile or format reads the file.

    Raises:
        ReconError: the file can't be opened, is of a format that needs no profile and is broken, or holds no table;
            an answer that is none.
    """
    loaded, where = settings.load_rules(rules)
    profiles = settings.load_profiles(loaded, where)
    refusal: ReconError | None = None
    if not anew:
        try:
            return Looked(path, known=ingest.read(path, profiles, currency_default=loaded.currency))
        except ReconError as error:
            if not NOBODYS & {problem.code for problem in error.problems}:
                raise
            refusal = error
    said = _checked(dict(answers or {}), kind)
    named = name or (_reader(path, profiles) if anew else "")
    free = _free_name(named, path, profiles, taken=anew)
    return _proposed(path, _Named(free, kind), said, loaded.currency, refusal)


def _reader(path: Path, profiles: Sequence[Profile]) -> str:
    """The profile that reads a file by now; a new one takes its name, and so its place; "" if none does."""
    try:
        read = ingest.read(path, profiles).profile
    except ReconError:
        return ""
    return read if read in {profile.name for profile in profiles} else ""


@dataclass(frozen=True)
class _Named:
    name: str
    kind: str


def _proposed(
    path: Path, named: _Named, said: Mapping[str, str], currency: str, refusal: ReconError | None
) -> Looked:
    source = open_source(path)
    found = guess_tables.tables(source)
    words = the_words()

    def proposal(tables: Sequence[guess_tables.Found]) -> Proposal | None:
        made = guess.guess(tables, words, path.stem, said, Kind(named.kind) if named.kind else None)
        return guess_profile.propose(made, words, named.name, _title(path), said) if made else None

    first = proposal(found)
    if first is not None:
        _check_names(first, said)
    if first is None:
        none = Problem(
            "profile-none", source.name, "no row looks like the heading or a line of a table", _CANT
        )
        told = refusal.problems if refusal else (none,)
        # To one who asked for a profile it is no advice to ask for one.
        raise ReconError([none if problem.hint == unknown.PROPOSE else problem for problem in told])
    if first.profile is None:
        names = tuple(dict.fromkeys(column.name for column in first.made.columns if column.name))
        said_of = (first.choices, first.questions, first.lacking)
        return Looked(path, None, None, "", *said_of, columns=names)
    tried = _tried(path, first, currency)
    lost = _lost(tried)
    if lost and not first.made.found.whole and first.made.found.delimiter:
        rows = guess_tables.rows_at(source, first.made.found, lost[:LOOKED_AGAIN])
        again = proposal([guess_tables.with_rows(first.made.found, rows)])
        if again is not None and again.profile is not None:
            second = _tried(path, again, currency)
            if _height(second) >= _height(tried):
                return second
    return tried


def _check_names(proposal: Proposal, said: Mapping[str, str]) -> None:
    """See that each column that was named is one.

    Raises:
        ReconError: profile-answer, with the columns there are.
    """
    there = {key(column.name): column.name for column in proposal.made.columns if column.name}
    wrong = [
        (ours, name)
        for ours, name in said.items()
        if ours not in QUESTIONS and not ours.startswith(TYPE_ASKED) and name and key(name) not in there
        if not (ours == "currency" and re.fullmatch(r"[A-Za-z]{3}", name))
    ]
    if wrong:
        hint = f"there are: {', '.join(there.values())}"
        problems = [
            Problem("profile-answer", "--answer", f"{ours}: there is no column `{name}`", hint)
            for ours, name in wrong
        ]
        raise ReconError(problems, EXIT_INPUT)
    if "credit_words" in said:
        _check_words(proposal, said["credit_words"])


def _check_words(proposal: Proposal, answer: str) -> None:
    """See that the words for money in stand in the column of sides.

    Raises:
        ReconError: profile-answer, with the words there are.
    """
    way = proposal.made.way
    side = way.indicator if way and proposal.made.kind is Kind.BANK else ""
    words = {
        word for column in proposal.made.columns if side and column.name == side for word in column.words
    }
    given = [word.strip().upper().strip(" .") for word in answer.split(";")]
    wrong = [word for word in given if word not in words]
    if wrong:
        what = (
            f"credit_words: `{wrong[0]}` stands nowhere in `{side}`"
            if side
            else "credit_words: no column of sides is used"
        )
        hint = f"there are: {', '.join(sorted(words))}" if words else "leave it out"
        raise ReconError(Problem("profile-answer", "--answer", what, hint), EXIT_INPUT)


_CANT: Final = "export it as CSV or XLSX, with one heading over the columns"


def _tried(path: Path, proposal: Proposal, currency: str) -> Looked:
    """The proposal, and the whole file read with it; patterns that take rows away are taken out of it."""
    profile = proposal.profile
    assert profile is not None
    wrong: list[Problem] = []
    read: Reading | None
    try:
        read = ingest.read(path, [profile], profile=profile.name, currency_default=currency)
        plain = profile.model_copy(update={"skip": (), "ends": ()})
        if plain != profile:
            all_rows = ingest.read(path, [plain], profile=profile.name, currency_default=currency)
            if all_rows.table.height > read.table.height:
                profile, read = plain, all_rows
        wrong = [] if read.table.height else [*read.problems[:SAID_MAX], _no_row(path)]
    except ReconError as error:
        read, wrong = None, list(error.problems)
    text = _text(profile, path, proposal.choices)
    said = (proposal.choices, proposal.questions, ())
    return Looked(path, None, profile, text, *said, read, tuple(wrong))


def _no_row(path: Path) -> Problem:
    what = "not one row of it can be read so"
    return Problem(
        "profile-none", path.as_posix(), what, "say which column is which with --answer, as amount=NAME"
    )


def the_words() -> Words:
    """The table of words that comes with recon."""
    path = folder("rules") / "words" / "headings.yaml"
    return Words(parse_headings(path.read_text(encoding="utf-8"), "rules/words/headings.yaml"))


def _height(looked: Looked) -> int:
    return looked.reading.table.height if looked.reading else -1


def _lost(looked: Looked) -> list[int]:
    """Lines that were left out, since they could not be read."""
    problems = looked.reading.problems if looked.reading else ()
    places = (problem.where.rpartition(":")[2] for problem in problems if problem.code in ROW_LOST)
    return sorted({int(place) for place in places if place.isdigit()})


def _checked(said: dict[str, str], kind: str) -> dict[str, str]:
    """The answers, none of them to a question that there is not.

    Raises:
        ReconError: profile-answer.
    """
    ours = {name for table in PROFILED.values() for name in table.file_columns}
    ours |= {"credit", "debit", "indicator", "balance"}
    allowed = {
        "kind": set(map(str, PROFILED)),
        "decimal": {".", ","},
        "sign": {"as_written", "turned"},
    }
    problems = []
    if kind and kind not in allowed["kind"]:
        hint = f"there are: {', '.join(sorted(allowed['kind']))}"
        problems.append(Problem("profile-answer", "--kind", f"there is no kind `{kind}`", hint))
    for asked, value in said.items():
        typed = asked.startswith(TYPE_ASKED)
        if asked not in QUESTIONS | ours and not typed:
            hint = f"there are: {', '.join(sorted(QUESTIONS))}, and our columns (docs/data.md)"
            problems.append(Problem("profile-answer", "--answer", f"there is no question `{asked}`", hint))
        elif asked in QUESTIONS and not value.strip(" ;"):
            hint = "say one of the answers that the question names"
            problems.append(Problem("profile-answer", "--answer", f"{asked}: nothing is no answer", hint))
        elif value not in (can := set(DOC_TYPES) if typed else allowed.get(asked, {value})):
            hint = f"there are: {', '.join(sorted(can))}"
            problems.append(Problem("profile-answer", "--answer", f"{asked} can't be `{value}`", hint))
    if problems:
        raise ReconError(problems, EXIT_INPUT)
    return {"kind": kind, **said} if kind else said


def _free_name(name: str, path: Path, profiles: Sequence[Profile], *, taken: bool) -> str:
    """A name that no other profile has; the user's own as it is.

    Args:
        name: what the user says, or "".
        path: the file, whose name is taken where none is said.
        profiles: all that can be found.
        taken: whether the user's may be that of another profile, whose place it takes.

    Raises:
        ReconError: profile-answer, if it is no name, or a taken one.
    """
    formats = {reader.name for reader in ingest.READERS} | {"standard"}
    theirs = {profile.name for profile in profiles} | formats
    if name:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name):
            hint = "small letters, digits, _ and -, a letter first, at most 40"
            raise ReconError(Problem("profile-answer", "--name", f"`{name}` is no name of a profile", hint))
        if name in formats or (name in theirs and not taken):
            hint = "choose another" + ("" if name in formats else "; --force takes its place")
            what = f"`{name}` is the name of another profile or format"
            raise ReconError(Problem("profile-answer", "--name", what, hint))
        return name
    plain = re.sub(r"[^a-z]+", "_", path.stem.casefold()).strip("_")[: _NAME_MAX - 3].strip("_") or "own"
    numbers = (plain if number == 1 else f"{plain}_{number}" for number in range(1, 1_000))
    return next(one for one in numbers if one not in theirs)


def _title(path: Path) -> str:
    return f"Files like {path.name}"[:200]


def _text(profile: Profile, path: Path, choices: Sequence[Choice]) -> str:
    """The profile with a remark for what is not plain from the heading."""
    notes: dict[str, str] = {}
    for choice in choices:
        if choice.key in _QUIET or not (choice.why or choice.sure is Sure.SAID):
            continue
        said = _KEYS.get(choice.key, choice.key)
        said = f"columns.{said}" if said in profile.columns else said
        plain = said.startswith("columns.") and choice.sure is Sure.LIKELY
        if not plain:
            notes[said] = f"{choice.sure}: {choice.why}" if choice.sure is not Sure.SAID else "as you said"
    top = [
        f"Made by `recon profile` from {path.name}. docs/rules.md says what each key means,",
        "`recon rules check FILE` whether it is right after a change.",
    ]
    return profile_text(profile, notes, top)


# --- what is left to say, and writing it


def undecided(looked: Looked) -> tuple[Problem, ...]:
    """The questions that are left, as problems that say how to answer them."""
    where = looked.path.as_posix()
    return tuple(
        Problem(
            "profile-undecided",
            where,
            question.asks + (f" ({question.why})" if question.why else ""),
            "\n".join(
                f"--answer {question.key}={option.value}    {option.means}" for option in question.options
            ),
        )
        for question in looked.questions
    )


def why_not(looked: Looked) -> tuple[Problem, ...]:
    """Why no profile could be made, or why the file can't be read with the one proposed."""
    where = looked.path.as_posix()
    hint = "say what the file holds with --kind"
    if looked.lacking:
        first = looked.lacking[0].split(" or ")[0]
        hint = f"name the column, as --answer {first}=NAME; or say what the file holds with --kind"
    lacks = [
        Problem("profile-none", where, f"no column could be found for: {', '.join(looked.lacking)}", hint)
    ]
    return (*(lacks if looked.lacking else []), *looked.problems)


def save(looked: Looked, out: Path | None = None, *, force: bool = False) -> Path:
    """Write the profile: to `out`, or into the folder of one's own profiles, where every command finds it.

    Raises:
        ReconError: profile-undecided, profile-none, or EXIT_JOB: there is such a file and `force` is not said, or
            it can't be written.
    """
    wrong = [*undecided(looked), *why_not(looked)]
    if wrong or looked.profile is None:
        raise ReconError(wrong or why_not(looked), EXIT_INPUT)
    path = out or profiles_folder() / f"{looked.profile.name}.yaml"
    assert parse_profile(looked.text, path.name) == looked.profile, "a profile is not what its text says"
    if path.exists() and not force:
        hint = "--force writes over it; --name or --out gives another place"
        raise ReconError(Problem("profile-exists", path.as_posix(), "there is such a file", hint), EXIT_JOB)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(looked.text, encoding="utf-8", newline="\n")
    except OSError as error:
        what = f"the profile can't be written: {error.strerror or 'the system refuses'}"
        raise ReconError(
            Problem("out-unwritable", path.as_posix(), what, "name another place with --out"), EXIT_JOB
        ) from error
    return path
