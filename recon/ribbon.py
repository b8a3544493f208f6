"""What the workbook's buttons call: the open workbook -> one call of flow -> a message beside the buttons.

VBA starts `python -m recon.ribbon WHAT "--wb=NAME" --from_xl=1 --hwnd=N`, WHAT being a key of COMMANDS. Nobody sees a
console here: whatever happens ends as plain words in the status cell.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from recon import __version__, flow
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_JOB, Problem, ReconError
from recon.workbook import live, named
from recon.workbook.live import LiveBook

POSTING_FORMAT: Final = ""  # as the rules say
_NEEDED: Final = ("bank", "items")
_STAGES: Final = {"read": "reading", "match": "matching", "write": "writing"}
_AGAIN: Final = "and press New file again"
_SHOWN_MAX: Final = 3  # problems named in the status cell
_TOLD_ELSEWHERE: Final = ("sheet-rows",)
_RESULT: Final = "the column Result says why, for each"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a button asks for; the exit code is that of the command line.

    The workbook is found by what VBA put among the process's own arguments.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    what = given[0] if given else ""
    if what not in COMMANDS:
        sys.stderr.write(f"there is no button `{what}`; there are: {', '.join(COMMANDS)}\n")
        return EXIT_INPUT
    try:
        book = live.caller()
    except ReconError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return act(what, book)


def act(what: str, book: LiveBook) -> int:
    """One button's work on an open workbook; its end, good or bad, stands in the status cell."""
    code = EXIT_DONE
    try:
        message = COMMANDS[what](book)
    except ReconError as error:
        said = [_told(error.problems), *([] if what == "new_file" else _unknown(error.problems))]
        message, code = " ".join(said), error.exit_code
    except Exception as error:  # noqa: BLE001 - the user of a button sees no traceback
        message, code = _unexpected(book, error), EXIT_JOB
    try:
        book.tell(message)
    except ReconError as error:
        sys.stderr.write(f"{message}\n{error}\n")
        return error.exit_code
    return code


def _job(book: LiveBook, needed: Sequence[str], button: str) -> flow.Job:
    """What is typed under Inputs, as a job.

    Raises:
        ReconError: input-missing, if something that is needed is not filled in.
    """
    inputs = book.inputs()
    missing = [named.INPUTS[key] for key in needed if key not in inputs]
    if missing:
        what = f"nothing is filled in for: {', '.join(missing)}"
        hint = f"Write files or folders beside it, several with ; between, and press {button} again."
        raise ReconError(Problem("input-missing", "Home, Inputs", what, hint))
    home = _home(book)
    return flow.Job(
        bank=_places(inputs, "bank", home),
        items=_places(inputs, "items", home),
        remittance=_places(inputs, "remittance", home),
        customers=_places(inputs, "customers", home),
        rules=_rules(inputs, home),
        book=book,
        out=_out(inputs, home),
        store=book.store,
    )


class _Told:
    """How far the work is, in the status bar; each new stage in the status cell, too."""

    def __init__(self, book: LiveBook) -> None:
        self._book, self._stage = book, ""

    def __call__(self, stage: str, done: int, of: int, _lines: int = 0, /) -> None:
        if stage != self._stage:
            self._stage = stage
            self._book.tell(f"{_STAGES.get(stage, stage).capitalize()} ...")
        self._book.show_progress(_stage(stage, done, of))


def _import(book: LiveBook) -> str:
    taken = flow.take_in(_job(book, (), "Import files"), book, _Told(book))
    counts = []
    for kind, what in flow.intake.SHOWN.items():
        if taken.rows[kind]:
            sums = "; ".join(
                f"{currency} {Decimal(sum_):,}" for currency, sum_ in taken.sums.get(kind, {}).items()
            )
            counts.append(_several(taken.rows[kind], what) + (f" ({sums})" if sums else ""))
    if not taken.files:
        return "No file is named under Inputs: write files or folders there, and press Import files again."
    told = f"{_several(taken.files, 'file')} read: {', '.join(counts) or 'no rows'}."
    wrong = len(taken.problems)
    then = f"{_several(wrong, 'problem')}: see Problems." if wrong else "Next, press Match."
    return " ".join([told, then, *_unknown(taken.problems), *_shown(taken.shown)])


def _unknown(problems: Sequence[Problem]) -> list[str]:
    """Which button helps where a file is not known."""
    known = not any(problem.code in flow.profile.NOBODYS for problem in problems)
    return [] if known else ["The button New file proposes how to read a file that recon does not know."]


