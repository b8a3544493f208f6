"""Month-end inputs: files of a folder and sheets of a workbook as tables, told by their names; and their problems.

gl.csv, gl_entries-2026-03.xlsx, promises.parquet, july.xlsm!Limits
    -> a table of each kind: every row, or the reason why it is left out
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import polars as pl

from recon import ingest, model
from recon.decide import cases
from recon.flow import deliver, gather
from recon.ingest import month_sheets, standard
from recon.model import MONTH_TABLES, OPEN_ITEMS, PROMISES, QUERIES, SUCCESSIONS, Kind, Reading, Table
from recon.problems import Problem, ReconError
from recon.rules.profile import Profile
from recon.rules.schema import Rules
from recon.workbook.file import open_book

_UNUSED: Final = (
    "leave it out; docs/data.md says which files there are, and docs/reports.md what each report needs"
)
MASTERS: Final = "customers"  # folder of templates that go beside the customer file
EXPLAINED: Final = "columns.txt"  # what the templates' columns hold, beside them
_TOLD_MOST: Final = 20  # rows of one file and column that are told one by one
_STATUS: Final = {"cancelled": "cancelled"}


@dataclass(frozen=True)
class Month:
    """Month-end inputs as they were read: outer tables of the kinds that are there, and problems."""

    frames: Mapping[Kind, pl.DataFrame] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    readings: tuple[Reading, ...] = ()


def read(folder: Path | None, profiles: Sequence[Profile] = (), book: Path | None = None) -> Month:
    """The files of a folder and the sheets of a workbook as it is saved; nothing where there are none.

    A file that can't be read, or is no month-end input, is told; the others count.

    Raises:
        ReconError: file-missing, if there is no such folder.
    """
    found, problems = ([], []) if book is None else month_sheets.read(book, profiles)
    for path in _files(folder):
        try:
            one = ingest.read(path, profiles)
        except ReconError as error:
            problems += [_told(problem, path) for problem in error.problems]
            continue
        if one.kind not in MONTH_TABLES:
            problems.append(_unused(path, f"no report takes a file of {one.kind} from here"))
            continue
        if any(one.digest == other.digest and one.kind is other.kind for other in found):
            what = "the same file is there under another name; nothing of it counts twice"
            problems.append(Problem("file-twice", path.name, what, "leave one of them out"))
            continue
        found.append(one)
    problems += [problem for one in found for problem in one.problems]
    frames = {
        kind: pl.concat([one.table for one in found if one.kind is kind], how="diagonal_relaxed")
        for kind in MONTH_TABLES
        if any(one.kind is kind and one.table.height for one in found)  # an empty template gives nothing
    }
    return Month(frames, tuple(problems), tuple(found))


def _files(folder: Path | None) -> list[Path]:
    """A folder's files but for hidden ones, Excel's locks and what `templates` explains; none if there is no folder.

    Raises:
        ReconError: file-missing, if a folder is named that is not there.
    """
    if folder is None:
        return []
    if not folder.is_dir():
        what, hint = "there is no such folder", "name a folder with --data"
        raise ReconError(Problem("file-missing", folder.as_posix(), what, hint))
    hidden = (".", "~$")
    return sorted(
        one
        for one in folder.iterdir()
        if one.is_file() and not one.name.startswith(hidden) and one.name != EXPLAINED
    )


def _told(problem: Problem, path: Path) -> Problem:
    """What keeps a file from being read; one that nobody knows is a file that no report takes."""
    return _unused(path, "no report takes this file") if problem.code == "file-unknown" else problem


def _unused(path: Path, what: str) -> Problem:
    """A file that no report takes, with the name that was meant, if one is near."""
    stem = path.stem.lower().replace(" ", "_").replace("-", "_")
    near = get_close_matches(stem, [str(kind) for kind in MONTH_TABLES], 1)
    return Problem(
        "report-unused", path.name, what, f"did you mean {near[0]}? {_UNUSED}" if near else _UNUSED
    )


def in_currency(month: Month, rules: Rules, others: Sequence[pl.DataFrame]) -> Month:
    """The same with a currency on every row that lacks one: the rules', else the only one that any table names.

    An amount that is finer than its currency's minor unit, and than the other tables, is told and does not count.

    Args:
        month: what was read.
        rules: they may name the currency.
        others: open items, in outer form.

    Raises:
        ReconError: currency-missing, if nothing says which.
    """
    currency = gather.currency_of([*month.frames.values(), *others], rules)
    frames = {
        kind: gather.filled(frame, MONTH_TABLES[kind], currency) for kind, frame in month.frames.items()
    }
    scales = model.scales_of((OPEN_ITEMS, one) for one in others)
    problems = list(month.problems)
    for kind, frame in frames.items():
        frames[kind], told = _whole(frame, MONTH_TABLES[kind], scales)
        problems += told
    return Month(frames, tuple(problems), month.readings)


def _whole(
    frame: pl.DataFrame, table: model.Table, scales: Mapping[str, int]
) -> tuple[pl.DataFrame, list[Problem]]:
    """A table without amounts that are too fine: a row whose needed amount is so is left out, a cell emptied."""
    problems: list[Problem] = []
    if "currency" not in frame.columns:
        return frame, problems
    least = {
        currency: max(scales.get(currency, 0), model.exponent(currency))
        for currency in frame["currency"].unique()
    }
    most = pl.col("currency").replace_strict(least, return_dtype=pl.Int64)
    rows = frame
    for column in table.columns:
        if not column.money or column.name not in rows.columns:
            continue
        fine = model.decimals(pl.col(column.name).fill_null("")) > most
        wrong = rows.filter(fine)
        end = "the row was left out" if column.needed else "it is left empty"
        what = f"`{column.name}` is finer than the smallest unit of its currency; {end}"
        problems += [
            Problem(
                "value-scale",
                f"{source}:{position}",
                what,
                "money is never rounded silently: round it at its source",
            )
            for source, position in wrong.select("source", "position").head(_TOLD_MOST).iter_rows()
        ]
        rows = (
            rows.filter(~fine)
            if column.needed
            else rows.with_columns(pl.when(fine).then(pl.lit("")).otherwise(column.name).alias(column.name))
        )
    return rows, problems


def with_cases(frames: Mapping[Kind, pl.DataFrame], events: pl.DataFrame) -> dict[Kind, pl.DataFrame]:
    """Promises and queries of the files and of the store together, each once.

    One that has the store's number, or is about the same customer, item, amount and day, is the same: what the store
    says of it counts, and what it does not say is taken from the file.
    """
    made = dict(frames)
    if events.is_empty():
        return made
    now = cases.state(events)
    day = pl.col("opened_at").str.slice(0, 10).str.to_date(strict=False)
    promises = now.filter(pl.col("kind") == cases.PROMISE).select(
        "customer_id", "item_id", "amount", "currency",
        promise_id="case_id", promised_date="due", made=day, who="opened_by", note="text",
        status=pl.col("state").replace_strict(_STATUS, default="open", return_dtype=pl.String),
    )  # fmt: skip
    closed = pl.col("state") == "closed"
    last = pl.col("last_at").str.slice(0, 10).str.to_date(strict=False)
    queries = now.filter(pl.col("kind") == cases.QUERY).select(
        "customer_id", "item_id", "amount", "currency", "owner",
        query_id="case_id", opened=day, reason="text",
        resolved=pl.when(pl.col("state").is_in(["answered", "closed"])).then(last),
        closed=pl.when(closed).then(last),
    )  # fmt: skip
    for kind, table, own, keys in (
        (Kind.PROMISES, PROMISES, promises, ("customer_id", "item_id", "amount", "promised_date")),
        (Kind.QUERIES, QUERIES, queries, ("customer_id", "item_id", "opened")),
    ):
        if own.height:
            file = made.get(kind, table.empty_outside())
            made[kind] = _joined(file, own, table.columns[0].name, keys)
    return made


def _joined(file: pl.DataFrame, own: pl.DataFrame, number: str, keys: Sequence[str]) -> pl.DataFrame:
    """Two tables of one kind as one: the store's rows filled up from the file's, then the file's others."""
    filed = file.with_row_index("_row")
    stored = own.with_row_index("_own")
    same = [pl.col(name).cast(pl.String).fill_null("").alias(f"_{name}") for name in keys]
    by_number = stored.join(filed.filter(pl.col(number).fill_null("") != ""), on=number, how="inner")
    by_content = stored.with_columns(same).join(
        filed.filter(~pl.col(number).fill_null("").is_in(own[number].implode())).with_columns(same),
        on=[f"_{name}" for name in keys],
        how="inner",
    )
    pairs = pl.concat([one.select("_own", "_row") for one in (by_number, by_content)])
    pairs = pairs.unique("_own", keep="first", maintain_order=True).unique(
        "_row", keep="first", maintain_order=True
    )
    taken = stored.join(pairs, on="_own", how="left", maintain_order="left").join(
        filed, on="_row", how="left", maintain_order="left", suffix="_file"
    )
    full = taken.select(
        pl.coalesce(_said(taken, name), _said(taken, f"{name}_file")).alias(name)
        if name in own.columns
        else name
        for name in file.columns
    )
    rest = filed.join(pairs, on="_row", how="anti", maintain_order="left").drop("_row")
    return pl.concat([full.cast(dict(file.schema)), rest], how="vertical")  # type: ignore[arg-type]


