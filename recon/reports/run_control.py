"""Run control: what the last runs read, where it went, that it adds up, and who ran and posted."""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.reports.shape import Column, Inputs, Kind, Made, Part, Report
from recon.reports.tables import FILES, POSTINGS, RUNS

_SHEET: Final = "Run control"
_MONEY: Final = {
    "bank_lines": "Bank lines",
    "allocated_auto": "Automatic",
    "allocated_suggested": "Suggested",
    "on_account": "On account",
    "exceptions": "Exceptions",
    "not_receivable": "Not receivable",
    "duplicates": "Duplicates",
    "difference": "Difference",
}
_RUNS: Final = (
    Column("started", "Started", RUNS["started"].what, width=17),
    Column("who", "Who", RUNS["who"].what, width=12),
    Column("as_of", "As of", RUNS["as_of"].what, Kind.DATE, 11),
    Column("rules", "Rules", RUNS["rules"].what, width=12),
    Column("files", "Files", RUNS["files"].what, Kind.NUMBER, 7),
    Column("lines", "Lines", RUNS["lines"].what, Kind.NUMBER, 9),
    Column("currency", "Currency", RUNS["currency"].what, width=9, optional=True),
    *(Column(name, title, RUNS[name].what, Kind.MONEY, 13) for name, title in _MONEY.items()),
    Column("check", "Check", "agrees, where the parts are the sum to the penny; else differs", width=9),
    Column("problems", "Problems", RUNS["problems"].what, Kind.NUMBER, 9),
    Column("left_out", "Left out", RUNS["left_out"].what, Kind.NUMBER, 9),
    Column("run_id", "Run", RUNS["run_id"].what, width=32),
)
_FILES: Final = (
    Column("run_id", "Run", FILES["run_id"].what),
    Column("file", "File", FILES["file"].what),
    Column("kind", "Kind", FILES["kind"].what),
    Column("format", "Format", FILES["format"].what),
    Column("profile", "Profile", FILES["profile"].what),
    Column("rows", "Rows", FILES["rows"].what, Kind.NUMBER),
    Column("currency", "Currency", FILES["currency"].what),
    Column("sum", "Sum", FILES["sum"].what, Kind.MONEY),
)
_POSTINGS: Final = (
    Column("created", "Posted", POSTINGS["created"].what, width=17),
    Column("who", "Who", POSTINGS["who"].what, width=12),
    Column("format", "Format", POSTINGS["format"].what, width=11),
    Column("lines", "Lines", POSTINGS["lines"].what, Kind.NUMBER, 12),
    Column("batch_id", "Batch", POSTINGS["batch_id"].what, width=32),
)


def make(inputs: Inputs) -> Made:
    """The last runs by currency, the latest first; their files; the posting files."""
    shown = inputs.rules.reports.runs_shown
    runs = inputs["runs"]
    last = runs["run_id"].unique(maintain_order=True).tail(shown)
    latest = runs.with_row_index("row").filter(pl.col("run_id").is_in(last.implode()))
    parts = [pl.col(f"{name}_minor") for name in _MONEY if name not in ("bank_lines", "difference")]
    agrees = (pl.sum_horizontal(parts) == pl.col("bank_lines_minor")) & (pl.col("difference_minor") == 0)
    # The latest run first; of a run, its currencies in their order.
    place = pl.col("row").first().over("run_id")
    told = latest.with_columns(
        check=pl.when(agrees).then(pl.lit("agrees")).otherwise(pl.lit("differs"))
    ).sort(place, "currency", descending=[True, False])
    files = (
        inputs["files"]
        .filter(pl.col("run_id").is_in(last.implode()))
        .sort(
            "run_id", "kind", "file", "currency", descending=[True, False, False, False], maintain_order=True
        )
    )
    runs_part = Part("", "Runs", _RUNS, told.select(one.inner for one in _RUNS), _SHEET)
    files_part = Part("files", "Files of these runs", _FILES, files.select(one.inner for one in _FILES))
    posted = inputs["postings"].reverse().select(one.inner for one in _POSTINGS)
    wrong = told.filter(pl.col("check") == "differs").height
    count = f"{last.len():,} {'run' if last.len() == 1 else 'runs'}"
    said = f"{count}: all totals agree." if not wrong else f"{count}: {wrong:,} totals differ."
    return Made(
        (runs_part, files_part, Part("postings", "Posting files", _POSTINGS, posted, _SHEET)), (said,)
    )


REPORT: Final = Report(
    "run_control",
    "Run control",
    "What the last runs read, where it went, that it adds up, and who ran and posted.",
    ("runs", "files", "postings"),
    make,
)
