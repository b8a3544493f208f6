"""The workbook that is open in Excel, through the free part of xlwings; the only file that knows xlwings.

The same tables and rules as the closed workbook (file): what is written is planned first, as whole blocks, so that
Excel is held up for one short while. Excel's own undo does not reach what is written here, and nothing is saved: that
is the user's to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlwings

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook import areas, body, grid, guard, live_pages, lost, named, ours, patience, undo
from recon.workbook.body import Body
from recon.workbook.columns import TABLE_SHEETS, Sheet, letters
from recon.workbook.pages import Page
from recon.workbook.patience import patiently

_PROBES: Final = 60  # rows of a table of which it is asked whether they are hidden


def caller() -> LiveBook:
    """The open workbook whose button started this process (`--wb=NAME --from_xl=1 --hwnd=N` among its arguments).

    Raises:
        ReconError: no Excel, or no workbook of that name in it.
    """
    patience.limit_attempts()
    try:
        return LiveBook(patiently(xlwings.Book.caller))
    except ReconError:
        raise
    except Exception as error:
        what = "the workbook whose button was pressed can't be found in Excel"
        hint = "Save it under a name without the sign =, keep it open, and press the button again."
        raise ReconError(Problem("book-open", "", what, hint), EXIT_JOB) from error


@dataclass(frozen=True)
class _Plan:
    """One table and what shall stand in it."""

    table: Any
    spec: Sheet
    old: Body
    new: body.Block

    @property
    def bottom(self) -> int:
        """The body's last row as it is, from 1."""
        return self.old.header + len(self.old.values)

    @property
    def right(self) -> int:
        """The last column that shall be, from 0."""
        return self.old.left + len(self.old.titles) + len(self.new.added) - 1


