"""The command line: arguments -> one call of flow -> what to print (`terminal`), which exit code. Decides nothing."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from recon import __version__, flow, terminal
from recon.cli_audit import audit_app
from recon.cli_bench import bench
from recon.cli_case import case_app
from recon.cli_excel import excel_app
from recon.cli_learn import learn_app
from recon.cli_letters import letters
from recon.cli_profile import profile
from recon.cli_report import report
from recon.cli_shadow import shadowed
from recon.problems import EXIT_DONE, EXIT_INPUT, EXIT_JOB, EXIT_REVIEW, Problem, ReconError

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
app.add_typer(rules_app, name="rules")
app.add_typer(audit_app, name="audit")
app.add_typer(case_app, name="case")
app.add_typer(excel_app, name="excel")
app.add_typer(learn_app, name="learn")

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
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit code 1 if anything is left to review, unread or left out.")
]
StrictRead = Annotated[
    bool,
    typer.Option(
        "--strict", help="Exit code 1 if a file or a row could not be read, or a statement foots not."
    ),
]
StrictApply = Annotated[bool, typer.Option("--strict", help="Exit code 1 if a decision is refused.")]


def main() -> None:
    """Run the command line; the only place where errors become exit codes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no algebra is done; its threads take long to start
    # What polars frees it soon needs again: to give it back to the system at once costs a tenth of a large run. Then
    # it is given back for good; pages that the system may only take if it needs them count as memory taken.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:1000,muzzy_decay_ms:0")
    atexit.register(gc.freeze)  # or the collector looks through all that is loaded once more before the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=_several(sys.argv[1:]))
    except ReconError as error:
        terminal.complain(error.problems, terminal.REFUSED_MAX)  # they are nowhere else
        sys.exit(error.exit_code)
    except SystemExit as left:
        if left.code != STOPPED:
            raise
        terminal.err_console.print("stopped; nothing is half-written")
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
    terminal.err_console.print(
        f"recon has broken off with an error of its own ({type(error).__name__} at {where})."
    )
    terminal.err_console.print("    the old files are as they were; please report it with that place")
    terminal.err_console.print(
        "    RECON_DEBUG=1 shows the whole error, which may hold names from your files"
    )


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
        typer.Option(
            "--customers", help="Customers: a file, or a folder with aliases, closed items, successions."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Folder of month-end inputs: read and checked with the rest."),
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
    workers: Annotated[
        int,
        typer.Option("--workers", min=0, help="Parts worked on at once. Default 0: one for each processor."),
    ] = 0,
    cluster: Annotated[
        str, typer.Option("--cluster", help="Spark master that does the heavy steps: local[4], yarn, ...")
    ] = "",
    parquet: Annotated[bool, typer.Option("--parquet", help="The result tables as Parquet, too.")] = False,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", help="Column profile or format to take where several fit a file."),
    ] = None,
    shadow: Annotated[
        str,
        typer.Option("--shadow", help="Rules to try beside it, without effect; what they would have done."),
    ] = "",
    shadow_suggested: Annotated[
        bool, typer.Option("--shadow-suggested", help="Try, as if all that is suggested were accepted.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    strict: Strict = False,
) -> None:
    """Match bank lines with open items: into output files, and into a workbook."""
    folder = out if out or book else flow.OUT_DEFAULT
    limit = flow.memory.size(memory) if memory else 0
    job = flow.Job(
        bank,
        items,
        remittance or (),
        customers or (),
        rules,
        book,
        folder,
        store,
        _day(as_of),
        limit,
        workers,
        cluster,
        parquet,
        profile or (),
        data,
        shadow,
        shadow_suggested,
    )
    gc.freeze()  # what is loaded by now stays; the collector looks for tables that nobody needs
    report = terminal.with_progress(lambda progress: flow.reconcile(job, progress), quiet=quiet or as_json)
    terminal.tell_run(report, as_json=as_json, book=book is not None)
    if book and not as_json:
        terminal.out_console.print(f"workbook: {book}", soft_wrap=True)
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
    report = terminal.with_progress(lambda progress: flow.demo(job, progress), quiet=quiet or as_json)
    terminal.tell_run(report, as_json=as_json, book=True)
    if not as_json:
        terminal.out_console.print(f"workbook: {job.book}", soft_wrap=True)
        terminal.out_console.print(
            "open it, decide on Suggestions and Exceptions, save and close it; then:", soft_wrap=True
        )
        terminal.out_console.print(f"  recon apply --book {job.book}", soft_wrap=True)


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
    strict: StrictRead = False,
) -> None:
    """Any file as the standard CSV, with its problems; no matching."""
    made = flow.read(files, profile, rules)
    written = flow.write_readings(made, out) if out else []
    if as_json:
        typer.echo(json.dumps([flow.reading_facts(one) for one in made], indent=2, ensure_ascii=False))
    else:
        for path, one in made:
            terminal.tell_reading(path, one, "in problems.csv" if written else terminal.ALL_WITH_OUT)
        for file in written:
            terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    if all(isinstance(one, ReconError) for _path, one in made):
        raise typer.Exit(EXIT_INPUT)
    raise typer.Exit(EXIT_REVIEW if strict and flow.lacking(made) else EXIT_DONE)


