"""The command line: arguments -> one call of flow -> what to print, which exit code. Decides nothing."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console

from recon import __version__, flow
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_JOB, EXIT_REVIEW, Problem, ReconError

if TYPE_CHECKING:
    from recon.model import Reading

SHOWN_MAX = 12  # problems shown on the terminal; the file has all
STOPPED = 130  # what typer makes of Ctrl-C

app = typer.Typer(
    name="recon",
    help="Finds out which open invoices a bank receipt paid, says why, and knows when not to post.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
rules_app = typer.Typer(
    help="Check a rules file, try it on past runs, or print its JSON Schema.", no_args_is_help=True
)
excel_app = typer.Typer(help="The workbook.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
app.add_typer(excel_app, name="excel")

out_console = Console(highlight=False)
err_console = Console(stderr=True, highlight=False)

RulesOption = Annotated[str, typer.Option("--rules", help="Rules file, or default, uk_care, india_care.")]
StoreOption = Annotated[
    str, typer.Option("--store", help="Where decisions are kept: a file or a database URL.")
]
BookOption = Annotated[Path | None, typer.Option("--book", help="Workbook; made if it does not exist.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Default: latest booking date.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress display.")]
AsJson = Annotated[bool, typer.Option("--json", help="The summary as JSON.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 1 if anything is left to review.")]


def main() -> None:
    """Run the command line; the only place where errors become exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=_several(sys.argv[1:]))
    except ReconError as error:
        _complain(error.problems)
        sys.exit(error.exit_code)
    except SystemExit as left:
        if left.code != STOPPED:
            raise
        err_console.print("stopped; nothing is half-written")
        sys.exit(EXIT_JOB)
    except Exception as error:  # noqa: BLE001 - a face shows no traceback; the words of an error may hold names
        _broke(error)
        sys.exit(EXIT_JOB)


def _broke(error: Exception) -> None:
    """A promise of our own is broken: say so, and where, without a word of the user's data."""
    if os.environ.get("RECON_DEBUG"):
        raise error
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "recon" in frame.filename]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    err_console.print(f"recon has broken off with an error of its own ({type(error).__name__} at {where}).")
    err_console.print("    the old files are as they were; please report it with that place")
    err_console.print("    RECON_DEBUG=1 shows the whole error, which may hold names from your files")


MULTIPLE = ("--bank", "--items", "--remittance", "--customers")


def _several(arguments: Sequence[str]) -> list[str]:
    """`--bank a b c` as `--bank a --bank b --bank c`: an option with several files takes all that follow."""
    made: list[str] = []
    current = ""
    taken = 0
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            current, taken = (argument if argument in MULTIPLE else ""), 0
            made.append(argument)
            continue
        if current and taken:
            made.append(current)
        made.append(argument)
        taken += 1
    return made


@app.command()
def run(
    bank: Annotated[list[str], typer.Option("--bank", help="Bank statements: files, folders or globs.")],
    items: Annotated[list[str], typer.Option("--items", help="Open items of the ledger.")],
    remittance: Annotated[list[str] | None, typer.Option("--remittance", help="Remittance advices.")] = None,
    customers: Annotated[
        list[str] | None,
        typer.Option("--customers", help="Customers: a file, or a folder with aliases and closed items too."),
    ] = None,
    rules: RulesOption = "",
    book: BookOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the output files (default: recon-out, without --book)."),
    ] = None,
    store: StoreOption = "",
    as_of: AsOf = None,
    memory: Annotated[
        str, typer.Option("--memory", help="Memory to stay within, as 4GB. Default: as much as it takes.")
    ] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
    strict: Strict = False,
) -> None:
    """Match bank lines with open items: into output files, and into a workbook."""
    folder = out if out or book else flow.OUT_DEFAULT
    limit = flow.memory.size(memory) if memory else 0
    job = flow.Job(
        bank, items, remittance or (), customers or (), rules, book, folder, store, _day(as_of), limit
    )
    report = _with_progress(lambda progress: flow.reconcile(job, progress), quiet=quiet or as_json)
    _tell_run(report, as_json=as_json)
    if book and not as_json:
        out_console.print(f"workbook: {book}", soft_wrap=True)
    raise typer.Exit(EXIT_REVIEW if strict and report.to_review else EXIT_DONE)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("recon-demo"),
    story: Annotated[str, typer.Option("--story", help="uk or india.")] = "uk",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """The main job on the sample data: read, match, write the workbook and the output files."""
    job = flow.demo_job(out, story)
    report = _with_progress(lambda progress: flow.demo(job, progress), quiet=quiet or as_json)
    _tell_run(report, as_json=as_json)
    if not as_json:
        out_console.print(f"workbook: {job.book}", soft_wrap=True)
        out_console.print(
            "open it, decide on Suggestions and Exceptions, save and close it; then:", soft_wrap=True
        )
        out_console.print(f"  recon apply --book {job.book}", soft_wrap=True)


