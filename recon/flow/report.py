"""Reports: out of the store, into files and onto sheets of the workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import polars as pl

from recon import model, reports
from recon.flow import books, deliver, masked, month, report_old, report_pages, report_tables, settings
from recon.flow.books import Book
from recon.flow.review import known_store, rules_of_last_run
from recon.posting.generic import clean
from recon.problems import Problem, ReconError
from recon.reports import Inputs, Kind, Made, Part, Report

ALL: Final = "all"
PROBLEMS: Final = "problems.csv"
_LACKING: Final = (
    "put it into the folder of --data, or on a sheet of the workbook that is called so (recon excel add)"
)
_PLACES: Final = {Kind.PERCENT: 2, Kind.TENTHS: 1, Kind.HUNDREDTHS: 2, Kind.RATE: 4}


@dataclass(frozen=True)
class Reported:
    """What was made: reports, files and sheets, as at which day; and what could not be made or was wrong."""

    made: tuple[str, ...]
    as_of: date
    files: tuple[Path, ...] = ()
    sheets: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    told: Path | None = None  # the file of all problems


def report(
    names: Sequence[str],
    store_url: str = "",
    book: Path | Book | None = None,
    out: Path | None = None,
    as_of: date | None = None,
    rules: str = "",
    data: Path | None = None,
) -> Reported:
    """Make reports: `all`, or those of these names.

    Args:
        names: of `reports.REPORTS`, or `all` = each that the inputs allow; what the others lack is told where there
            are month-end inputs.
        store_url: the store; with a workbook, the one beside it.
        book: a workbook whose report sheets are written anew.
        out: folder of the files; none = no files.
        as_of: the day to age to; the latest as-of date of the runs, unless it is given.
        rules: a rules file; those of the last run, unless it is given.
        data: folder of month-end inputs.

    Raises:
        ReconError: EXIT_INPUT for a name that there is not, a report whose inputs are missing, if nothing says which
            store, or no run is finished; EXIT_JOB if store, workbook or folder can't be used.
    """
    wanted = _wanted(names)
    problems: list[Problem] = []
    if isinstance(book, Path):
        books.existing(book)
        books.check(book)
    inputs, given = inputs_of(store_url, book, as_of, rules, data, "recon report")
    able, lacking = _able(wanted, inputs)
    if ALL in names and not given.readings and data is None:
        lacking = []  # nobody speaks of a month-end
    if lacking and (ALL not in names or not able):
        raise ReconError([*lacking, *given.problems])
    made = {one.name: one.make(inputs) for one in able}
    problems += [*inputs.problems, *lacking, *(problem for one in made.values() for problem in one.problems)]
    return _put(made, inputs, book, out, tuple(problems), pack=ALL in names)


def inputs_of(
    store_url: str,
    book: Path | Book | None,
    as_of: date | None,
    rules: str,
    data: Path | None,
    job: str,
    *,
    masks: bool = True,
) -> tuple[Inputs, month.Month]:
    """What reports and letters are made from, and the month-end inputs among it.

    Args:
        store_url: as of `report`, like those that follow.
        book: its store and its sheets of inputs.
        as_of: the day.
        rules: a rules file.
        data: folder of month-end inputs.
        job: the command, for what is told.
        masks: persons are masked where the rules say so; a letter needs its addressee.

    Raises:
        ReconError: as `report`, for the store, the folder and the rules.
    """
    url = books.store_url(store_url, book)
    if not url:
        what, hint = "nothing says which store to report on", "add --store or --book"
        raise ReconError(Problem("store-needed", job, what, hint))
    beside = None if store_url or book is None else (book if isinstance(book, Path) else book.path)
    given = _month(data, rules, book if book is None or isinstance(book, Path) else book.path)
    with known_store(url, beside) as store:
        loaded = settings.load_rules(rules)[0] if rules else rules_of_last_run(store)
        if book is not None:  # a workbook that is masked stays so, whatever others run on its store
            loaded = loaded.model_copy(update={"privacy": masked.of_book(store, book)})
        inputs = report_tables.of_store(store, loaded, as_of, given, masks=masks)
    if inputs is None:
        what, hint = (
            "no run is finished in this store, so there is nothing to report on",
            "match first: recon run",
        )
        raise ReconError(Problem("report-input", job, what, hint))
    return inputs, given


def _wanted(names: Sequence[str]) -> list[Report]:
    """The reports of these names, in the order of the list.

    Raises:
        ReconError: report-unknown.
    """
    known = reports.REPORTS
    wrong = [name for name in names if name != ALL and name not in known]
    if wrong or not names:
        near = [found[0] for name in wrong if (found := get_close_matches(name, [*known, ALL], 1))]
        hint = f"reports: {', '.join([ALL, *known])}" + (f"; did you mean {near[0]}?" if near else "")
        what = f"there is no report `{wrong[0]}`" if wrong else "no report is named"
        raise ReconError(Problem("report-unknown", "recon report", what, hint))
    return [one for name, one in known.items() if ALL in names or name in names]


def _able(wanted: Iterable[Report], inputs: Inputs) -> tuple[list[Report], list[Problem]]:
    """Those that can be made, and a problem for each that can't, with what is missing."""
    able, lacking = [], []
    for one in wanted:
        missing = one.missing(inputs)
        if missing:
            what = f"the report needs {', '.join(missing)}, and nothing gives that"
            lacking.append(Problem("report-input", one.name, what, _LACKING))
        else:
            able.append(one)
    return able, lacking


