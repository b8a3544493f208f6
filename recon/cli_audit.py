"""`recon audit`: was the store changed, does a run come out the same, how was a line settled, what is erased."""

from __future__ import annotations

import json
from datetime import datetime
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
        told = {"problems": [problem.what for problem in audited.problems], "erased": list(found.erased)}
        typer.echo(json.dumps(facts | told, indent=2, ensure_ascii=False))
    else:
        state = "as it was written" if whole else "NOT as it was written"
        terminal.out_console.print(f"{found.links:,} links over {found.rows:,} rows: {state}")
        terminal.out_console.print(f"last hash {found.head}", soft_wrap=True)
        for line in found.erased:
            terminal.out_console.print(f"as noted: {line}", soft_wrap=True, markup=False)
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


@audit_app.command("trail")
def trail(
    what: Annotated[
        str, typer.Argument(help="A line, item, document number, run, posting file, or a login.")
    ],
    store: StoreOption = "",
    book: BookOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the pack: trail.html, CSV files, manifest.json.")
    ] = None,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show names and numbers of persons; it is noted who asked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How it came to be: bank line, evidence, decision, posting, each with who, when and the chain's link."""
    made = flow.trail.trail(what, store, book, out, unmask=unmask)
    if as_json:
        facts = {"about": made.subject.value, "asked": made.word, "lines": made.lines}
        told = {"steps": made.steps.to_dicts(), "files": [file.as_posix() for file in made.files]}
        typer.echo(json.dumps(facts | told, indent=2, ensure_ascii=False))
        return
    terminal.out_console.print(
        f"{made.subject.value} {made.word}: {made.lines:,} lines, {made.steps.height:,} steps",
        soft_wrap=True,
        markup=False,
    )
    for step in made.steps.head(terminal.REFUSED_MAX).iter_rows(named=True):
        about = (step["at"] or "")[:16].replace("T", " "), step["what"], step["line_id"], step["document"]
        more = step["amount"], step["currency"], step["who"], step["why"], step["detail"]
        said = "  ".join(one for one in (*about, *more) if one)
        terminal.out_console.print(said, soft_wrap=True, markup=False)
    if made.steps.height > terminal.REFUSED_MAX:
        terminal.out_console.print(f"and {made.steps.height - terminal.REFUSED_MAX:,} more: add --out")
    for file in made.files:
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)


@audit_app.command("erase")
def erase(
    reference: Annotated[
        str, typer.Option("--reference", help="A service user, customer, item or document.")
    ] = "",
    line: Annotated[str, typer.Option("--line", help="A bank line by its id.")] = "",
    why: Annotated[str, typer.Option("--why", help="The request and who decided; it is kept.")] = "",
    store: StoreOption = "",
    book: BookOption = None,
) -> None:
    """Take the text of a person out of the store for good. Exit code 1 if some of it is still needed and stays."""
    done = flow.privacy.erase(reference, line, why, store, book)
    terminal.out_console.print(f"{done.count:,} rows erased, of {len(done.lines):,} lines", soft_wrap=True)
    for name in done.open_lines:
        terminal.out_console.print(f"stays: line {name} is not settled yet", soft_wrap=True, markup=False)
    for name in done.in_ledger:
        told = f"stays: {name} is in what the last run read; take it out of the ledger's extract first"
        terminal.out_console.print(told, soft_wrap=True, markup=False)
    raise typer.Exit(EXIT_REVIEW if done.open_lines or done.in_ledger else EXIT_DONE)


@audit_app.command("retention")
def retention(
    store: StoreOption = "",
    book: BookOption = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: that of the last run.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Erase the text of what is listed.")] = False,
) -> None:
    """Settled lines whose text was kept longer than `privacy.keep_years` of the rules; with --apply it goes."""
    found = flow.privacy.retention(store, book, as_of.date() if as_of else None, apply=apply)
    if found.before is None:
        terminal.out_console.print("the rules of the last run set no privacy.keep_years: nothing is due")
        return
    gone = f"; {found.erased.count:,} rows erased" if found.erased else ""
    terminal.out_console.print(f"{len(found.lines):,} settled lines from before {found.before}{gone}")
    for name in found.lines[: terminal.REFUSED_MAX]:
        terminal.out_console.print(name, soft_wrap=True, markup=False)