class LiveBook:
    """An open workbook, as a set of named tables: the same reading and writing as workbook.file.FileBook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._handed: set[str] = set()  # sheets whose typed decisions were read: the caller answers for them

    @property
    def path(self) -> Path:
        """Where the workbook is on disk.

        Raises:
            ReconError: store-needed, if it lies at a web address (OneDrive, SharePoint) or was never saved.
        """
        try:
            name = str(patiently(lambda: self._book.fullname))
        except xlwings.XlwingsError:  # a web address that xlwings finds no folder for
            name = "://"
        if "://" in name:
            what = "the workbook lies in OneDrive or SharePoint, so no folder is beside it for what recon remembers"
            hint = (
                "Save a copy in a folder of this computer and work there. Or write a store's address into a cell "
                f"and give that cell the name {named.CELL_STORE}."
            )
            raise ReconError(Problem("store-needed", self.name, what, hint), EXIT_JOB)
        path = Path(name)
        if not path.is_absolute():
            what, hint = (
                "the workbook was never saved",
                "Save it in a folder of this computer, then try again.",
            )
            raise ReconError(Problem("store-needed", self.name, what, hint), EXIT_JOB)
        return path

    @property
    def name(self) -> str:
        """The workbook's name, as in Excel's title."""
        return str(patiently(lambda: self._book.name))

    @property
    def store(self) -> str:
        """The store that a cell named recon_store names; usually none, and it is the file beside the workbook."""
        rows = self.read_block(named.CELL_STORE)
        return rows[0][0].strip() if rows else ""

    # --- reading

    def read(self, sheet: str) -> pl.DataFrame:
        """A sheet's table as text, by the titles in its header row, with `sheet_row` in front.

        Rows that are hidden or filtered out are there too; rows without any text are not. A workbook without that
        table gives an empty frame. Who reads answers for the decisions there: the next `write` has no problem to tell
        of one that can't stay.
        """
        self._handed.add(sheet)
        return self.peek(sheet)

    def peek(self, sheet: str) -> pl.DataFrame:
        """As `read`, for one who only looks and takes no decision."""
        spec = TABLE_SHEETS[sheet]
        found = self._tables().get(spec.table)
        if found is None:
            return pl.DataFrame(schema={"sheet_row": pl.Int64, **dict.fromkeys(spec.titles, pl.String)})
        held = self._body(found, spec, formulas=False)
        ours.check(held.headings, spec, spec.name)
        return body.frame(held, spec)

    def own_text(self, sheet: str) -> pl.DataFrame:
        """What people wrote in columns of their own in a sheet's table, formulas left out.

        Returns: sheet_row (as `read` gives it), column (the heading), text; one row for each filled cell.
        """
        spec = TABLE_SHEETS[sheet]
        found = self._tables().get(spec.table)
        if found is None:
            return pl.DataFrame(schema={"sheet_row": pl.Int64, "column": pl.String, "text": pl.String})
        return body.own_text(self._body(found, spec, formulas=True), spec)

    def read_block(self, name: str) -> list[list[str]]:
        """The cells of a defined name as text, row by row; none if the workbook lacks the name."""
        place = self._named(name)
        return [] if place is None else [[body.text(value) for value in row] for row in areas.values(place)]

    def inputs(self) -> dict[str, str]:
        """What is typed under Inputs on Home, by the keys of named.INPUTS; only what is filled."""
        values = [row[0].strip() for row in self.read_block("recon_inputs")]
        return {key: value for key, value in zip(named.INPUTS, values, strict=False) if value}

    # --- writing

    def write(
        self, tables: Mapping[str, pl.DataFrame], facts: Mapping[str, str] | None = None
    ) -> tuple[Problem, ...]:
        """Put frames into the sheets and blocks of their names; all is planned and checked before anything changes.

        Args:
            tables: what layout.sheets gives; sheets and blocks that it doesn't name stay as they are.
            facts: cells by the name of a one-cell block, as `recon_status`; further to those in `tables`.

        Returns:
            A problem for each decision that was typed, not read by `read`, and can't stay since its row changed; for
            what else people wrote on a row that can't stay (own-kept), a filter that was taken off (view-dropped), a
            heading of ours that is gone (column-renamed).

        Raises:
            ReconError: a table of ours or a heading that is needed is gone, the user's cells stand where one has to
                grow, what has to be kept can't be, or Excel is busy or refuses. In the last case some tables may be
                new and others old: Refresh writes them all again.
        """
        frames = dict(tables)
        for name, said in (facts or {}).items():
            if name in named.BLOCKS and name not in frames:
                frames[name] = pl.DataFrame({"Value": [said]})
        unknown = set(frames) - set(TABLE_SHEETS) - set(named.BLOCKS)
        assert not unknown, f"no sheet or block is named {sorted(unknown)}"
        standing = self._tables()
        plans = [
            self._plan(standing, TABLE_SHEETS[name], frames[name]) for name in frames if name in TABLE_SHEETS
        ]
        for plan in plans:
            self._check_free(plan)
        filtered = [problem for plan in plans for problem in self._filtered(plan)]
        problems = [*(problem for plan in plans for problem in plan.new.problems), *filtered]
        texts = [one for plan in plans for one in plan.new.lost]
        if texts:
            file = lost.keep(*self._beside(), texts)
            problems = [*lost.pointed(problems, file), *lost.told(texts, file)]
        self._keep(plans, frames)
        with self._still():
            for plan in plans:
                self._put(plan)
                self._write_down(ours.record_name(plan.spec.table), plan.new.record)
            for name, block in named.BLOCKS.items():
                if name in frames:
                    self._put_block(block, frames[name])
        self._handed.clear()
        return tuple(problems)

    def write_pages(
        self,
        pages: Sequence[Page],
        *,
        backup: bool = True,  # noqa: ARG002 - of the closed workbook: this one is the person's to save
    ) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
        """Put report pages onto their sheets, see `live_pages.put`. *Undo* is of the other sheets."""
        with self._still():
            return live_pages.put(self._book, pages)

    def read_page(self, key: str, height: int, width: int) -> list[list[str]]:
        """The first cells of the sheet of a page of that key, as text, row by row; none if there is no such sheet."""
        return [[body.text(one) for one in row] for row in live_pages.cells(self._book, key, height, width)]

    def page_keys(self) -> list[str]:
        """The keys of the pages that the workbook has sheets of."""
        return live_pages.keys(self._book)

    def undo(self) -> tuple[Problem, ...]:
        """Put tables and blocks back as they were before the last `write`; once more takes that back.

        Returns:
            A problem for what was typed since then, and is kept in the file beside the workbook (own-kept).

        Raises:
            ReconError: there is nothing to undo, it does not fit the sheets any more, what was typed since can't be
                kept, or Excel is busy or refuses.
        """
        state, standing = undo.kept(undo.place(self.path)), self._tables()
        plans, texts = [], []
        for name, (titles, rows) in state.tables.items():
            spec = TABLE_SHEETS[name]
            table, old = self._whole(standing, spec)
            fitted = undo.fitting(name, titles, rows, old.titles)
            texts += undo.typed_since(spec, old, fitted)
            plans.append(_Plan(table, spec, old, body.Block(undo.cells(fitted), [], "", (), [])))
        for plan in plans:
            self._check_free(plan)
        problems = lost.told(texts, lost.keep(*self._beside(), texts)) if texts else []
        self._keep(plans, state.blocks)
        with self._still():
            for plan in plans:
                self._put(plan)
            for name, rows in state.blocks.items():
                self._put_back(named.BLOCKS[name], rows)
        return tuple(problems)

    def _keep(self, plans: Iterable[_Plan], names: Iterable[str]) -> None:
        """What is about to change, for `undo`; where no folder takes it, there is no undoing."""
        tables = {plan.spec.name: (plan.old.titles, undo.rows_of(plan.old)) for plan in plans}
        blocks = [name for name in names if name in named.BLOCKS and name != named.CELL_STATUS]
        places = {name: self._named(name) for name in blocks}
        values = {name: areas.values(place) for name, place in places.items() if place is not None}
        with suppress(ReconError):
            undo.keep(undo.State(tables, values), self.path)

    def tell(self, said: str) -> None:
        """A message for the user: beside the buttons, and the status bar back to Excel."""
        place = self._named(named.CELL_STATUS)
        if place is not None:
            areas.fill(place, [[body.literal(said)]])
        self._bar(value=False)

    def show_progress(self, said: str) -> None:
        """A word in the status bar; where Excel has no time for it, it is left out."""
        self._bar(said)

    def _bar(self, value: str | bool) -> None:
        with suppress(Exception):  # the bar is a nicety: no job ends for it
            self._book.app.status_bar = value

    @contextmanager
    def _still(self) -> Iterator[None]:
        """No drawing while cells change."""
        app = self._book.app
        with suppress(Exception):
            app.screen_updating = False
        try:
            yield
        finally:
            with suppress(Exception):
                app.screen_updating = True

    # --- tables

    def _tables(self) -> dict[str, Any]:
        """The workbook's tables by name, on whatever sheet the user has put them."""
        return patiently(
            lambda: {str(table.name): table for sheet in self._book.sheets for table in sheet.tables}
        )

    def _body(self, table: Any, spec: Sheet, *, formulas: bool) -> Body:
        place = patiently(lambda: table.range)
        rows = areas.values(place)
        totals = 1 if patiently(lambda: table.show_totals) else 0
        titles = [body.text(title) for title in rows[0]]
        values = rows[1 : len(rows) - totals]
        theirs = formulas and bool(ours.headings(titles, "", spec).own(spec))
        left, header = place.column - 1, place.row
        told: list[list[str]] = []
        if theirs:
            cells = self._cells(table, left, header + 1, left + len(titles) - 1, header + len(values))
            told = areas.rows(patiently(lambda: cells.formula))
        return Body(ours.headings(titles, self._written_down(spec), spec), left, header, values, told)

    def _whole(self, standing: Mapping[str, Any], spec: Sheet) -> tuple[Any, Body]:
        """A sheet's table, and all that stands in it."""
        table = standing.get(spec.table)
        if table is None:
            hint = "Save and close it, then run: recon run --book. It puts back what is missing."
            what = f"the workbook has no table {spec.table} any more"
            raise ReconError(Problem("book-broken", spec.name, what, hint), EXIT_JOB)
        return table, self._body(table, spec, formulas=True)

    def _plan(self, standing: Mapping[str, Any], spec: Sheet, frame: pl.DataFrame) -> _Plan:
        table, old = self._whole(standing, spec)
        if old.header + max(frame.height, 1) + 1 > grid.ROWS_MAX:
            raise guard.too_long(spec.name, frame.height)
        handed = spec.name in self._handed
        return _Plan(table, spec, old, body.block(old, frame, spec, spec.name, handed=handed))

    def _filtered(self, plan: _Plan) -> list[Problem]:
        """What is told of a table some of whose rows are hidden: its filter is taken off, whatever it says.

        Whether it has criteria can't be asked. Of a long table only some rows are looked at, since each is a question
        to Excel.
        """
        if not patiently(lambda: plan.table.show_autofilter):
            return []
        first, height = plan.old.header + 1, len(plan.old.values)
        step = max(1, height // _PROBES)
        for row in range(first, first + height, step):
            cell = self._cells(plan.table, plan.old.left, row, plan.old.left, row)
            if not patiently(partial(getattr, cell, "row_height")):
                what = "rows were hidden; the table's filter was taken off, and its rows show"
                hint = "Set the filter again. While the workbook is closed, filters by value and by text are kept."
                return [Problem("view-dropped", plan.spec.name, what, hint)]
        return []

    def _written_down(self, spec: Sheet) -> str:
        """What is written down of a table's columns (ours.record)."""
        name = ours.record_name(spec.table)
        return patiently(lambda: str(self._book.names[name].refers_to) if name in self._book.names else "")

    def _write_down(self, name: str, text: str) -> None:
        def put() -> None:
            if name in self._book.names:
                self._book.names[name].refers_to = f"={text}"
            else:
                self._book.names.add(name, f"={text}")

        if text:
            patiently(put)

    def _beside(self) -> tuple[Path, str]:
        """The folder and the stem of what is kept beside the workbook; the user's own folder where it has none."""
        try:
            return self.path.parent, self.path.stem
        except ReconError:
            return Path.home(), Path(self.name).stem

    def _check_free(self, plan: _Plan) -> None:
        """Assert that nothing of the user's stands where the table grows to."""
        totals = 1 if patiently(lambda: plan.table.show_totals) else 0
        last, lower = plan.bottom + totals, plan.old.header + len(plan.new.rows) + totals
        left, right = plan.old.left, plan.old.left + len(plan.old.titles) - 1
        grown = []
        if lower > last:
            grown.append((left, last + 1, plan.right, lower))
        if plan.right > right:
            grown.append((right + 1, plan.old.header, plan.right, max(last, lower)))
        for area in grown:
            for down, row in enumerate(areas.values(self._cells(plan.table, *area))):
                for over, value in enumerate(row):
                    if value is not None:
                        raise guard.occupied(plan.spec.name, f"{letters(area[0] + over)}{area[1] + down}")

    def _put(self, plan: _Plan) -> None:
        """One table: its size, then its header's new cells, then its body as one block."""
        table, old = plan.table, plan.old
        bottom = old.header + len(plan.new.rows)
        filtered, totals = patiently(lambda: (table.show_autofilter, table.show_totals))
        if filtered:  # a block is not written right into rows that a filter hides
            patiently(lambda: setattr(table, "show_autofilter", False))
        if totals:
            patiently(lambda: setattr(table, "show_totals", False))
        if (bottom, len(plan.new.added)) != (plan.bottom, 0):
            whole = self._cells(table, old.left, old.header, plan.right, bottom)
            patiently(lambda: table.resize(whole))
        old_right = plan.right - len(plan.new.added)
        if bottom < plan.bottom:
            patiently(self._cells(table, old.left, bottom + 1, old_right, plan.bottom).clear)
        if bottom > plan.bottom:
            # Looks and drop-downs come from the row above; what is copied with them is written over at once.
            last = self._cells(table, old.left, plan.bottom, old_right, plan.bottom)
            whole = self._cells(table, old.left, plan.bottom, old_right, bottom)
            patiently(lambda: last.autofill(whole, "fill_copy"))
        if plan.new.added:
            heads = self._cells(table, old_right + 1, old.header, plan.right, old.header)
            areas.fill(heads, [[body.literal(title) for title in plan.new.added]])
        cells = self._cells(table, old.left, old.header + 1, plan.right, bottom)
        areas.fill(cells, plan.new.rows)
        if totals:
            patiently(lambda: setattr(table, "show_totals", True))
        if filtered:
            patiently(lambda: setattr(table, "show_autofilter", True))

    @staticmethod
    def _cells(table: Any, left: int, top: int, right: int, bottom: int) -> Any:
        """Cells of a table's sheet: columns from 0, rows from 1."""
        return patiently(lambda: table.range.sheet.range((top, left + 1), (bottom, right + 1)))

    # --- blocks

    def _named(self, name: str) -> Any:
        """The cells of a defined name; None if there is no such name, or it stands for no cells."""

        def found() -> Any:
            return self._book.names[name].refers_to_range if name in self._book.names else None

        return patiently(found)

    def _put_back(self, block: named.Block, rows: list[list[Any]]) -> None:
        """A block's cells as they were, and its empty rows hidden again."""
        place = self._named(block.name)
        if place is None:
            return
        areas.fill(place, undo.cells(rows))
        if block.shown:
            filled = sum(any(value is not None for value in row) for row in rows)
            patiently(lambda: areas.hide(place.sheet, place.row, max(filled, block.shown), block.height))

    def _put_block(self, block: named.Block, frame: pl.DataFrame) -> None:
        """A block's values; rows without data are emptied, and hidden from the row that the block says."""
        place = self._named(block.name)
        if place is None:  # the user took it away
            return
        assert frame.height <= block.height, f"{block.name} has {block.height} rows"
        sheet, top, left = place.sheet, place.row, place.column
        for step, column in zip(block.steps or range(len(block.columns)), block.columns, strict=True):
            values = body.cells(frame[column.title], column.kind)
            values += [None] * (block.height - len(values))
            cells = sheet.range((top, left + step), (top + block.height - 1, left + step))
            areas.fill(cells, [[value] for value in values])
        if block.shown:
            patiently(lambda: areas.hide(sheet, top, max(frame.height, block.shown), block.height))
