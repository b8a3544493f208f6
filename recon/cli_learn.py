"""`recon learn`: its options, one call of flow for each, and what it says of it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from recon import flow, terminal
from recon.problems import EXIT_DONE, EXIT_REVIEW

learn_app = typer.Typer(
    help="What decisions teach: suggested, accepted or refused, and withdrawn.", no_args_is_help=True
)

StoreOption = Annotated[str, typer.Option("--store", help="Store: a file or a URL. Default: that of --book.")]
BookOption = Annotated[Path | None, typer.Option("--book", help="Workbook, whose store is meant.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Ids = Annotated[list[str], typer.Argument(help="Ids, as recon learn list shows them.")]
Who = Annotated[str, typer.Option("--who", help="Who says so. Default: your login.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


@learn_app.command("list")
def list_(store: StoreOption = "", book: BookOption = None, as_json: AsJson = False) -> None:
    """What decisions suggest, with what speaks for and against it; and what was said before."""
    known = flow.learn_desk.listed(store, book)
    rows = known.rows.to_dicts()
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
        return
    for row in rows:
        terminal.out_console.print(_line(row), soft_wrap=True, markup=False)
    if not rows:
        terminal.out_console.print("nothing is suggested, and nothing was accepted or refused")


def _line(row: dict[str, Any]) -> str:
    """`alias-1f0c9a2b  suggested  HILLTOP PAYROLL = K101: 3 lines on 3 days, by anna`."""
    counted = f"{row['lines']} {'line' if row['lines'] == 1 else 'lines'}"
    days = f" on {row['days']} {'day' if row['days'] == 1 else 'days'}" if row["days"] else ""
    people = f", by {', '.join(row['people'])}" if row["people"] else ""
    against = f"; against it: {row['against']}" if row["against"] else ""
    stands = flow.learning_page.stands(row)
    told = f"; {stands}" if stands else ""
    return f"{row['id']}  {row['state']}  {row['subject']} = {row['meaning']}: {counted}{days}{people}{against}{told}"


@learn_app.command("calibration")
def calibration(store: StoreOption = "", book: BookOption = None, as_json: AsJson = False) -> None:
    """How right proposals were by decisions, and from which confidence on they reach the target precision."""
    found = flow.learn_desk.calibrated(store, book)
    if as_json:
        typer.echo(json.dumps(flow.calibration.figures(found), indent=2))
        return
    for line in flow.calibration.told(found):
        terminal.out_console.print(line, soft_wrap=True, markup=False)


@learn_app.command("accept")
def accept(
    ids: Ids,
    store: StoreOption = "",
    book: BookOption = None,
    who: Who = "",
    note: Note = "",
    valid_from: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day. Default: of the first line."),
    ] = None,
    valid_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day. Default: none.")
    ] = None,
) -> None:
    """Let suggestions count from the next run on."""
    days = [moment.date() if moment else None for moment in (valid_from, valid_to)]
    _answer(ids, "accept", store, book, who=who, note=note, first=days[0], last=days[1])


@learn_app.command("refuse")
def refuse(
    ids: Ids, store: StoreOption = "", book: BookOption = None, who: Who = "", note: Note = ""
) -> None:
    """Don't suggest them any more."""
    _answer(ids, "refuse", store, book, who=who, note=note)


@learn_app.command("withdraw")
def withdraw(
    ids: Ids, store: StoreOption = "", book: BookOption = None, who: Who = "", note: Note = ""
) -> None:
    """What was accepted counts no more from the next run on; a rejected pair may be posted again."""
    _answer(ids, "withdraw", store, book, who=who, note=note)


@learn_app.command("confirm")
def confirm(
    ids: Ids, store: StoreOption = "", book: BookOption = None, who: Who = "", note: Note = ""
) -> None:
    """What is held since decisions contradict it counts again from the next run on."""
    _answer(ids, "confirm", store, book, who=who, note=note)


def _answer(
    ids: list[str],
    word: str,
    store: str,
    book: Path | None,
    *,
    who: str,
    note: str,
    first: date | None = None,
    last: date | None = None,
) -> None:
    answered = flow.learn_desk.answer(ids, word, store, book, who=who, note=note, first=first, last=last)
    refused = "refused"  # told below, with what to do
    for name, text in answered.results.items():
        if text.startswith(refused):
            continue
        terminal.out_console.print(f"{name}: {text}", soft_wrap=True, markup=False)
    terminal.complain(answered.problems)
    raise typer.Exit(EXIT_REVIEW if answered.problems else EXIT_DONE)
