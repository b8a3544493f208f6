"""`recon profile`: an unknown file, the profile proposed for it, its rows as they would be read, the questions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon import flow, terminal
from recon.problems import EXIT_INPUT, Problem, ReconError

if TYPE_CHECKING:
    from recon.flow.profile import Looked
    from recon.ingest.guess_choices import Question
    from recon.model import Reading

_CELL = 28  # characters of a cell that is shown
_COLUMNS = 8  # of a table that is shown


def profile(
    file: Annotated[Path, typer.Argument(help="A file that no profile reads yet.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the profile. Default: your own profiles' folder."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="bank, items, closed_items, remittance, customers or aliases.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="How the profile is called.")] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer", help="What only you know, as dates=%d/%m/%Y or narrative=Memo. Several times."
        ),
    ] = None,
    rules: Annotated[str, typer.Option("--rules", help="Rules file, whose profiles count too.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Write it without asking; what is undecided stops it.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also where a profile reads the file, and over a file that is there."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything as JSON; writes only with --yes.")
    ] = False,
) -> None:
    """A column profile for a file that recon does not know: proposed, tried on the whole file, and written."""
    answers = _answers(answer or ())

    def looked_at() -> Looked:
        return flow.profile.look(file, kind=kind, name=name, answers=answers, rules=rules, anew=force)

    looked = looked_at()
    asking = _asks() and not (yes or as_json)
    if as_json:
        written = (
            _written(looked, out, force=force) if yes and not _wrong(looked) and not looked.known else None
        )
        facts = looked.facts | {"written": written.as_posix() if written else ""}
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        raise typer.Exit(EXIT_INPUT if _wrong(looked) else 0)
    if looked.known is not None:
        _tell_known(file, looked.known)
        return
    _tell(looked)
    while asking and looked.questions and not flow.profile.why_not(looked):
        for question in looked.questions:
            answers[question.key] = _ask(question)
        looked = looked_at()
        _tell(looked)
    wrong = _wrong(looked)
    if wrong:
        raise ReconError(wrong, EXIT_INPUT)
    if not yes and not (asking and typer.confirm("write this profile?", default=True)):
        if not asking:
            terminal.out_console.print("nothing is written; --yes writes it", soft_wrap=True)
        return
    _tell_written(file, looked, _written(looked, out, force=force))


def _asks() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and terminal.out_console.is_terminal


def _answers(given: list[str] | tuple[str, ...]) -> dict[str, str]:
    """`key=value` texts as a mapping.

    Raises:
        ReconError: profile-answer, if one has no `=`.
    """
    wrong = [text for text in given if "=" not in text]
    if wrong:
        hint = "write it as key=value"
        raise ReconError(
            [Problem("profile-answer", "--answer", f"`{text}` says nothing", hint) for text in wrong]
        )
    return {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in given)}


def _wrong(looked: Looked) -> tuple[Problem, ...]:
    return (*flow.profile.undecided(looked), *flow.profile.why_not(looked)) if looked.known is None else ()


def _written(looked: Looked, out: Path | None, *, force: bool) -> Path:
    return flow.profile.save(looked, out, force=force)


def _ask(question: Question) -> str:
    """One question on the terminal, with numbers to choose by."""
    terminal.out_console.print()
    why = f" ({question.why})" if question.why else ""
    terminal.out_console.print(f"{question.asks}{why}", soft_wrap=True, markup=False)
    for number, option in enumerate(question.options, 1):
        terminal.out_console.print(f"  {number}  {option.means}", soft_wrap=True, markup=False)
    values = [option.value for option in question.options]
    default = (
        values.index(question.default) + 1 if question.default in values else None
    )  # nobody could guess it
    chosen = 0
    while not 1 <= chosen <= len(values):
        chosen = typer.prompt("which", default=default, type=int)
    return values[chosen - 1]


# --- what is told


def _tell_known(file: Path, read: Reading) -> None:
    how = f"the profile `{read.profile}`" if read.profile else f"the format {read.format}"
    terminal.out_console.print(f"{file} needs no profile: {how} reads it", soft_wrap=True, markup=False)
    terminal.tell_reading(file, read)
    if read.problems and read.profile:  # a format leaves nothing to propose
        told = "--force proposes one all the same"
        terminal.out_console.print(told, soft_wrap=True)


def _tell(looked: Looked) -> None:
    console = terminal.out_console
    console.print(f"{looked.path}", soft_wrap=True, markup=False)
    wide = max((len(choice.key) for choice in looked.choices), default=0)
    for choice in looked.choices:
        why = f"({choice.sure}: {choice.why})" if choice.why else f"({choice.sure})"
        told = f"  {choice.key:<{wide}}  {_plain(choice.chosen)}  {_plain(why)}"
        console.print(told, soft_wrap=True, markup=False)
    if looked.reading is None or not looked.reading.table.height:
        return
    console.print()
    _tell_rows(looked.reading)
    _tell_sums(looked.reading)
    terminal.complain(looked.reading.problems, all_are="as `recon read` shows")


def _tell_rows(read: Reading) -> None:
    from rich.table import Table  # noqa: PLC0415 - most commands show no table

    rows = flow.profile_shown.shown(read)
    names = rows.columns[: _COLUMNS + 1]
    table = Table(box=None, pad_edge=True, title="as recon reads it", title_justify="left")
    for name in names:
        table.add_column(
            "line" if name == "position" else name, justify="right" if "amount" in name else "left"
        )
    last = 0
    for row in rows.select(names).iter_rows():
        if last and row[0] - last > 1 and rows.height > flow.profile_shown.SHOWN:
            table.add_row("...")
        table.add_row(*[_safe("" if cell is None else str(cell)) for cell in row])
        last = row[0]
    terminal.out_console.print(table)
    more = len(rows.columns) - len(names)
    if more:
        left = ", ".join(rows.columns[len(names) :])
        terminal.out_console.print(f"and {more} columns more: {left}", soft_wrap=True, markup=False)


def _plain(text: str) -> str:
    """A file's text without what would command the terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _safe(text: str) -> str:
    """The same for a cell of a table, which rich would take for its own marks."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    return escape(_plain(text)[:_CELL])


def _tell_sums(read: Reading) -> None:
    said = "money in, {} money out" if str(read.kind) == "bank" else "owed, {} taken off"
    terminal.out_console.print(_rows(read.table.height), soft_wrap=True)
    for one in flow.profile_shown.flows(read):
        words = said.format(_sum(one.out, one.sum_out))
        told = f"{one.currency or 'no currency'}: {_sum(one.into, one.sum_in)} {words}"
        terminal.out_console.print(told, soft_wrap=True, markup=False)
    for statement in read.statements:
        if statement.foots:
            told = (
                f"foots: {statement.opening} + {statement.total} = {statement.closing} {statement.currency}"
            )
            terminal.out_console.print(told.rstrip(), soft_wrap=True, markup=False)


def _sum(rows: int, text: str) -> str:
    return f"{_rows(rows)} {terminal.money(text)}" if rows else "no row"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _tell_written(file: Path, looked: Looked, path: Path) -> None:
    read = looked.reading
    assert read is not None
    options = {"bank": "--bank", "remittance": "--remittance", "items": "--items"}
    terminal.out_console.print(f"wrote {path}", soft_wrap=True, markup=False)
    place = options.get(str(read.kind), "--customers")
    named = f'"{file}"' if " " in str(file) else str(file)
    if path.parent == flow.settings.profiles_folder():
        told = f"every command and button finds it there: recon run {place} {named} ..."
    else:
        told = f"name it under `profiles` of your rules file beside it, then: recon run {place} {named} --rules ..."
    terminal.out_console.print(told, soft_wrap=True, markup=False)
