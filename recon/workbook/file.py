"""The closed workbook on disk: only the parts that are ours are replaced, every other part keeps its bytes.

Of a table of ours the user's columns, widths, colours, filters by value, hidden rows, links and own formats stay,
each with its row. What can't stay is a problem that `write` returns, and words without a row any more are kept in
BOOK-kept.csv. What is typed over a cell of ours is ours.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from recon import resources
from recon.model import Table
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook import (
    blocks,
    columns,
    graft,
    guard,
    input_sheets,
    lost,
    named,
    notes,
    ours,
    pivots,
    report_sheets,
    rewrite,
    standing,
    swap,
    undo,
)
from recon.workbook.columns import TABLE_SHEETS, TABLES
from recon.workbook.package import BrokenError, Package, SheetPart, parse, tag
from recon.workbook.pages import Page
from recon.workbook.standing import Old

A = TypeVar("A")
TEMPLATE: Final = "recon.xlsm"
_MEND: Final = "Open and save it in Excel once, or start anew with: recon excel new"


def open_book(path: Path) -> FileBook:
    """The workbook at `path`.

    Raises:
        ReconError: it is missing, open in a program, encrypted, or no workbook (exit code EXIT_JOB).
    """
    return FileBook(path)


def new_book(path: Path, python: str = "") -> FileBook:
    """A fresh workbook at `path` out of the template; `python` is the interpreter that its buttons start.

    Raises:
        ReconError: there is a file of that name already, or the folder can't be written.
    """
    if path.exists():
        raise guard.refuse(
            "book-protected", path, "there is a workbook of that name already", "Choose another name."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(resources.folder("workbooks") / TEMPLATE, path)
    except OSError as error:
        raise guard.refuse(
            "out-unwritable", path, "the workbook can't be made here", "Choose another folder."
        ) from error
    book = FileBook(path)
    if python:
        book.write({named.CELL_PYTHON: pl.DataFrame({"Value": [python]})}, backup=False)
    return book


class FileBook:
    """A workbook on disk, as a set of named tables.

    The file is read once; a write refuses if it was changed since. After a write the book stands for the new file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = b""
        self._digest = ""
        self._package: Package
        self._handed: set[str] = (
            set()
        )  # sheets whose typed decisions were read, so that the caller answers for them
        self._load()

    def read(self, sheet: str) -> pl.DataFrame:
        """A sheet's table as text, by the titles in its header row, with `sheet_row` (the row's number) in front.

        Rows that are hidden or filtered out are there too; rows without any text are not. A workbook without that
        table gives an empty frame. Who reads answers for the decisions there: the next `write` has no problem to tell
        of one that can't stay.

        Raises:
            ReconError: the sheet's part is damaged.
        """
        self._handed.add(sheet)
        return self.peek(sheet)

    def peek(self, sheet: str) -> pl.DataFrame:
        """As `read`, for one who only looks and takes no decision."""
        spec = TABLE_SHEETS[sheet]
        try:
            found = _tables(self._package).get(spec.table)
            if found is None:
                return pl.DataFrame(schema={"sheet_row": pl.Int64, **dict.fromkeys(spec.titles, pl.String)})
            old = self._old(self._package, spec, *found)
            ours.check(old.headings, spec, found[1].name)
            read = _dated(old.read(), spec, from_1904=self._package.dates_from_1904)
        except BrokenError as error:
            raise self._broken(error) from error
        return read.with_columns(
            pl.lit("").alias(title) for title in spec.titles if title not in read.columns
        )

    def own_text(self, sheet: str) -> pl.DataFrame:
        """What people wrote in columns of their own in a sheet's table, formulas left out.

        Returns: sheet_row (as `read` gives it), column (the heading), text; one row for each filled cell.

        Raises:
            ReconError: the sheet's part is damaged.
        """
        spec = TABLE_SHEETS[sheet]
        try:
            found = _tables(self._package).get(spec.table)
            if found is None:
                return pl.DataFrame(schema={"sheet_row": pl.Int64, "column": pl.String, "text": pl.String})
            return self._old(self._package, spec, *found).own_text()
        except BrokenError as error:
            raise self._broken(error) from error

    def read_block(self, name: str) -> list[list[str]]:
        """The cells of a block (named.BLOCKS) as text, row by row; none if the workbook lacks the name."""
        reference = blocks.target(self._package.defined_names().get(name, ""))
        if reference is None:
            return []
        for sheet in self._package.sheets():
            if sheet.name == reference[0]:
                return blocks.read(
                    self._package.read(sheet.path), reference[1], shared_strings(self._package)
                )
        return []

    def inputs(self) -> dict[str, str]:
        """What is typed under Inputs on Home, by the keys of named.INPUTS; only what is filled."""
        values = [row[0].strip() for row in self.read_block("recon_inputs")]
        return {key: value for key, value in zip(named.INPUTS, values, strict=False) if value}

    def page_keys(self) -> list[str]:
        """The keys of the pages that the workbook has sheets of."""
        return report_sheets.keys(self._package)

    def read_page(self, key: str, height: int, width: int) -> list[list[str]]:
        """The first cells of the sheet of a page of that key, as text; none if there is no such sheet.

        Raises:
            ReconError: the sheet's part is damaged.
        """
        try:
            return report_sheets.cells(self._package, key, height, width, shared_strings(self._package))
        except BrokenError as error:
            raise self._broken(error) from error

    def write(
        self,
        tables: Mapping[str, pl.DataFrame],
        facts: Mapping[str, str] | None = None,
        *,
        backup: bool = True,
    ) -> tuple[Problem, ...]:
        """Put frames into the sheets and blocks of their names, all or nothing.

        Args:
            tables: what layout.sheets gives; sheets and blocks that it doesn't name stay as they are.
            facts: cells by the name of a one-cell block, as `recon_status`; further to those in `tables`.
            backup: keep the workbook as it was as NAME.backup.xlsm beside it, and two generations more; one
                that was just made, and nobody has touched, is not kept.

        Returns:
            A problem for each decision that was typed, not read by `read`, and can't stay since its row changed; for
            what else people wrote or set on a row that can't stay (own-kept, own-displaced), a filter or sort order
            that was taken off (view-dropped), a heading of ours that is gone (column-renamed).

        Raises:
            ReconError: the workbook is open, was changed since it was read, can't be written, cells of the user's
                stand where a table has to grow, a heading that is needed is gone, or what has to be kept can't be.
                The file is as it was.
        """
        frames = dict(tables)
        for name, text in (facts or {}).items():
            if name in named.BLOCKS and name not in frames:
                frames[name] = pl.DataFrame({"Value": [text]})
        unknown = set(frames) - set(TABLE_SHEETS) - set(named.BLOCKS)
        assert not unknown, f"no sheet or block is named {sorted(unknown)}"
        (problems, texts), data = self._changed(lambda package: self._edit(package, frames))
        if texts:
            file = lost.keep(self.path.parent, self.path.stem, texts)
            problems = [*lost.pointed(problems, file), *lost.told(texts, file)]
        self._swap(data, backup=backup)
        undo.forget(self.path)  # it was of the sheets before this
        return tuple(problems)

    def write_pages(
        self, pages: Sequence[Page], *, backup: bool = True
    ) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
        """Put report pages onto their sheets, all or nothing; nothing else in the workbook changes.

        With `backup`, the workbook as it was is kept as in `write`; a job that wrote before has kept it already.

        Returns the sheets' names, and a problem for each sheet on which somebody had put what could not stay.

        Raises:
            ReconError: as `write`.
        """

        def put(package: Package) -> tuple[Sequence[str], Sequence[Problem]]:
            made = report_sheets.put(package, pages, shared_strings(package))
            package.calculate_on_load()  # formulas of theirs may read these sheets
            return made

        (names, problems), data = self._changed(put)
        self._swap(data, backup=backup)
        return tuple(names), tuple(problems)

    def add_inputs(self, sheets: Mapping[str, Table]) -> tuple[str, ...]:
        """Add an empty sheet for each table, under these names; nothing else changes, and a backup is kept.

        Returns the sheets' names in this workbook.

        Raises:
            ReconError: as `write`.
        """
        names, data = self._changed(lambda package: input_sheets.put(package, sheets))
        self._swap(data, backup=True)
        return tuple(names)

    def _changed(self, change: Callable[[Package], A]) -> tuple[A, bytes]:
        """What `change` returns of the package it changes, and the workbook as it then is; nothing is written."""
        guard.check_closed(self.path)
        guard.check_writable(self.path)
        self._check_unchanged()
        package = Package(self._data)
        try:
            return change(package), package.packed()
        except BrokenError as error:
            raise self._broken(error) from error

    @property
    def sheets(self) -> tuple[str, ...]:
        """What its sheets are called, in their order."""
        return tuple(sheet.name for sheet in self._package.sheets())

    # --- reading the package

    def _load(self) -> None:
        self._data = guard.load(self.path)
        self._digest = hashlib.sha256(self._data).hexdigest()
        try:
            self._package = Package(self._data)
            self._package.tables()
        except BrokenError as error:
            raise self._broken(error) from error

    def _broken(self, error: BrokenError) -> ReconError:
        return guard.refuse("book-broken", self.path, f"the workbook can't be used: {error}", _MEND)

    @staticmethod
    def _old(package: Package, spec: columns.Sheet, table: str, sheet: SheetPart) -> Old:
        record = package.defined_names().get(ours.record_name(spec.table), "")
        shared = shared_strings(package)
        return Old(parse(package.read(table)), lambda: package.pieces(sheet.path), shared, spec, record)

    # --- writing it

    def _edit(
        self, package: Package, frames: Mapping[str, pl.DataFrame]
    ) -> tuple[list[Problem], list[lost.Text]]:
        """Put the new parts among the package's edits; what is to be told, and what has no place any more."""
        graft.complete(package, _tables(package))
        tables = _tables(package)
        problems: list[Problem] = []
        texts: list[lost.Text] = []
        formulas_moved = False
        for name, frame in frames.items():
            if name not in TABLE_SHEETS:
                continue
            spec = TABLE_SHEETS[name]
            part, sheet = tables[spec.table]
            old = self._old(package, spec, part, sheet)
            try:
                new = rewrite.rewrite(
                    old,
                    frame,
                    spec,
                    place=sheet.name,
                    dates_from_1904=package.dates_from_1904,
                    handed=name in self._handed,
                )
            except rewrite.OccupiedError as error:
                raise self._occupied(sheet.name, str(error)) from error
            package.edits[sheet.path] = new.sheet
            package.edits[part] = new.table
            package.set_name(ours.record_name(spec.table), new.record)
            formulas_moved |= new.formulas_moved
            problems += new.problems
            problems += lost.bounded(notes.displaced(package, sheet.path, sheet.name, new.moves), notes.HINT)
            texts += [*new.lost, *notes.links(package, sheet.path, sheet.name, new.moves)]
        self._edit_blocks(package, frames)
        written = {tables[TABLE_SHEETS[name].table] for name in frames if name in TABLE_SHEETS}
        names = [standing.name(parse(package.read(part))) for part, _ in written]
        pivots.refresh(package, names, [sheet.name for _, sheet in written])
        chain = package.calc_chain()
        if formulas_moved and chain:
            package.drop(chain, package.workbook_path)
        package.calculate_on_load()
        return problems, texts

    def _edit_blocks(self, package: Package, frames: Mapping[str, pl.DataFrame]) -> None:
        """Home's and Dashboard's cells; a name that the user took away is left alone."""
        names = package.defined_names()
        of_sheet: dict[str, list[tuple[named.Block, str, pl.DataFrame]]] = {}
        for name, frame in frames.items():
            reference = blocks.target(names.get(name, "")) if name in named.BLOCKS else None
            if reference is not None:
                of_sheet.setdefault(reference[0], []).append((named.BLOCKS[name], reference[1], frame))
        for sheet in package.sheets():
            if sheet.name in of_sheet:
                package.edits[sheet.path] = blocks.write(
                    package.read(sheet.path), of_sheet[sheet.name], dates_from_1904=package.dates_from_1904
                )

    def _occupied(self, sheet: str, what: str) -> ReconError:
        hint = "Move what stands there to another sheet, save, and try again. Nothing was written."
        return ReconError(
            Problem(
                "book-protected",
                f"{sheet}!{what}",
                "the table has to grow over cells that are not ours",
                hint,
            ),
            EXIT_JOB,
        )

    def _check_unchanged(self) -> None:
        try:
            now = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            raise guard.refuse(
                "book-open", self.path, "the workbook can't be read", "Close it, then try again."
            ) from error
        if now != self._digest:
            raise guard.refuse(
                "book-changed",
                self.path,
                "the workbook was changed while this job was running; nothing was written",
                "Run the job again: it reads the workbook as it is now.",
            )

    def _swap(self, data: bytes, *, backup: bool) -> None:
        """Write beside and swap: a killed process leaves the old workbook or the new one."""
        if data != self._data:
            try:
                if backup and not self._is_new():
                    swap.backup(self.path, self._data)
                guard.check_closed(self.path)
                self._check_unchanged()
                swap.replace(self.path, data)
            except OSError as error:
                raise guard.refuse(
                    "book-open",
                    self.path,
                    "the workbook can't be replaced",
                    "Close it wherever it is open; look whether the disk is full. The workbook is as it was.",
                ) from error
        self._data = data
        self._digest = hashlib.sha256(data).hexdigest()
        self._package = Package(data)
        self._handed.clear()

    def _is_new(self) -> bool:
        """Whether it is as it was made, but for the Python that its buttons start."""
        template = Package((resources.folder("workbooks") / TEMPLATE).read_bytes())
        home = {sheet.path for sheet in template.sheets() if sheet.name == columns.HOME}
        made, now = template.checksums, self._package.checksums
        return (
            list(made) == list(now)
            and all(now[name] == made[name] for name in made if name not in home)
            and not self.inputs()
        )


