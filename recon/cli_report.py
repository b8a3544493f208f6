"""`recon report`: its options, one call of flow, and what it says of it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal
from recon.problems import EXIT_DONE, EXIT_REVIEW, Problem

# What is told and takes nothing from any figure.
_NOTES = ("report-input", "report-day", "report-emptied", "report-rewritten")


def report(
    names: Annotated[
        list[str],
        typer.Argument(
            help="all, or names: ageing, roll_forward, dso, provision, ... (docs/reports.md).",
            show_default=False,
        ),
    ],
    store: Annotated[
        str, typer.Option("--store", help="Where decisions are kept: a file or a database URL.")
    ] = "",
    book: Annotated[
        Path | None,
        typer.Option("--book", help="Workbook, closed: its store, and its report sheets are written anew."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the report files (default: recon-out, without --book)."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: the latest as-of date of the runs."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of month-end inputs, for reports that need them.")
    ] = None,
    rules: Annotated[
        str,
        typer.Option("--rules", help="Rules file, or default, uk_care, ... Default: those of the last run."),
    ] = "",
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit code 1 where figures do not agree, or rows or files were left out."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was made, as JSON.")] = False,
) -> None:
    """Ageing, unapplied cash, roll-forward, control account, ...: files, and sheets of the workbook."""
    folder = out if out or book else flow.OUT_DEFAULT
    day = as_of.date() if as_of else None
    made = flow.report.report(names, store, book, folder, day, rules, data)
    if as_json:
        said = {
            "as_of": made.as_of.isoformat(),
            "reports": list(made.made),
            "files": [file.as_posix() for file in made.files],
            "sheets": list(made.sheets),
            "problems": [vars(problem) for problem in made.problems],
        }
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
        raise typer.Exit(_code(made.problems, strict=strict))
    count = f"{len(made.made)} {'report' if len(made.made) == 1 else 'reports'}"
    said_names = f"{count} as at {made.as_of.isoformat()}: {', '.join(made.made)}"
    terminal.out_console.print(said_names, soft_wrap=True)
    if made.sheets:
        terminal.out_console.print(
            f"sheets of {book}: {', '.join(made.sheets)}", soft_wrap=True, markup=False
        )
    for file in made.files:
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    kept = f"in {made.told}" if made.told else "which recon report --out DIR writes into problems.csv"
    terminal.complain(made.problems, terminal.REFUSED_MAX, kept)
    raise typer.Exit(_code(made.problems, strict=strict))


def _code(problems: tuple[Problem, ...], *, strict: bool) -> int:
    """The exit code: with --strict whatever makes a figure doubtful is something to review."""
    return EXIT_REVIEW if strict and any(one.code not in _NOTES for one in problems) else EXIT_DONE