def _new_file(book: LiveBook) -> str:
    found = flow.new_file.propose(_job(book, (), "New file"), book, _Told(book))
    if not found.files:
        return f"No file is named under Inputs: write files or folders there, {_AGAIN}."
    if found.talk is None:
        if found.unread:
            raise ReconError(found.unread, EXIT_INPUT)
        but = f" {_several(found.broken, 'file')} can't be read, though: it says why." if found.broken else ""
        if found.broken == found.files:
            return "No file under Inputs can be read: press Import files, it says why."
        known = _several(found.files - found.broken, "file")
        return f"There is no new file: recon knows {known} under Inputs. Press Import files.{but}"
    name, read = found.talk.looked.path.name, found.talk.looked.reading
    if found.saved:
        rows = f", {flow.new_file_page.rows_told(read)}" if read else ""
        told = (
            f"The profile of {name} is saved as {found.saved}: {flow.new_file_page.holds(found.talk)}{rows}."
        )
        place = flow.new_file_page.misplaced(found.talk)
        then = f"Name the file under {place}, and press Import files." if place else "Press Import files."
        return " ".join([told, then, *_shown(found.lost)])
    return " ".join([_proposed(found.talk, found.sheet), *_shown((*found.unread, *found.lost))])


def _proposed(talk: flow.new_file.Talk, sheet: str) -> str:
    """What the status says of a file whose profile is not saved yet."""
    name, held = talk.looked.path.name, flow.new_file_page.holds(talk)
    head = f"{name} looks like {held}." if held else f"It is not clear yet what {name} holds."
    if talk.open:
        which = f"the sheet {sheet} has {_several(talk.open, 'question')} without an answer"
        wrong = " (what stood there is none of the choices)" if talk.wrong else ""
        return f"{head} Next, {which}{wrong}: choose there, {_AGAIN}."
    if lacks := flow.profile.why_not(talk.looked):
        choose = (
            f"Choose otherwise on the sheet {sheet}, {_AGAIN}." if talk.asked else f"See the sheet {sheet}."
        )
        return f"{head} No profile can be made of it so: {lacks[-1].what}. {choose}"
    asked = f" ({_several(len(talk.asked), 'answer')} to look at)" if talk.asked else ""
    return f"{head} See on the sheet {sheet} whether that is right{asked}, {_AGAIN}: it saves the profile."


def _settings(book: LiveBook) -> str:
    found = flow.set_up(_job(book, (), "Settings"), book)
    files = ", ".join(_several(number, f"{kind} file") for kind, number in found.files.items()) or "no files"
    rules = f"The settings can be used. Rules: {found.rules} ({found.path.name}), shown on Rules"
    return (
        f"{rules}; {found.profiles} column profiles. Inputs: {files}. Remembered in: {found.store}. "
        f"recon {found.version}, {found.python}"
    )


def _run(book: LiveBook) -> str:
    report = flow.reconcile(_job(book, _NEEDED, "Match"), _Told(book))
    count = {name: outcome["lines"] for name, outcome in report.summary["outcomes"].items()}
    parts = [
        f"{_several(sum(count.values()), 'bank line')}: {count['auto']:,} matched automatically",
        f"{_several(count['suggested'], 'suggestion')} and {_several(count['exception'], 'exception')} to review",
    ]
    wrong = [problem for problem in report.problems if problem not in report.shown]
    if wrong:
        parts.append(f"{_several(len(wrong), 'problem')} with the input: see Problems")
    return " ".join([", ".join(parts) + ".", *_shown(report.shown)])


def _apply(book: LiveBook) -> str:
    collected = flow.collect(book, book.store)
    if not collected.accepted and not collected.refused and not collected.waiting:
        return "There was no decision to apply: choose in the Decision column of Suggestions or Exceptions."
    waits = f", {collected.waiting:,} for a second person" if collected.waiting else ""
    parts = [f"{_several(collected.accepted, 'decision')} applied, {collected.refused:,} refused{waits}."]
    if collected.problems:
        parts.append(_told(collected.problems, _RESULT))
    return " ".join([*parts, *_shown(collected.shown)])


def _post(book: LiveBook) -> str:
    home = _home(book)
    out = _out(book.inputs(), home) or home
    if out is None:
        what = "nothing is filled in for: Output folder"
        raise ReconError(
            Problem("input-missing", "Home, Inputs", what, "Write a folder there, and press Post again.")
        )
    posted = flow.post(POSTING_FORMAT, out, book.store, book)
    if posted is None:
        return "Nothing is accepted yet, so there is nothing to post."
    flow.refresh(book, book.store)  # what is posted waits no more
    made = (*posted.others, posted)
    held = [f"{problem.what}." for one in made for problem in one.held]
    lost = [f"Of a job that was broken off: {one.files[0]}." for one in posted.lost]
    into = [f"{_several(one.lines, 'bank line')} posted into {one.files[0]}" for one in made if not one.again]
    again = [str(one.files[0]) for one in made if one.again]
    files = "file was" if len(again) == 1 else "files were"
    old = "Written again" if into else f"Nothing new is accepted; the last posting {files} written again"
    told = ["; ".join(into)] * bool(into) + [f"{old}: {'; '.join(again)}"] * bool(again)
    return " ".join([*lost, *told, *held])