@app.command()
def apply(
    book: Annotated[Path, typer.Option("--book", help="The reviewed workbook, saved and closed.")],
    store: StoreOption = "",
    who: Annotated[
        str, typer.Option("--who", help="Who decided, where the sheet does not say. Default: your login.")
    ] = "",
    strict: StrictApply = False,
) -> None:
    """The reviewer's decisions out of the workbook, into the store, and back onto the sheets."""
    collected = flow.collect(book, store, who)
    many = "decision" if collected.accepted == 1 else "decisions"
    waits = f", {collected.waiting} for a second person" if collected.waiting else ""
    terminal.out_console.print(f"{collected.accepted} {many} applied, {collected.refused} refused{waits}")
    where = "in the column Result of Suggestions, Exceptions and Allocations"
    terminal.complain(collected.problems, terminal.REFUSED_MAX, where)
    terminal.complain(collected.shown)
    raise typer.Exit(EXIT_REVIEW if strict and collected.refused else EXIT_DONE)


@app.command()
def post(
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="generic, unit4, coda, sage, xero, quickbooks, tally, or a layout of your own (FILE.yaml).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the posting file.")],
    store: StoreOption = "",
    book: Annotated[
        Path | None,
        typer.Option("--book", help="Workbook, closed: its store, and its sheets show the posting."),
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Who posts. Default: your login.")] = "",
    company: Annotated[
        str, typer.Option("--company", help="Only this company's, as the items' column entity has it.")
    ] = "",
) -> None:
    """What is accepted, as a posting file for the ledger; one for each company where the ledger wants it so."""
    posted = flow.post(format_name, out, store, book, who, company)
    if posted is None:
        terminal.out_console.print("nothing is accepted that could be posted")
        return
    for one in posted.lost:
        terminal.out_console.print(
            f"batch {one.batch_id} was posted, and the job ended before its file was written ({one.format}), "
            f"{one.lines} bank lines: here it is",
            soft_wrap=True,
        )
    made = (*posted.others, posted)
    for one in made:
        whose = f" of company {one.company}" if one.company else ""
        if one.again:
            terminal.out_console.print(
                f"nothing new is accepted; this is batch {one.batch_id} again ({one.format}), {one.lines} "
                f"bank lines{whose}",
                markup=False,
                soft_wrap=True,
            )
        else:
            told = f"batch {one.batch_id}: {one.lines} bank lines{whose}"
            terminal.out_console.print(told, markup=False, soft_wrap=True)
            terminal.out_console.print(one.control, markup=False, soft_wrap=True)
    for file in (file for one in (*posted.lost, *made) for file in one.files):
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    terminal.complain([problem for one in made for problem in one.held])


@rules_app.command("check")
def rules_check(
    file: Annotated[
        str, typer.Argument(help="Rules file or column profile; default: the rules that come with recon.")
    ] = "",
) -> None:
    """Everything that is wrong in a rules file, a column profile or a posting layout, with line and nearest key."""
    layout = flow.settings.layout_of(file)
    if layout:
        told = f"{layout[1]}: the posting layout `{layout[0].name}` ({layout[0].title}) is right"
        terminal.out_console.print(told, soft_wrap=True, markup=False)
        return
    found = flow.settings.profile_of(file)
    if found:
        profile, path = found
        told = f"{path}: the column profile `{profile.name}` ({profile.title}) is right"
        terminal.out_console.print(told, soft_wrap=True, markup=False)
        return
    loaded, path = flow.settings.load_rules(file)
    profiles = flow.settings.load_profiles(loaded, path)
    remarks = flow.settings.remarks(path)
    said = "can be used, but look at this" if remarks else "are right"
    terminal.out_console.print(
        f"{path}: the rules `{loaded.name}` {said}, with {len(profiles)} column profiles", soft_wrap=True
    )
    terminal.complain(remarks, len(remarks))


@rules_app.command("replay")
def rules_replay(
    rules: Annotated[str, typer.Option("--rules", help="The changed rules file.")] = "",
    store: StoreOption = "",
    book: Annotated[Path | None, typer.Option("--book", help="Workbook, whose store has the runs.")] = None,
    run_id: Annotated[str, typer.Option("--run", help="Which run. Default: the last one.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All runs, each in the state of its day.")] = False,
    learned: Annotated[
        bool, typer.Option("--learned", help="With what is accepted by now of what was learned.")
    ] = False,
    suggested: Annotated[
        bool, typer.Option("--suggested", help="As if all that is suggested were accepted, too.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for replay.csv and replay.json.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """What changed rules, or what was learned, would have done to past runs, in counts and money."""
    if every and run_id:
        raise ReconError(
            Problem("run-unknown", run_id, "--run and --all exclude each other", "leave one out")
        )
    made = terminal.with_progress(
        lambda progress: flow.replay.replay(
            rules,
            store,
            book,
            run_id,
            every=every,
            learned="suggested" if suggested else "accepted" if learned else "",
            out=out,
            progress=progress,
        ),
        quiet=quiet or as_json,
    )
    if as_json:
        typer.echo(json.dumps(made.facts, indent=2, ensure_ascii=False))
    else:
        for line in flow.replay.told(made.facts):
            terminal.out_console.print(line, soft_wrap=True, markup=False)
        for file in made.files:
            terminal.out_console.print(f"wrote {file}", soft_wrap=True)
    terminal.complain(made.problems)


rules_app.command("shadow")(shadowed)


@rules_app.command("schema")
def rules_schema() -> None:
    """The JSON Schema of rules files, for editors that complete and check while one types."""
    typer.echo(json.dumps(flow.settings.schema(), indent=2))


app.command("report")(report)
app.command("letters")(letters)
app.command("profile")(profile)
app.command("bench")(bench)


@app.command()
def version() -> None:
    """The version of recon."""
    typer.echo(__version__)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


if __name__ == "__main__":
    main()
