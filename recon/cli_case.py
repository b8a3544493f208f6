"""`recon case`: queries of payers, promises to pay and notes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal

case_app = typer.Typer(help="Queries of payers, promises to pay, notes.", no_args_is_help=True)

StoreOption = Annotated[str, typer.Option("--store", help="Store: a file or a URL. Default: that of --book.")]
BookOption = Annotated[Path | None, typer.Option("--book", help="Workbook, whose store is meant.")]


@case_app.command("open")
def open_(
    kind: Annotated[str, typer.Argument(help="query, promise or note.")],
    line: Annotated[str, typer.Option("--line", help="The bank line that it is about.")] = "",
    item: Annotated[str, typer.Option("--item", help="The open item, by its id or document number.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="The customer.")] = "",
    amount: Annotated[str, typer.Option("--amount", help="Default: the item's or the line's.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Default: the item's or the line's.")] = "",
    due: Annotated[
        datetime | None, typer.Option("--due", formats=["%Y-%m-%d"], help="Of a promise: the day.")
    ] = None,
    owner: Annotated[str, typer.Option("--owner", help="Whose turn it is.")] = "",
    text: Annotated[str, typer.Option("--text", help="What was said.")] = "",
    store: StoreOption = "",
    book: BookOption = None,
) -> None:
    """Open a query, a promise or a note. An item with an open query is not posted without a person."""
    if kind not in flow.cases.KINDS:
        raise typer.BadParameter(f"it is query, promise or note, not {kind}")
    day = due.date() if due else None
    asked = flow.cases.Opened(kind, line, item, customer, amount, currency, day, owner, text)
    terminal.out_console.print(f"{flow.cases.opened(asked, store, book)} is open")


@case_app.command("say")
def say(
    case: Annotated[str, typer.Argument(help="The case, as Q-1.")],
    event: Annotated[str, typer.Argument(help="answered, opened (again), assigned, cancelled or closed.")],
    owner: Annotated[str, typer.Option("--owner", help="Whose turn it is from now on.")] = "",
    text: Annotated[str, typer.Option("--text", help="What was said.")] = "",
    store: StoreOption = "",
    book: BookOption = None,
) -> None:
    """Say something of a case: it is answered, assigned to somebody, closed."""
    flow.cases.said(case, event, owner, text, store, book)
    terminal.out_console.print(f"{case}: {event}")


@case_app.command("list")
def list_(
    store: StoreOption = "",
    book: Annotated[
        Path | None, typer.Option("--book", help="Workbook, closed: its store; its sheet Queries is written.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for cases.csv.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: today.")
    ] = None,
) -> None:
    """How queries and promises stand: owner, age in working days, level, what to do next."""
    found = flow.cases.listed(store, book, out, as_of.date() if as_of else None)
    for row in found.rows.head(terminal.REFUSED_MAX).iter_rows(named=True):
        about = row["item_id"] or row["line_id"] or row["customer_id"]
        days = f"{row['working_days']} working days" if row["working_days"] is not None else ""
        parts = (row["case_id"], row["state"], about, row["amount"], row["currency"], days, row["next"])
        said = "  ".join(str(one) for one in parts if one)
        terminal.out_console.print(said, soft_wrap=True, markup=False)
    for file in found.files:
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    if found.sheets:
        terminal.out_console.print(
            f"sheet of {book}: {', '.join(found.sheets)}", soft_wrap=True, markup=False
        )
    terminal.complain(found.problems)
