"""`recon audit`: was the store changed beside recon, and does a past run come out the same again?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_REVIEW

audit_app = typer.Typer(help="What an auditor asks of a store.", no_args_is_help=True)

StoreOption = Annotated[str, typer.Option("--store", help="Store: a file or a URL. Default: that of --book.")]
BookOption = Annotated[Path | None, typer.Option("--book", help="Workbook, whose store is meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@audit_app.command("verify")
def verify(
    store: StoreOption = "",
    book: BookOption = None,
    expect: Annotated[
        str, typer.Option("--expect", help="A hash that was noted earlier; it must still be in the chain.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Work out the hash chain anew: was anything changed, added or taken away beside recon? Exit code 2 if so."""
    audited = flow.audit.verify(store, book, expect)
    found = audited.verified
    whole = not audited.problems
    if as_json:
        facts = {"whole": whole, "links": found.links, "rows": found.rows, "head": found.head}
        told = {"problems": [problem.what for problem in audited.problems]}
        typer.echo(json.dumps(facts | told, indent=2, ensure_ascii=False))
    else:
        state = "as it was written" if whole else "NOT as it was written"
        terminal.out_console.print(f"{found.links:,} links over {found.rows:,} rows: {state}")
        terminal.out_console.print(f"last hash {found.head}", soft_wrap=True)
        terminal.complain(audited.problems)
    raise typer.Exit(EXIT_DONE if whole else EXIT_INPUT)


@audit_app.command("reperform")
def reperform(
    run: Annotated[
        str, typer.Argument(help="The run, as the sheet Run log names it. Default: the last one.")
    ] = "",
    store: StoreOption = "",
    book: BookOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for allocations.csv, exceptions.csv and lines.csv.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a past run again from what the store kept of it. Exit code 1 if a line comes out otherwise."""
    made = flow.audit.reperform(run, store, book, out)
    other = made.other["line_id"].to_list()
    if as_json:
        facts = {"run_id": made.run_id, "lines": made.lines, "other": other, "ran_by": made.ran_by}
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        same = "all as then" if not other else f"{len(other):,} otherwise: {', '.join(other[:10])}"
        terminal.out_console.print(
            f"run {made.run_id} (recon {made.ran_by}): {made.lines:,} lines, {same}",
            soft_wrap=True,
            markup=False,
        )
        for file in made.files:
            terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    raise typer.Exit(EXIT_REVIEW if other else EXIT_DONE)
