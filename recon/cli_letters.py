"""`recon letters`: its options, one call of flow, and what it says of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal


def letters(
    out: Annotated[Path, typer.Option("--out", help="Folder of the letters.")],
    customer: Annotated[
        list[str] | None, typer.Option("--customer", help="Number of a customer; several times for several.")
    ] = None,
    store: Annotated[
        str, typer.Option("--store", help="Where decisions are kept: a file or a database URL.")
    ] = "",
    book: Annotated[Path | None, typer.Option("--book", help="Workbook: the store beside it.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: the latest as-of date of the runs."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of month-end inputs: contacts, promises, plans, ...")
    ] = None,
    rules: Annotated[
        str,
        typer.Option("--rules", help="Rules file, or default, uk_care, ... Default: those of the last run."),
    ] = "",
    template: Annotated[
        Path | None, typer.Option("--template", help="Template of yours, in place of recon's.")
    ] = None,
    statements: Annotated[
        bool, typer.Option("--statements", help="A statement for every customer with open items.")
    ] = False,
) -> None:
    """Reminders and statements of account as HTML files, one for each customer. Nothing is sent."""
    day = as_of.date() if as_of else None
    made = flow.letters.write(
        out, store, book, day, rules, data, template, customer or (), statements=statements
    )
    count = f"{len(made.letters)} {'letter' if len(made.letters) == 1 else 'letters'}"
    terminal.out_console.print(
        f"{count} as at {made.as_of.isoformat()} in {out}", soft_wrap=True, markup=False
    )
    steps: dict[str, int] = {}
    for letter, _name in made.letters:
        steps[letter.step] = steps.get(letter.step, 0) + 1
    for step, number in steps.items():
        terminal.out_console.print(f"  {number} {step}", markup=False)
    terminal.complain(made.problems, len(made.problems))