def _reports(book: LiveBook) -> str:
    inputs, home = book.inputs(), _home(book)
    out = _out(inputs, home)
    made = flow.report.report([flow.report.ALL], book.store, book, out, rules=_rules(inputs, home))
    told = f"{_several(len(made.made), 'report')} as at {made.as_of:%d/%m/%Y}: {', '.join(made.sheets)}."
    files = [f"{_several(len(made.files), 'file')} written into {out}."] if made.files else []
    return " ".join([told, *files, *_shown(made.problems)])


def _refresh(book: LiveBook) -> str:
    problems = flow.refresh(book, book.store)
    return " ".join(["The sheets show what is recorded.", *_shown(problems)])


def _shown(problems: Sequence[Problem]) -> list[str]:
    """What could not stay on the sheets, in a sentence or two; that not all rows are shown stands on Home."""
    lost = [problem for problem in problems if problem.code not in _TOLD_ELSEWHERE]
    return [_told(lost)] if lost else []


def _undo(book: LiveBook) -> str:
    said = "The sheets are as they were before; press Undo again to take that back. What is recorded stays recorded."
    return " ".join([said, *_shown(book.undo())])


COMMANDS: Final[Mapping[str, Callable[[LiveBook], str]]] = {
    "import_files": _import,
    "new_file": _new_file,
    "settings": _settings,
    "undo": _undo,
    "run": _run,
    "apply_decisions": _apply,
    "post": _post,
    "reports": _reports,
    "refresh": _refresh,
}


def _several(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _stage(stage: str, done: int, of: int) -> str:
    what = _STAGES.get(stage, stage)
    return f"recon: {what} {done:,} of {of:,}" if of > 1 else f"recon: {what}"


# --- what is typed under Inputs


def _home(book: LiveBook) -> Path | None:
    """The workbook's folder; None if it has none, but names a store of its own.

    Raises:
        ReconError: it has neither.
    """
    try:
        return book.path.parent
    except ReconError:
        if not book.store:
            raise
        return None


def _places(inputs: Mapping[str, str], key: str, home: Path | None) -> list[str]:
    """The files, folders or globs of one input; those without a folder lie beside the workbook."""
    names = [name.strip().strip('"').strip() for name in inputs.get(key, "").split(";")]
    # A name on object storage has no place here, and is told so.
    return [name if "://" in name else str(_placed(name, home)) for name in names if name]


def _placed(name: str, home: Path | None) -> Path:
    path = Path(name).expanduser()
    if path.is_absolute():
        return path
    if home is None:
        what, hint = (
            "the workbook has no folder that this name could start at",
            "Write the whole path under Inputs.",
        )
        raise ReconError(Problem("file-missing", name, what, hint))
    return home / path


def _rules(inputs: Mapping[str, str], home: Path | None) -> str:
    """A rules file, or the name of one that comes with recon (`default`)."""
    name = inputs.get("rules", "").strip('"')
    beside = home / name if home and name else None
    return str(beside) if beside and beside.is_file() else name


def _out(inputs: Mapping[str, str], home: Path | None) -> Path | None:
    name = inputs.get("out", "").strip('"')
    return _placed(name, home) if name else None


# --- what the status cell says


def _told(problems: Sequence[Problem], all_are: str = "") -> str:
    """Problems as a few sentences: where, what, what to do; and where all of them are."""
    said = [_sentence(problem) for problem in problems[:_SHOWN_MAX]]
    if len(problems) > _SHOWN_MAX:
        said.append(f"And {len(problems) - _SHOWN_MAX:,} more{f': {all_are}' if all_are else ''}.")
    return " ".join(said)


def _sentence(problem: Problem) -> str:
    head = (
        f"{problem.where}: {problem.what}" if problem.where else problem.what[:1].upper() + problem.what[1:]
    )
    hint = " ".join(problem.hint.split())
    parts = [head.strip(), hint[:1].upper() + hint[1:]]
    return " ".join(part if part.endswith((".", "?", "!")) else part + "." for part in parts if part)


def _unexpected(book: LiveBook, error: Exception) -> str:
    """What to say about a mistake of our own; where it happened goes into a log file, and nothing of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    # Neither the message (it may hold a cell's text) nor whole paths (they may hold a person's name).
    places = [
        f"  {Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}" for frame in frames
    ]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = "\n".join([f"{now} recon {__version__}: {type(error).__name__}", *places, ""])
    try:
        log = _log_file(book)
        with log.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        return f"Something went wrong inside recon ({type(error).__name__}). Press Refresh to see what is recorded."
    return f"Something went wrong inside recon ({type(error).__name__}); {log} says where, and holds no data."


def _log_file(book: LiveBook) -> Path:
    try:
        path: Any = book.path
    except Exception:  # noqa: BLE001 - whatever is wrong with the workbook, the log has its place
        return Path(tempfile.gettempdir()) / "recon.log"
    return Path(path).with_name(f"{path.stem}.recon.log")


if __name__ == "__main__":
    raise SystemExit(main())