def _month(data: Path | None, rules: str, book: Path | None) -> month.Month:
    """The folder's files and the workbook's sheets, read by the built-in columns and by the profiles of the rules.

    Raises:
        ReconError: file-missing, if there is no such folder; or a profile can't be used.
    """
    loaded, path = settings.load_rules(rules)
    return month.read(data, settings.load_profiles(loaded, path), book)


def _put(
    made: dict[str, Made],
    inputs: Inputs,
    book: Path | Book | None,
    out: Path | None,
    problems: tuple[Problem, ...],
    *,
    pack: bool,
) -> Reported:
    """The sheets, then the files; all is made before anything is written. A pack leaves no figures of another day."""
    texts = {file_name(name, part): csv(part, inputs) for name, one in made.items() for part in one.parts}
    pages = [
        page for name, one in made.items() for page in report_pages.pages(reports.REPORTS[name], one, inputs)
    ]
    sheets: Sequence[str] = ()
    with deliver.ready(out, texts):
        if book is not None:
            there = books.existing(book)
            old, told = (
                report_old.emptied(there, {page.key for page in pages}, inputs.as_of) if pack else ([], [])
            )
            sheets, lost = there.write_pages([*pages, *old])
            sheets, problems = sheets[: len(pages)], (*problems, *told, *lost)
        if problems:
            texts[PROBLEMS] = deliver.csv(model.problems_table(problems))
        files = deliver.write(out, texts) if out else []
    written = out / PROBLEMS if out and problems else None
    return Reported(tuple(made), inputs.as_of, tuple(files), tuple(sheets), problems, written)


def file_name(report_name: str, part: Part) -> str:
    """What a part's file is called: report_ageing.csv, report_ageing_items.csv."""
    return f"report_{report_name}_{part.key}.csv" if part.key else f"report_{report_name}.csv"


def csv(part: Part, inputs: Inputs) -> str:
    """A part as CSV text: ISO dates, decimal money, percentages as numbers of two decimals; nothing is a formula."""
    return deliver.csv(part.frame.select(_text(column, inputs).alias(column.name) for column in part.columns))


def _text(column: reports.Column, inputs: Inputs) -> pl.Expr:
    value = pl.col(column.inner)
    if column.kind is Kind.MONEY:
        return model.money_expr(value, inputs.scales)
    if column.kind in _PLACES:
        return _decimal(value, _PLACES[column.kind])
    return clean(value) if column.kind in (Kind.TEXT, Kind.LONG) else value


def _decimal(value: pl.Expr, places: int) -> pl.Expr:
    """A whole number of hundredths or tenths as decimal text."""
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = value.abs().cast(pl.String).str.zfill(places + 1)
    whole = digits.str.head(digits.str.len_chars().cast(pl.Int64) - places)
    return sign + whole + pl.lit(".") + digits.str.tail(places)
