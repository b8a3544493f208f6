"""What the commands print: progress, the summary of a run, readings, problems. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from rich.console import Console

from recon import flow
from recon.problems import LOST, Problem, ReconError, shown

if TYPE_CHECKING:
    from recon.model import Reading

ALL_WITH_OUT = "which --out DIR writes into problems.csv"
SHOWN_MAX = 12  # problems shown on the terminal; the file has all
UNREAD_MAX = 5  # files without a reading that the summary names; summary.json has all
REFUSED_MAX = 100  # refused decisions shown on the terminal: each is to be decided anew

# Names of files stand in what is printed: `[/` in one is no markup, and line `:100:` of one no emoji.
out_console = Console(highlight=False, markup=False, emoji=False)
err_console = Console(stderr=True, highlight=False, markup=False, emoji=False)

Made = TypeVar("Made")


def with_progress(work: Callable[[flow.Progress], Made], *, quiet: bool) -> Made:
    """Do the work, with a progress display on a terminal and none elsewhere."""
    if quiet or not err_console.is_terminal:
        return work(flow.silent)
    from rich.progress import (  # noqa: PLC0415 - only for a terminal
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:>6}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[lines]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err_console, transient=True) as display:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, of: int, lines: int = 0, /) -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(stage, total=of, lines="")
            display.update(tasks[stage], completed=done, total=of, lines=_rate(display, tasks[stage], lines))

        return work(show)


def _rate(display: Any, task: Any, lines: int) -> str:
    """Lines so far, and how many a second."""
    if not lines:
        return ""
    spent = display.tasks[task].elapsed or 0.0
    rate = f", {lines / spent:,.0f} a second" if spent >= 1 else ""
    return f"{lines:,} lines{rate}"


WORDS = {
    "auto": "matched automatically",
    "suggested": "suggestions to review",
    "exception": "exceptions",
    "not_receivable": "not receivable",
    "duplicate": "duplicates",
}


# The control totals: where each penny is. Lines with an exception may have a part allocated or on account.
TOTALS = {
    "allocated_auto": "allocated auto",
    "allocated_suggested": "allocated suggested",
    "on_account": "on account",
    "exceptions": "left in exceptions",
    "not_receivable": "not receivable",
    "duplicates": "duplicates",
}


def tell_run(report: flow.Report, *, as_json: bool, book: bool = False) -> None:
    """The summary: counts and sums by outcome, control totals, problems, where the files are."""
    if as_json:
        typer.echo(json.dumps(report.summary, indent=2, ensure_ascii=False))
        return
    summary = report.summary
    currencies = list(summary["control_totals"])
    from rich.table import Table  # noqa: PLC0415 - most commands show no table

    table = Table(box=None, pad_edge=False)
    table.add_column(f"as of {summary['as_of']}")
    table.add_column("lines", justify="right")
    for currency in currencies:
        table.add_column(currency, justify="right")
    for outcome, words in WORDS.items():
        amounts = summary["outcomes"][outcome]["amount"]
        row = [money(amounts.get(currency, "0.00")) for currency in currencies]
        table.add_row(words, f"{summary['outcomes'][outcome]['lines']:,}", *row)
    total = sum(summary["outcomes"][outcome]["lines"] for outcome in WORDS)
    sums = [money(summary["control_totals"][currency]["bank_lines"]) for currency in currencies]
    table.add_row("all bank lines", f"{total:,}", *sums, style="bold")
    out_console.print(table)
    _tell_totals(summary, currencies)
    places = ["in problems.csv"] if report.out else []
    complain(report.problems, all_are=" and ".join([*places, *(["on the sheet Problems"] if book else [])]))
    if summary.get("peak_mb"):
        spent = sum(summary["seconds"].values())
        out_console.print(f"{spent:.1f} s, at most {summary['peak_mb']:,} MB", soft_wrap=True)
    if report.out:
        names = ", ".join(file.name for file in report.files)
        out_console.print(f"wrote {names} into {report.out}", soft_wrap=True)


def _tell_totals(summary: Mapping[str, Any], currencies: Sequence[str]) -> None:
    """What waits above the ceiling, control totals, deductions, what was left out or not read, what was tried."""
    above = summary["above_ceiling"]["lines"]
    if above:
        many = "line waits" if above == 1 else "lines wait"
        told = (
            f"{above:,} automatic {many} on Suggestions for a second person, above controls.auto_post_ceiling"
        )
        out_console.print(told, soft_wrap=True)
    for currency in currencies:
        amounts = summary["control_totals"][currency]
        words = ", ".join(f"{said} {money(amounts[name])}" for name, said in TOTALS.items())
        out_console.print(f"{currency}: {words}; difference {amounts['difference']}", soft_wrap=True)
    for currency, kinds in summary["deductions"].items():
        words = ", ".join(f"{kind} {money(amount)}" for kind, amount in kinds.items())
        out_console.print(f"{currency} settled besides cash: {words}", soft_wrap=True)
    for left in summary["statements_left_out"]:
        out_console.print(
            shown(f"left out: {left['file']}, {_left_out(left)}"),
            soft_wrap=True,
        )
    if summary["lines_left_out"]:
        told = (
            f"{summary['lines_read']:,} bank lines were read, {summary['lines_left_out']:,} of them left out"
        )
        out_console.print(told, soft_wrap=True)
    _tell_unread(summary["files_unread"])
    if "shadow" in summary:
        for line in flow.shadow.told(summary["shadow"]):
            out_console.print(line, soft_wrap=True)


def _left_out(left: Mapping[str, Any]) -> str:
    """A statement that was left out: whose, how many lines, how it does not foot."""
    lines = "1 line" if left["lines"] == 1 else f"{left['lines']:,} lines"
    return f"{_whose(left)}: {lines}, {money(left['total'])}; it {_unfooted(left['difference'])}"


def _whose(statement: Mapping[str, Any]) -> str:
    return f"{statement['account']} {statement['currency']}".strip() or "no account named"


def _tell_unread(names: Sequence[str]) -> None:
    """How many files were not read, and which; the run went on without them."""
    if names:
        many = "1 file" if len(names) == 1 else f"{len(names):,} files"
        more = f" and {len(names) - UNREAD_MAX:,} more" if len(names) > UNREAD_MAX else ""
        told = f"not read: {many}, of which nothing is in this run: {', '.join(names[:UNREAD_MAX])}{more}"
        out_console.print(shown(told), soft_wrap=True)


def money(text: str) -> str:
    """Decimal text with thousands commas, all its decimals kept."""
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}" if not whole.startswith("-0") else text


def tell_reading(path: Path, one: Reading | ReconError, all_are: str = ALL_WITH_OUT) -> None:
    """One file that was read: what it is, its sums, whether its statements foot, its problems."""
    if isinstance(one, ReconError):
        complain(one.problems, all_are=all_are)
        return
    facts = flow.reading_facts((path, one))
    sums = ", ".join(f"{currency} {money(amount)}" for currency, amount in facts["sum"].items())
    profile = f" ({one.profile})" if one.profile else ""
    out_console.print(
        shown(
            f"{one.path}: {one.kind}, {one.format}{profile}, {facts['rows']} rows{', ' + sums if sums else ''}"
        ),
        soft_wrap=True,
    )
    bare = 0
    for statement in facts["statements"]:
        bare += not (statement["opening"] or statement["closing"])
        if bare <= SHOWN_MAX or statement["opening"] or statement["closing"]:
            out_console.print(f"    {shown(_statement(statement))}", soft_wrap=True)
    if bare > SHOWN_MAX:
        out_console.print(f"    ... and {bare - SHOWN_MAX:,} more without balances", soft_wrap=True)
    complain(one.problems, all_are=all_are)


def _statement(said: Mapping[str, Any]) -> str:
    """A statement in a line: the sum that its balances make, or what there is and which balance lacks."""
    whose = _whose(said)
    state = {True: "foots", False: _unfooted(said["difference"]), None: "so not checked"}[said["foots"]]
    opening, closing, total = said["opening"], said["closing"], said["total"]
    if opening and closing:
        return f"{whose}: {opening} + {total} = {closing}, {state}"
    lines = "1 line" if said["lines"] == 1 else f"{said['lines']:,} lines"
    lacks = "no closing balance" if opening else "no opening balance" if closing else "no balances"
    has = f"opening {opening}, " if opening else f"closing {closing}, " if closing else ""
    return f"{whose}: {lines}, {total}; {has}{lacks}, {state}"


def complain(
    problems: Sequence[Problem],
    most: int = SHOWN_MAX,
    all_are: str = "",
) -> None:
    """Problems on the error stream: where, what, what to do; the first few, what was lost before all else."""
    for problem in sorted(problems, key=lambda one: one.code not in LOST)[:most]:
        err_console.print(str(problem), soft_wrap=True)
    if len(problems) > most:
        where = f", {all_are}" if all_are else ""
        err_console.print(f"... and {len(problems) - most:,} more{where}", soft_wrap=True)


def _unfooted(difference: str) -> str:
    """How a statement does not foot; where a control other than its balances fails, its problem says which."""
    by_balances = bool(difference) and Decimal(difference) != 0
    return f"does not foot by {money(difference)}" if by_balances else "does not foot: see its problem"
