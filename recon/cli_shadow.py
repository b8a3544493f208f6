"""`recon rules shadow`: its options, one call of flow, and what it says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal


def shadowed(
    store: Annotated[
        str, typer.Option("--store", help="Store: a file or a URL. Default: that of --book.")
    ] = "",
    book: Annotated[Path | None, typer.Option("--book", help="Workbook, whose store has the runs.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every change that was ever tried, not the last.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for shadow.csv and shadow.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """How right a change would have been that runs tried (--shadow), by what people decided since."""
    made = flow.shadow_desk.judged(store, book, out, every=every)
    if as_json:
        typer.echo(json.dumps(made.facts, indent=2, ensure_ascii=False))
        return
    for line in flow.shadow_desk.told(made.facts):
        terminal.out_console.print(line, soft_wrap=True, markup=False)
    for file in made.files:
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)