@app.command()
def read(
    files: Annotated[
        list[str], typer.Argument(help="Any bank, remittance or ledger files, folders or globs.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the standard CSV of each file.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="Column profile, where several fit.")] = "",
    rules: RulesOption = "",
    as_json: AsJson = False,
) -> None:
    """Any file as the standard CSV, with its problems; no matching."""
    made = flow.read(files, profile, rules)
    written = flow.write_readings(made, out) if out else []
    if as_json:
        typer.echo(json.dumps([flow.reading_facts(one) for one in made], indent=2, ensure_ascii=False))
    else:
        for path, one in made:
            _tell_reading(path, one)
        for file in written:
            out_console.print(f"wrote {file}", soft_wrap=True)
    if all(isinstance(one, ReconError) for _path, one in made):
        raise typer.Exit(EXIT_INPUT)


@app.command()
def apply(
    book: Annotated[Path, typer.Option("--book", help="The reviewed workbook, saved and closed.")],
    store: StoreOption = "",
    who: Annotated[
        str, typer.Option("--who", help="Who decided, where the sheet does not say. Default: your login.")
    ] = "",
) -> None:
    """The reviewer's decisions out of the workbook, into the store, and back onto the sheets."""
    collected = flow.collect(book, store, who)
    many = "decision" if collected.accepted == 1 else "decisions"
    out_console.print(f"{collected.accepted} {many} applied, {collected.refused} refused")
    _complain(collected.problems)


@app.command()
def post(
    format_name: Annotated[str, typer.Option("--format", help="Posting format: generic.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the posting file.")],
    store: StoreOption = "",
    book: BookOption = None,
    who: Annotated[str, typer.Option("--who", help="Who posts. Default: your login.")] = "",
) -> None:
    """What is accepted, as a posting file for the ledger."""
    posted = flow.post(format_name, out, store, book, who)
    if posted is None:
        out_console.print("nothing is accepted that could be posted")
        return
    if posted.again:
        out_console.print(
            f"nothing new is accepted; this is batch {posted.batch_id} again, {posted.lines} bank lines"
        )
    else:
        out_console.print(f"batch {posted.batch_id}: {posted.lines} bank lines")
        out_console.print(posted.control, markup=False)
    for file in posted.files:
        out_console.print(f"wrote {file}", soft_wrap=True)


@rules_app.command("check")
def rules_check(
    file: Annotated[str, typer.Argument(help="Rules file; default: the one that comes with recon.")] = "",
) -> None:
    """Everything that is wrong in a rules file, with line and nearest key."""
    loaded, path = flow.settings.load_rules(file)
    profiles = flow.settings.load_profiles(loaded, path)
    out_console.print(
        f"{path}: the rules `{loaded.name}` are right, with {len(profiles)} column profiles", soft_wrap=True
    )
    _complain(flow.settings.remarks(path))


@rules_app.command("replay")
def rules_replay(
    rules: Annotated[str, typer.Option("--rules", help="The changed rules file.")],
    store: StoreOption = "",
    book: Annotated[Path | None, typer.Option("--book", help="Workbook, whose store has the runs.")] = None,
    run_id: Annotated[str, typer.Option("--run", help="Which run. Default: the last one.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All runs, each in the state of its day.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for replay.csv and replay.json.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """What a changed rules file would have done to past runs, in counts and money; nothing is changed by it."""
    if every and run_id:
        raise ReconError(
            Problem("run-unknown", run_id, "--run and --all exclude each other", "leave one out")
        )
    made = _with_progress(
        lambda progress: flow.replay.replay(
            rules, store, book, run_id, every=every, out=out, progress=progress
        ),
        quiet=quiet or as_json,
    )
    if as_json:
        typer.echo(json.dumps(made.facts, indent=2, ensure_ascii=False))
    else:
        for line in flow.replay.told(made.facts):
            out_console.print(line, soft_wrap=True, markup=False)
        for file in made.files:
            out_console.print(f"wrote {file}", soft_wrap=True)
    _complain(made.problems)


@rules_app.command("schema")
def rules_schema() -> None:
    """The JSON Schema of rules files, for editors that complete and check while one types."""
    typer.echo(json.dumps(flow.settings.schema(), indent=2))


@excel_app.command("new")
def excel_new(
    book: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("recon.xlsm"),
) -> None:
    """A fresh workbook, whose buttons start this Python."""
    flow.new_book(book, sys.executable)
    out_console.print(f"wrote {book}; how to set up Excel for it: docs/excel.md", soft_wrap=True)


@app.command("bench")
def bench_command(
    lines: Annotated[
        str, typer.Option("--lines", help="Bank lines of each flavour; with --speed sizes: 1000,10000.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="The generator's seed.")] = 1,
    seeds: Annotated[
        str, typer.Option("--seeds", help="Several seeds: 10 (the first ten), 11-20, or 3,7,19.")
    ] = "",
    density: Annotated[
        float | None,
        typer.Option("--items-per-line", min=0.5, max=20, help="Open items for each bank line, about."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page, its chart and the data sets.")
    ] = None,
    page_only: Annotated[bool, typer.Option("--page-only", help="With --out: no data sets.")] = False,
    results: Annotated[
        Path | None, typer.Option("--score", help="Folder with another engine's three result tables.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="With --score: its data set's folder.")
    ] = None,
    peers: Annotated[bool, typer.Option("--peers", help="Other engines on the same lines too.")] = False,
    peers_python: Annotated[
        str, typer.Option("--peers-python", help="The Python that has recon[peers]. Default: this one.")
    ] = "",
    fast: Annotated[bool, typer.Option("--speed", help="Seconds and memory by size, not quality.")] = False,
    as_json: AsJson = False,
) -> None:
    """Quality on generated cases with known truth; or speed."""
    others = flow.peers.look(peers_python) if peers else None
    sizes = flow.bench.sizes_of(lines or (flow.speed.SIZES if fast else flow.bench.SIZE), several=fast)
    if fast:
        sped = flow.speed.run(sizes, seed, out, others, lambda said: err_console.print(said, soft_wrap=True))
        typer.echo(json.dumps(sped.figures, indent=2) if as_json else sped.page)
        return
    if (results is None) != (truth is None):
        raise ReconError(
            Problem("bench-options", "recon bench", "--score and --truth go together", "name both")
        )
    if results is not None and truth is not None:
        made = flow.bench.score_files(results, truth)
    else:
        chosen = flow.bench.seeds_of(seeds) if seeds else (seed,)
        made = _with_progress(
            lambda progress: flow.bench.run(
                sizes[0],
                chosen,
                out,
                items_per_line=density or flow.bench.DENSITY,
                data=not page_only,
                others=others,
                progress=progress,
            ),
            quiet=as_json,
        )
    if as_json:
        typer.echo(json.dumps(made.figures, indent=2))
        return
    typer.echo(made.page)
    for file in made.files:
        out_console.print(f"wrote {file}", soft_wrap=True)


@app.command()
def version() -> None:
    """The version of recon."""
    typer.echo(__version__)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


Made = TypeVar("Made")


def _with_progress(work: Callable[[flow.Progress], Made], *, quiet: bool) -> Made:
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


def _tell_run(report: flow.Report, *, as_json: bool) -> None:
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
        row = [_money(amounts.get(currency, "0.00")) for currency in currencies]
        table.add_row(words, f"{summary['outcomes'][outcome]['lines']:,}", *row)
    total = sum(summary["outcomes"][outcome]["lines"] for outcome in WORDS)
    sums = [_money(summary["control_totals"][currency]["bank_lines"]) for currency in currencies]
    table.add_row("all bank lines", f"{total:,}", *sums, style="bold")
    out_console.print(table)
    for currency in currencies:
        amounts = summary["control_totals"][currency]
        parts = (
            "allocated_auto",
            "allocated_suggested",
            "on_account",
            "exceptions",
            "not_receivable",
            "duplicates",
        )
        words = ", ".join(f"{name.replace('_', ' ')} {_money(amounts[name])}" for name in parts)
        out_console.print(f"{currency}: {words}; difference {amounts['difference']}", soft_wrap=True)
    for left in summary["statements_left_out"]:
        out_console.print(
            f"left out: {left['file']}, {left['lines']} lines; it does not foot by {left['difference']}",
            soft_wrap=True,
        )
    _complain(report.problems)
    if summary.get("peak_mb"):
        spent = sum(summary["seconds"].values())
        out_console.print(f"{spent:.1f} s, at most {summary['peak_mb']:,} MB", soft_wrap=True)
    if report.out:
        names = ", ".join(file.name for file in report.files)
        out_console.print(f"wrote {names} into {report.out}", soft_wrap=True)


def _money(text: str) -> str:
    """Decimal text with thousands commas, all its decimals kept."""
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}" if not whole.startswith("-0") else text


def _tell_reading(path: Path, one: Reading | ReconError) -> None:
    if isinstance(one, ReconError):
        _complain(one.problems)
        return
    facts = flow.reading_facts((path, one))
    sums = ", ".join(f"{currency} {_money(amount)}" for currency, amount in facts["sum"].items())
    profile = f" ({one.profile})" if one.profile else ""
    out_console.print(
        f"{one.path}: {one.kind}, {one.format}{profile}, {facts['rows']} rows{', ' + sums if sums else ''}",
        soft_wrap=True,
    )
    for statement in facts["statements"]:
        if statement["opening"] or statement["closing"]:
            state = {
                True: "foots",
                False: f"does not foot by {statement['difference']}",
                None: "not checked",
            }[statement["foots"]]
            out_console.print(
                f"    {statement['account']} {statement['currency']}: {statement['opening']} + {statement['total']}"
                f" = {statement['closing']}, {state}",
                soft_wrap=True,
            )
    _complain(one.problems)


def _complain(problems: Sequence[Problem]) -> None:
    """Problems on the error stream: where, what, what to do; the first few."""
    for problem in problems[:SHOWN_MAX]:
        err_console.print(str(problem), markup=False, soft_wrap=True)
    if len(problems) > SHOWN_MAX:
        more = len(problems) - SHOWN_MAX
        err_console.print(f"... and {more} more, in problems.csv and on the sheet Problems", soft_wrap=True)


if __name__ == "__main__":
    main()
