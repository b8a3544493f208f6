"""`recon excel`: a fresh workbook, setting Excel up for it, what is missing, and the waiting process."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon import flow, terminal
from recon.problems import EXIT_DONE, EXIT_JOB, EXIT_REVIEW

if TYPE_CHECKING:
    from recon.desk.checks import Check

excel_app = typer.Typer(help="The workbook, and Excel for it.", no_args_is_help=True)


@excel_app.command("new")
def new(
    book: Annotated[
        Path | None, typer.Argument(help="Where to write it. Default: recon.xlsm.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder for empty files of the month-end inputs, no workbook."),
    ] = None,
) -> None:
    """A fresh workbook, whose buttons start this Python; with --data empty files of the month-end inputs."""
    if data:
        files = flow.month.templates(data)
        terminal.out_console.print(
            f"wrote {len(files)} files into {data}; columns.txt explains them", soft_wrap=True
        )
    if data and not book:
        return
    book = book or Path("recon.xlsm")
    made = flow.desk.new_book(book)
    terminal.out_console.print(f"wrote {book}; how to set up Excel for it: docs/excel.md", soft_wrap=True)
    for line in made.done:
        terminal.out_console.print(line, soft_wrap=True, markup=False)
    terminal.complain(made.problems)


@excel_app.command("add")
def add(
    book: Annotated[Path, typer.Argument(help="A workbook that exists; closed.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Month-end inputs, as limits promises. Default: all.", show_default=False),
    ] = None,
) -> None:
    """Empty sheets for month-end inputs in a workbook; nothing of it changes, and a backup is kept."""
    added, there = flow.month.add_sheets(book, names or [])
    said = f"added {', '.join(added)}" if added else "nothing to add"
    terminal.out_console.print(f"{said} ({book})", soft_wrap=True, markup=False)
    if there:
        terminal.out_console.print(f"there already: {', '.join(there)}", soft_wrap=True, markup=False)


@excel_app.command("listen")
def listen(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder where workbooks leave their jobs. Default: one of your own.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do the jobs that are there, and end.")] = False,
) -> None:
    """Wait for what the buttons ask for, where Excel may start no program, and on a Mac."""
    from recon import listen as waiting  # noqa: PLC0415 - only here
    from recon.desk import places  # noqa: PLC0415 - as above

    raise typer.Exit(waiting.listen(folder or places.jobs_folder(), typer.echo, once=once))


@excel_app.command("install")
def install(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of the workbooks. Default: that of --book, else `recon` in your home."),
    ] = None,
    book: Annotated[
        Path | None, typer.Option("--book", help="Workbook whose buttons shall start this Python; closed.")
    ] = None,
    listener: Annotated[
        bool, typer.Option("--listener", help="With --book: its buttons leave jobs for `recon excel listen`.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what this command has written.")] = False,
) -> None:
    """Set Excel up: a trusted folder, the Python of the buttons. No setting for macros is touched."""
    made = flow.desk.undo() if undo else flow.desk.install(folder, book, by_jobs=listener)
    for line in made.done:
        terminal.out_console.print(line, soft_wrap=True, markup=False)
    terminal.complain(made.problems, most=terminal.REFUSED_MAX)
    raise typer.Exit(EXIT_JOB if made.problems else EXIT_DONE)


@excel_app.command("doctor")
def doctor(
    book: Annotated[Path | None, typer.Argument(help="A workbook to look at as well; closed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What is found, as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything is wrong.")] = False,
) -> None:
    """What is missing or blocked between Excel and recon, and how to mend it. Changes nothing."""
    found = flow.doctor.doctor(book)
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in found], indent=2, ensure_ascii=False))
    else:
        _show(found)
    wrong = any(check.state == "wrong" for check in found)
    raise typer.Exit(EXIT_REVIEW if strict and wrong else EXIT_DONE)


def _show(found: list[Check]) -> None:
    """One row for each check; what to do stands below what is found."""
    from rich.table import Table  # noqa: PLC0415 - only here
    from rich.text import Text  # noqa: PLC0415 - as above

    looks = {"ok": "green", "wrong": "bold red", "note": "yellow", "skipped": "dim"}
    table = Table(box=None, pad_edge=False)
    for title in ("", "looked at", "found, and what to do"):
        table.add_column(title, no_wrap=title != "found, and what to do")
    for check in found:
        said = Text(check.found)
        if check.do:
            said.append(f"\n-> {check.do}", style="bold" if check.state == "wrong" else "")
        table.add_row(Text(check.state, style=looks[check.state]), Text(check.name), said)
    terminal.out_console.print(table)
    count = sum(check.state == "wrong" for check in found)
    many = (
        "nothing is wrong" if not count else "1 thing is wrong" if count == 1 else f"{count} things are wrong"
    )
    terminal.out_console.print(many)
