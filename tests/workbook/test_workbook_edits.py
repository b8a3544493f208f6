"""Random edits of a person, then a run that writes anew: what they put in is found again, named, or all is refused.

Every mark is a word of its own. After the write it stands at the id of the row where it was put; or a problem names
the row, and the word is in the file of what was kept; or the write was refused and the workbook has its old bytes.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
from desk import HEADER, Desk
from workbook_cases import FACTS, view

from recon.problems import Problem, ReconError
from recon.workbook import layout
from recon.workbook.file import new_book, open_book

CASES = 200
FEW = 10
SHEETS = ("Suggestions", "Bank")
LINES = 24


@dataclass
class Marks:
    """What was put where.

    `texts` and `formulas`: (sheet, id, heading) -> what stands there; `notes`, `links`, `hidden`: (sheet, id); `own`:
    cells of sheets of the user's own; `typed` as texts; `renamed`: headings that something hangs on.
    """

    texts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    typed: dict[tuple[str, str, str], str] = field(default_factory=dict)
    formulas: dict[tuple[str, str, str], str] = field(default_factory=dict)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)  # -> the cell
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    widths: dict[tuple[str, str], float] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    filtered: set[str] = field(default_factory=set)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    renamed: bool = False
    words: int = 0

    def word(self) -> str:
        self.words += 1
        return f"MARK{self.words:04d}"


Edit = Callable[[Desk, Marks, random.Random], None]


def add_text(desk: Desk, marks: Marks, chance: random.Random) -> None:
    title = f"Mine {marks.word()}"
    values = {row: marks.word() for row in desk.rows if chance.random() < 0.4}
    desk.add_column(title, values)
    marks.texts |= {(desk.spec.name, desk.ids()[row], title): word for row, word in values.items()}


def add_formula(desk: Desk, marks: Marks, chance: random.Random) -> None:
    title = f"Formula {marks.word()}"
    whole = chance.random() < 0.5
    values = {row: f'="{marks.word()}"' for row in desk.rows if whole or chance.random() < 0.5}
    desk.add_column(title, values)
    marks.formulas |= {(desk.spec.name, desk.ids()[row], title): said for row, said in values.items()}


def add_wanted(desk: Desk, marks: Marks, chance: random.Random) -> None:
    """A column under the heading that a column of the data will have."""
    if "Region" not in desk.titles:
        row = chance.choice(desk.rows)
        desk.add_column("Region", {row: marks.word()})
        marks.texts[desk.spec.name, desk.ids()[row], "Region"] = f"MARK{marks.words:04d}"


def type_decision(desk: Desk, marks: Marks, chance: random.Random) -> None:
    if desk.spec.name != "Suggestions":
        return
    row = chance.choice(desk.rows)
    for title in chance.sample(["Decision", "Note", "Item", "Decided by"], 2):
        if title in desk.titles:
            word = "park" if title == "Decision" else marks.word()
            desk.at(title, row).value = word
            marks.typed[desk.spec.name, desk.ids()[row], title] = word


def sort_rows(desk: Desk, _marks: Marks, chance: random.Random) -> None:
    if any(
        cell.hyperlink or cell.comment for row in desk.sheet.iter_rows(min_row=HEADER + 1) for cell in row
    ):
        return  # they would have to go along, which Excel does
    if any(look.hidden for look in desk.sheet.row_dimensions.values()):
        return
    order = list(desk.rows)
    chance.shuffle(order)
    desk.order_rows(order)


def move_columns(desk: Desk, _marks: Marks, chance: random.Random) -> None:
    if desk.table.autoFilter.filterColumn or any(
        cell.hyperlink or cell.comment for row in desk.sheet.iter_rows(min_row=HEADER + 1) for cell in row
    ):
        return
    order = list(range(len(desk.titles)))
    at = chance.choice(order)
    order.insert(chance.randrange(len(order)), order.pop(at))
    desk.order_columns(order)


def hide_rows(desk: Desk, marks: Marks, chance: random.Random) -> None:
    if desk.spec.name in marks.filtered:
        return
    row = chance.choice(desk.rows)
    desk.sheet.row_dimensions[row].hidden = True
    marks.hidden.add((desk.spec.name, desk.ids()[row]))


def rename_sheet(desk: Desk, marks: Marks, _chance: random.Random) -> None:
    desk.sheet.title = f"S {marks.word()}"


def delete_row(desk: Desk, marks: Marks, chance: random.Random) -> None:
    if desk.last <= HEADER + 3 or any(
        cell.hyperlink or cell.comment for row in desk.sheet.iter_rows(min_row=HEADER + 1) for cell in row
    ):
        return
    if any(look.hidden for look in desk.sheet.row_dimensions.values()):
        return
    row = chance.choice(desk.rows)
    line = desk.ids()[row]
    for held in (marks.texts, marks.typed, marks.formulas):
        for key in [key for key in held if key[:2] == (desk.spec.name, line)]:
            del held[key]
    desk.delete_row(row)
    marks.deleted.add((desk.spec.name, line))


def set_width(desk: Desk, marks: Marks, chance: random.Random) -> None:
    title = chance.choice(desk.titles)
    width = float(chance.randrange(20, 60))
    desk.sheet.column_dimensions[desk.at(title, HEADER).column_letter].width = width
    marks.widths |= {(desk.spec.name, title): width}


def filter_rows(desk: Desk, marks: Marks, chance: random.Random) -> None:
    if desk.table.autoFilter.filterColumn:
        return
    ids = [line for line in desk.ids().values() if chance.random() < 0.5]
    desk.filter_values(desk.id_title, ids)
    marks.filtered.add(desk.spec.name)
    marks.hidden = {key for key in marks.hidden if key[0] != desk.spec.name}


def rename_heading(desk: Desk, marks: Marks, chance: random.Random) -> None:
    needed = [column.title for column in desk.spec.columns if column.typed or column.key in desk.spec.ids]
    ours = needed if chance.random() < 0.6 else desk.spec.titles
    title = chance.choice([title for title in ours if title in desk.titles])
    new = f"Heading {marks.word()}"
    desk.rename(title, new)
    marks.renamed = True
    for held in (marks.texts, marks.typed, marks.formulas):
        for key in [key for key in held if key[::2] == (desk.spec.name, title)]:
            held[key[0], key[1], new] = held.pop(key)
    marks.widths.pop((desk.spec.name, title), None)


def write_note(desk: Desk, marks: Marks, chance: random.Random) -> None:
    row = chance.choice(desk.rows)
    if (desk.spec.name, desk.ids()[row]) not in marks.notes:
        title = chance.choice(desk.titles)
        desk.note(title, row, marks.word())
        marks.notes[desk.spec.name, desk.ids()[row]] = desk.at(title, row).coordinate


def add_link(desk: Desk, marks: Marks, chance: random.Random) -> None:
    own = [title for title in desk.titles if title.startswith("Mine")]
    if own:
        row = chance.choice(desk.rows)
        key = (desk.spec.name, desk.ids()[row])
        if key not in marks.links and desk.at(own[0], row).value:
            marks.links[key] = f"https://example.org/{marks.word()}"
            desk.link(own[0], row, marks.links[key])


def own_sheet(desk: Desk, marks: Marks, _chance: random.Random) -> None:
    name = f"Own {marks.word()}"
    sheet = desk.book.create_sheet(name, 0)
    sheet["B2"] = marks.own[name] = marks.word()


EDITS: tuple[Edit, ...] = (
    add_text,
    add_formula,
    add_wanted,
    type_decision,
    type_decision,
    sort_rows,
    move_columns,
    hide_rows,
    rename_sheet,
    delete_row,
    set_width,
    filter_rows,
    rename_heading,
    write_note,
    add_link,
    own_sheet,
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("base") / "book.xlsm"
    new_book(path).write(layout.sheets(view(LINES), FACTS))
    return path.read_bytes()


def opened(path: Path) -> dict[str, Desk]:
    """The sheets of one workbook."""
    first = Desk(path, SHEETS[0])
    return {SHEETS[0]: first} | {name: Desk(path, name, first.book) for name in SHEETS[1:]}


def places(desks: dict[str, Desk]) -> dict[str, dict[str, int]]:
    """The rows of the ids, by sheet."""
    return {name: {line: row for row, line in desk.ids().items()} for name, desk in desks.items()}


def check(path: Path, base: bytes, seed: int) -> str:
    """One case; how it ended."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    path.write_bytes(base)
    marks = Marks()
    desks = opened(path)
    for _ in range(chance.randrange(1, 9)):
        chance.choice(EDITS)(desks[chance.choice(SHEETS)], marks, chance)
        if marks.renamed:
            break
    desks[SHEETS[0]].save()
    before = path.read_bytes()
    rows = {} if marks.renamed else places(desks)
    refused: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    try:
        problems = open_book(path).write(changed(chance))
    except ReconError as error:
        refused = error.problems
    if refused:
        assert path.read_bytes() == before
        assert marks.renamed, refused
        assert all(problem.hint and problem.where for problem in refused)
        return "refused"
    after = Found(path, problems)
    after.words(marks)
    after.rows(marks, rows)
    after.views(marks)
    return "kept" if problems else "carried"