def _said(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column without its empty texts."""
    if frame.schema[name] != pl.String():
        return pl.col(name)
    return pl.when(pl.col(name) != "").then(pl.col(name))


def templates(folder: Path) -> list[Path]:
    """An empty file of each kind with its headings, and a text that explains them; files that are there stay.

    Returns what was written.

    Raises:
        ReconError: EXIT_JOB, if the folder can't be written.
    """
    told = [
        "One file for each month-end input; delete those that you don't need. Dates: 2026-03-31, amounts: 4200.00.",
        "Rows behind the heading; XLSX and Parquet of the same names and columns are read as well.",
    ]
    texts = {}
    for kind, table in MONTH_TABLES.items():
        texts[f"{kind}.csv"] = _heading(table)
        told += _explained(f"{kind}.csv", table)
    beside = f"{SUCCESSIONS.name}.csv"
    told += ["", f"{MASTERS}/: goes beside the customer file, into the folder of --customers of recon run"]
    told += _explained(f"{MASTERS}/{beside}", SUCCESSIONS)
    texts[EXPLAINED] = "\n".join(told) + "\n"
    made = _written(folder, texts)
    return [*made, *_written(folder / MASTERS, {beside: _heading(SUCCESSIONS)})]


def _heading(table: Table) -> str:
    return ",".join(table.file_columns) + "\n"


def _explained(name: str, table: Table) -> list[str]:
    columns = (column for column in table.columns if not column.ours)
    return ["", name, *(f"  {one.name}{' (needed)' if one.needed else ''}: {one.what}" for one in columns)]


def _written(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Those of the files that are not there yet."""
    new = {name: text for name, text in texts.items() if not (folder / name).exists()}
    with deliver.ready(folder, new):
        return deliver.write(folder, new)


def add_sheets(path: Path, names: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Empty sheets for month-end inputs in a workbook that exists; nothing of it changes, and a backup is kept.

    Args:
        path: the workbook, closed.
        names: of the inputs, as `limits`; none = all.

    Returns: the sheets that were added, and the inputs that it had a sheet for.

    Raises:
        ReconError: report-unused, for a name that no input has; EXIT_JOB, if the workbook can't be used.
    """
    known = {str(kind): kind for kind in MONTH_TABLES}
    plain = [name.lower().replace(" ", "_").replace("-", "_") for name in names]
    for name in plain:
        if name not in known:
            near = get_close_matches(name, list(known), 1)
            hint = f"inputs: {', '.join(known)}" + (f"; did you mean {near[0]}?" if near else "")
            raise ReconError(Problem("report-unused", name, "no month-end input is called so", hint))
    book = open_book(path)
    # A report's sheet may begin like an input: *Promises kept*. Behind an input's name stands a period at most.
    there = {kind for name in book.sheets if (kind := standard.month_kind(name)) and _plain(name, kind)}
    wanted = [known[name] for name in dict.fromkeys(plain or known)]
    new = {_title(kind): MONTH_TABLES[kind] for kind in wanted if kind not in there}
    added = book.add_inputs(new) if new else ()
    return added, tuple(str(kind) for kind in wanted if kind in there)


def _plain(name: str, kind: Kind) -> bool:
    return not any(letter.isalpha() for letter in name[len(str(kind)) :])


def _title(kind: Kind) -> str:
    """What the sheet of an input is called: *GL entries*, *Limits*."""
    words = str(kind).replace("_", " ")
    return words.replace("gl", "GL", 1) if words.split()[0] == "gl" else words.capitalize()