def _tables(package: Package) -> dict[str, tuple[str, SheetPart]]:
    """Our tables, by the names that we gave them: each one's part and sheet.

    Raises:
        ReconError: book-broken, if one was renamed and it is not sure which it is.
    """
    there = package.tables()
    if all(sheet.table in there for sheet in TABLES):
        return there
    told = {
        name: (
            standing.titles(parse(package.read(part))),
            standing.code_name(package.pieces(sheet.path)),
            sheet.name,
        )
        for name, (part, sheet) in there.items()
    }
    return {table: there[name] for table, name in ours.renamed(told).items()}


def shared_strings(package: Package) -> list[str]:
    """The workbook's shared strings, in order; pronunciation hints are no text."""
    for relation in package.relations(package.workbook_path):
        if relation.type == "sharedStrings" and relation.target in package.names:
            root = parse(package.read(relation.target))
            return [_string(node) for node in root.iterfind(tag("si"))]
    return []


def _string(node: object) -> str:
    direct = node.findall(tag("t"))  # type: ignore[attr-defined]
    runs = node.findall(f"{tag('r')}/{tag('t')}")  # type: ignore[attr-defined]
    return "".join(text.text or "" for text in (*direct, *runs))


def _dated(frame: pl.DataFrame, spec: columns.Sheet, *, from_1904: bool) -> pl.DataFrame:
    """Serial numbers in our date columns as ISO dates; other columns as they are."""
    start = pl.date(1904, 1, 1) if from_1904 else pl.date(1899, 12, 30)
    made = []
    for column in spec.columns:
        if column.kind is columns.Kind.DATE and column.title in frame.columns:
            text = pl.col(column.title)
            days = pl.when(text.str.contains(r"^\d{1,7}(\.\d+)?$")).then(text).cast(pl.Float64).floor()
            day = (start + pl.duration(days=days.cast(pl.Int64))).dt.strftime("%Y-%m-%d")
            made.append(pl.when(days.is_not_null()).then(day).otherwise(text).alias(column.title))
    return frame.with_columns(made)