def changed(chance: random.Random) -> dict[str, pl.DataFrame]:
    """The next run's sheets: lines went and came, a proposal changed, the order is another, a column more."""
    views = view(LINES + chance.randrange(4))
    amount = pl_amount(chance)
    views["allocations"] = views["allocations"].with_columns(amount)
    gone = [f"L-{chance.randrange(1, LINES)}" for _ in range(chance.randrange(5))]
    views["lines"] = views["lines"].filter(~pl.col("line_id").is_in(gone))
    views["bank_lines"] = views["bank_lines"].filter(~pl.col("line_id").is_in(gone))
    if chance.random() < 0.5:
        views = {**views, "lines": views["lines"].reverse(), "bank_lines": views["bank_lines"].reverse()}
    sheets = layout.sheets(views, FACTS)
    return {name: sheets[name].with_columns(pl.lit("data").alias("Region")) for name in SHEETS}


def pl_amount(chance: random.Random) -> pl.Expr:
    line = f"L-{chance.randrange(1, LINES)}"
    return pl.when(pl.col("line_id") == line).then(pl.lit("1.00")).otherwise(pl.col("amount")).alias("amount")


class Found:
    """The workbook after the write, with what was told and kept."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.desks = opened(path)
        self.places = places(self.desks)
        self.problems = problems
        self.kept: set[tuple[str, ...]] = set()
        beside = path.with_name(f"{path.stem}-kept.csv")
        if beside.exists():
            with beside.open(encoding="utf-8-sig", newline="") as file:
                self.kept = {(row[0], row[2], row[3], row[4]) for row in csv.reader(file)}

    def words(self, marks: Marks) -> None:
        """Words and formulas stand at their ids, or words are told and kept."""
        for (sheet, line, title), word in {**marks.texts, **marks.typed}.items():
            row = self.places[sheet].get(line)
            if row is not None and str(self.desks[sheet].at(title, row).value) == word:
                continue
            assert (sheet, line, title, word) in self.kept
            assert {"own-kept", "decision-refused"} & self.codes()
        for (sheet, line, title), said in marks.formulas.items():
            row = self.places[sheet].get(line)
            assert row is None or self.desks[sheet].at(title, row).value == said
        for name, word in marks.own.items():
            assert self.desks[SHEETS[0]].book[name]["B2"].value == word

    def rows(self, marks: Marks, before: dict[str, dict[str, int]]) -> None:
        """Notes that a row left behind are told; links and hidden rows are where their row is."""
        for (sheet, line), cell in marks.notes.items():
            if before and self.places[sheet].get(line) != before[sheet][line]:
                assert cell in {
                    problem.where.split("!")[-1]
                    for problem in self.problems
                    if problem.code == "own-displaced"
                }
        for (sheet, line), target in marks.links.items():
            row = self.places[sheet].get(line)
            cells = self.desks[sheet].sheet[row] if row is not None else ()
            links = {cell.hyperlink.target for cell in cells if cell.hyperlink}
            assert target in (links if row is not None else {one[3] for one in self.kept})
        for sheet, line in marks.hidden:
            row = self.places[sheet].get(line)
            assert row is None or self.desks[sheet].sheet.row_dimensions[row].hidden

    def views(self, marks: Marks) -> None:
        """Widths and filters are as they were, or a filter is told to be off."""
        for (sheet, title), width in {} if marks.renamed else marks.widths.items():
            desk = self.desks[sheet]
            letter = desk.at(title, HEADER).column_letter
            assert desk.sheet.column_dimensions[letter].width == pytest.approx(width)
        for sheet in marks.filtered:
            desk = self.desks[sheet]
            criteria = desk.table.autoFilter.filterColumn
            if not criteria:
                assert "view-dropped" in self.codes()
                continue
            shown = {desk.ids()[row] for row in desk.rows if not desk.sheet.row_dimensions[row].hidden}
            assert shown == set(criteria[0].filters.filter) & set(self.places[sheet])

    def codes(self) -> set[str]:
        return {problem.code for problem in self.problems}


@pytest.mark.parametrize("seed", range(FEW))
def test_a_few_cases(tmp_path: Path, base: bytes, seed: int) -> None:
    check(tmp_path / "book.xlsm", base, seed)


@pytest.mark.slow
def test_two_hundred_cases(tmp_path: Path, base: bytes) -> None:
    ends = [check(tmp_path / f"book{seed}.xlsm", base, seed) for seed in range(FEW, FEW + CASES)]
    assert min(ends.count(end) for end in ("refused", "kept", "carried")) > CASES // 25
