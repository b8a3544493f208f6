"""What a person put into our tables: it goes with its row, or a problem names it and its words are kept."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from desk import Desk
from workbook_cases import FACTS, change_part, parts, view, with_log

from recon.problems import Problem, ReconError
from recon.workbook import columns, layout, lost
from recon.workbook.file import new_book, open_book

FULL = layout.sheets(view(8), FACTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook with four suggestions (rows 4 to 7: L-1, L-4, L-5, L-8) and eight bank lines."""
    path = tmp_path / "book.xlsm"
    new_book(path).write(FULL)
    return path


def without(sheet: str, *line_ids: str) -> dict[str, pl.DataFrame]:
    return {sheet: FULL[sheet].filter(~pl.col("Line id").is_in(line_ids))}


def kept(path: Path) -> list[list[str]]:
    with path.with_name(f"{path.stem}-kept.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in problems]


# --- columns


def test_a_column_of_the_users_is_not_written_over_by_one_of_the_data(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.add_column("Region", {4: "mine"})
    desk.save()
    frame = FULL["Bank"].with_columns(pl.lit("north").alias("region"))
    for _ in range(2):
        open_book(path).write({"Bank": frame})
        got = open_book(path).read("Bank")
        assert got["Region"].to_list() == ["mine", *[""] * 7]
        assert got["region (file)"].to_list() == ["north"] * 8
        assert got.columns[-2:] == ["Region", "region (file)"]


def test_a_column_of_the_data_is_known_again_when_the_users_comes_later(path: Path) -> None:
    frame = FULL["Bank"].with_columns(pl.lit("north").alias("Region"))
    open_book(path).write({"Bank": frame})
    desk = Desk(path, "Bank")
    desk.add_column("Region (file)", {5: "mine"})
    desk.save()
    open_book(path).write({"Bank": frame.with_columns(pl.lit("south").alias("Region"))})
    got = open_book(path).read("Bank")
    assert got["Region"].to_list() == ["south"] * 8
    assert got["Region (file)"][1] == "mine"
    assert open_book(path).own_text("Bank").rows() == [(5, "Region (file)", "mine")]


@pytest.mark.parametrize(
    ("sheet", "old"), [("Suggestions", "Decision"), ("Suggestions", "Line id"), ("Bank", "Line id")]
)
def test_a_renamed_heading_that_is_needed_is_refused(path: Path, sheet: str, old: str) -> None:
    desk = Desk(path, sheet)
    desk.rename(old, "Mine")
    desk.save()
    before = path.read_bytes()
    book = open_book(path)
    for job in (lambda: book.read(sheet), lambda: book.write({sheet: FULL[sheet]})):
        with pytest.raises(ReconError) as caught:
            job()
        (problem,) = caught.value.problems
        assert (problem.code, problem.where) == ("book-broken", sheet)
        assert f"*{old}*" in problem.what
        assert "*Mine*" in problem.hint
    assert path.read_bytes() == before


def test_a_heading_in_other_letters_is_still_ours(path: Path) -> None:
    desk = Desk(path, "Suggestions")
    desk.rename("Decision", " DECISION")
    desk.at(" DECISION", 4).value = "park"
    desk.save()
    assert open_book(path).read("Suggestions")["Decision"].to_list() == ["park", "", "", ""]
    assert open_book(path).write({"Suggestions": FULL["Suggestions"]}) == ()
    assert Desk(path, "Suggestions").at(" DECISION", 4).value == "park"


def test_another_renamed_heading_is_told_once_and_its_column_stays(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.rename("Type", "Kind")
    desk.save()
    problems = open_book(path).write({"Bank": FULL["Bank"]})
    assert told(problems) == [("column-renamed", "Bank")]
    assert "*Type*" in problems[0].what
    got = open_book(path).read("Bank")
    assert got["Kind"].to_list() == got["Type"].to_list() == ["BGC"] * 8
    assert open_book(path).write({"Bank": FULL["Bank"]}) == ()


def test_a_column_that_was_deleted_comes_back(path: Path) -> None:
    frame = FULL["Suggestions"]
    open_book(path).write({"Suggestions": frame.select(columns.SUGGESTIONS.titles)})
    desk = Desk(path, "Suggestions")
    keep = [at for at, title in enumerate(desk.titles) if title not in ("Note", "Rule")]
    desk.order_columns(keep)
    last = desk.last
    for row in range(3, last + 1):
        for at in (len(keep) + 1, len(keep) + 2):
            desk.sheet.cell(row, at).value = None
    desk._resize(last)
    desk.save()
    assert open_book(path).read("Suggestions")["Note"].to_list() == [""] * 4
    assert open_book(path).write({"Suggestions": frame}) == ()
    assert open_book(path).read("Suggestions")["Rule"].to_list() == ["reference"] * 4


def test_our_table_under_another_name_is_known_by_its_sheet(path: Path) -> None:
    change_part(path, "xl/tables/table4.xml", 'displayName="tblBank"', 'displayName="Bankzeilen"')
    names = list(parts(path))
    book = open_book(path)
    assert book.read("Bank").height == 8
    book.write(without("Bank", "L-2"))
    assert book.read("Bank").height == 7
    assert list(parts(path)) == names


def test_a_table_that_only_looks_like_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    openpyxl.Workbook().save(path)
    open_book(path).write(FULL)
    name = next(name for name, data in parts(path).items() if b'displayName="tblBank"' in data)
    change_part(path, name, 'displayName="tblBank"', 'displayName="Old"')
    before = path.read_bytes()
    with pytest.raises(ReconError, match="no table tblBank, but Old looks like it"):
        open_book(path).write(FULL)
    assert path.read_bytes() == before


def test_a_table_of_the_users_with_our_name_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    openpyxl.Workbook().save(path)
    open_book(path).write(FULL)
    name = next(name for name, data in parts(path).items() if b'displayName="tblCustomers"' in data)
    change_part(path, name, 'name="Customer id"', 'name="Kunde"')
    with pytest.raises(ReconError, match=r"\*Customer id\*"):
        open_book(path).write(FULL)


# --- words


def test_own_words_on_a_row_that_goes_are_told_and_kept(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.add_column("Mine", {4: "call them", 5: "=stays", 6: 12.5})
    desk.add_column("Twice", {row: f"=E{row}*2" for row in desk.rows})
    desk.at("Mine", 5).data_type = "s"
    desk.save()
    book = open_book(path)
    assert book.own_text("Bank").rows() == [
        (4, "Mine", "call them"),
        (5, "Mine", "=stays"),
        (6, "Mine", "12.5"),
    ]
    problems = book.write(without("Bank", "L-1", "L-3"))
    assert told(problems) == [("own-kept", "Bank!4"), ("own-kept", "Bank!6")]
    assert "*Mine*" in problems[0].what
    assert "L-1" in problems[0].what
    assert "call them" not in str(problems[0])
    assert "book-kept.csv" in problems[0].hint
    assert kept(path)[1:] == [
        ["Bank", "4", "L-1", "Mine", "call them"],
        ["Bank", "6", "L-3", "Mine", "12.5"],
    ]
    assert book.read("Bank")["Mine"].to_list()[0] == "=stays"
    book.write(without("Bank", "L-1", "L-2", "L-3"))
    assert kept(path)[3:] == [["Bank", "4", "L-2", "Mine", "'=stays"]]


def test_many_words_are_counted_and_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    frame = layout.sheets(view(60), FACTS)["Bank"]
    new_book(path).write({"Bank": frame})
    desk = Desk(path, "Bank")
    desk.add_column("Mine", {row: f"word {row}" for row in desk.rows})
    desk.save()
    problems = open_book(path).write({"Bank": frame.head(10)})
    assert len(problems) == lost.TOLD_MAX + 1
    assert problems[-1].what == "the same in 30 more places"
    assert len(kept(path)) == 1 + 50


def test_a_file_of_kept_words_that_is_open_elsewhere_makes_another(path: Path) -> None:
    path.with_name("book-kept.csv").mkdir()  # as good as locked
    desk = Desk(path, "Bank")
    desk.add_column("Mine", {4: "word"})
    desk.save()
    problems = open_book(path).write(without("Bank", "L-1"))
    assert "book-kept-2.csv" in problems[0].hint
    assert path.with_name("book-kept-2.csv").is_file()


def test_nothing_is_written_where_words_cannot_be_kept(path: Path) -> None:
    for number in ("", *(f"-{n}" for n in range(2, 10))):
        path.with_name(f"book-kept{number}.csv").mkdir()
    desk = Desk(path, "Bank")
    desk.add_column("Mine", {4: "word"})
    desk.save()
    before = path.read_bytes()
    with pytest.raises(ReconError, match="can't be written"):
        open_book(path).write(without("Bank", "L-1"))
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_first", [False, True])
def test_a_note_without_a_decision_on_a_row_that_changed_is_told(path: Path, *, read_first: bool) -> None:
    desk = Desk(path, "Suggestions")
    desk.at("Note", 4).value = "asked them"
    desk.at("Item", 5).value = "INV-9"
    desk.save()
    views = view(8)
    views["allocations"] = views["allocations"].with_columns(pl.lit("99.00").alias("amount"))
    book = open_book(path)
    if read_first:
        book.read("Suggestions")
    problems = book.write({"Suggestions": layout.sheets(views, FACTS)["Suggestions"]})
    assert told(problems) == [("own-kept", "Suggestions!4"), ("own-kept", "Suggestions!5")]
    assert [row[3:] for row in kept(path)[1:]] == [["Note", "asked them"], ["Item", "INV-9"]]


def test_what_was_typed_with_a_decision_that_is_taken_off_is_kept(path: Path) -> None:
    desk = Desk(path, "Suggestions")
    desk.at("Decision", 4).value = "write off"
    desk.at("Note", 4).value = "agreed"
    desk.save()
    problems = open_book(path).write(without("Suggestions", "L-1"))
    assert told(problems) == [("decision-refused", "Suggestions!4")]
    assert "book-kept.csv" in problems[0].hint
    assert sorted(row[3:] for row in kept(path)[1:]) == [["Decision", "write off"], ["Note", "agreed"]]


def test_a_decision_typed_here_while_another_was_taken_elsewhere_is_told(path: Path) -> None:
    desk = Desk(path, "Suggestions")
    desk.at("Decision", 4).value = "accept"
    desk.save()
    other = layout.sheets(with_log(view(8), ("L-1", "park", "parked")), FACTS)
    problems = open_book(path).write({"Suggestions": other["Suggestions"]})
    assert told(problems) == [("decision-refused", "Suggestions!4")]
    assert "something else was decided" in problems[0].what


def test_a_row_that_somebody_typed_under_the_table_is_kept(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.add_row({"Counterparty": "Sum", "Amount": 828})
    desk.save()
    problems = open_book(path).write({"Bank": FULL["Bank"]})
    assert told(problems) == [("own-kept", "Bank!12"), ("own-kept", "Bank!12")]
    assert sorted(row[3:] for row in kept(path)[1:]) == [["Amount", "828"], ["Counterparty", "Sum"]]


# --- views


def test_a_filter_by_value_stays_and_hides_new_rows_as_well(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.filter_values("Line id", ["L-2", "L-9", "L-12"])
    desk.save()
    frame = layout.sheets(view(12), FACTS)["Bank"]
    assert open_book(path).write({"Bank": frame}) == ()
    desk = Desk(path, "Bank")
    shown = [desk.ids()[row] for row in desk.rows if not desk.sheet.row_dimensions[row].hidden]
    assert shown == ["L-2", "L-9", "L-12"]
    (column,) = desk.table.autoFilter.filterColumn
    assert column.filters.filter == ["L-2", "L-9", "L-12"]
    assert open_book(path).read("Bank").height == 12


@pytest.mark.parametrize(
    ("title", "operator", "value", "expected"),
    [
        ("Amount", "greaterThan", "105.5", ["L-7", "L-8"]),
        ("Line id", "equal", "l-?", ["L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "L-7", "L-8"]),
        ("Counterparty", "equal", "*R 3", ["L-4"]),
        ("Line id", "notEqual", "L-1", ["L-2", "L-3", "L-4", "L-5", "L-6", "L-7", "L-8"]),
        ("Counterparty account", "notEqual", " ", []),
    ],
)
def test_a_comparison_stays(path: Path, title: str, operator: str, value: str, expected: list[str]) -> None:
    desk = Desk(path, "Bank")
    desk.filter_custom(title, operator, value)
    desk.save()
    assert open_book(path).write({"Bank": FULL["Bank"].reverse()}) == ()
    desk = Desk(path, "Bank")
    shown = [desk.ids()[row] for row in desk.rows if not desk.sheet.row_dimensions[row].hidden]
    assert shown == expected[::-1]


@pytest.mark.parametrize(("month", "hidden"), [(9, 7), (10, 0)])
def test_months_are_filtered(path: Path, month: int, hidden: int) -> None:
    text = (
        '<filterColumn colId="{}"><filters blank="1">'
        '<dateGroupItem year="2026" month="{}" dateTimeGrouping="month"/></filters></filterColumn>'
    )
    at = columns.BANK.titles.index("Booking date")
    name = next(name for name, data in parts(path).items() if b'displayName="tblBank"' in data)
    found = parts(path)[name].decode()
    old = found[found.index("<autoFilter") : found.index("/>", found.index("<autoFilter")) + 2]
    change_part(path, name, old, old.replace("/>", ">" + text.format(at, month) + "</autoFilter>"))
    assert open_book(path).write({"Bank": FULL["Bank"].head(7)}) == ()
    desk = Desk(path, "Bank")
    assert sum(desk.sheet.row_dimensions[row].hidden for row in desk.rows) == hidden


def test_another_filter_and_a_sort_order_are_taken_off_and_told(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.order_rows([*reversed(desk.rows)])
    desk.add_column("Twice", {row: f"=E{row}*2" for row in desk.rows})
    desk.filter_values("Twice", ["1"])
    desk.save()
    problems = open_book(path).write({"Bank": FULL["Bank"]})
    assert told(problems) == [("view-dropped", "Bank"), ("view-dropped", "Bank")]
    desk = Desk(path, "Bank")
    assert not desk.table.autoFilter.filterColumn
    assert not any(desk.sheet.row_dimensions[row].hidden for row in desk.rows)


def test_a_row_that_somebody_hid_stays_hidden_wherever_it_is(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.sheet.row_dimensions[5].hidden = True
    desk.save()
    open_book(path).write({"Bank": FULL["Bank"].reverse()})
    desk = Desk(path, "Bank")
    assert [desk.ids()[row] for row in desk.rows if desk.sheet.row_dimensions[row].hidden] == ["L-2"]


# --- what hangs on cells


def test_links_colours_and_drop_downs_of_single_cells_go_with_their_row(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.add_column("Mine", {4: "one", 5: "two"})
    desk.link("Mine", 4, "https://example.org/a")
    desk.link("Mine", 5, "https://example.org/b")
    desk.colour("Mine", 4, "$E4")
    desk.choose("Mine", 4, "one,other")
    desk.save()
    problems = open_book(path).write({"Bank": FULL["Bank"].filter(pl.col("Line id") != "L-2").reverse()})
    desk = Desk(path, "Bank")
    assert desk.ids()[10] == "L-1"
    assert desk.at("Mine", 10).hyperlink.target == "https://example.org/a"
    place = desk.at("Mine", 10).coordinate
    (rule,) = [found for found in desk.sheet.conditional_formatting if str(found.sqref) == place]
    assert rule.rules[0].formula == ["$E10"]
    assert place in [str(rule.sqref) for rule in desk.sheet.data_validations.dataValidation]
    assert told(problems) == [("own-kept", "Bank!5"), ("own-kept", "Bank!5")]
    assert "https://example.org/b" in [row[4] for row in kept(path)[1:]]


def test_a_note_on_a_row_that_moved_is_told(path: Path) -> None:
    desk = Desk(path, "Bank")
    desk.note("Amount", 4, "why so little?")
    desk.note("Amount", 7, "stays")
    desk.save()
    problems = open_book(path).write({"Bank": FULL["Bank"][[1, 0, 2, 3, 4, 5, 6, 7]]})
    assert told(problems) == [("own-displaced", f"Bank!{Desk(path, 'Bank').at('Amount', 4).coordinate}")]
    assert "is row 5 now" in problems[0].what
    assert "why so" not in str(problems[0])


# --- backups


def test_three_generations_are_kept_and_no_empty_one(path: Path) -> None:
    backups = [path.with_name(f"book.backup{number}.xlsm") for number in ("", "-2", "-3")]
    assert not backups[0].exists()  # the first write of a fresh workbook
    states = [path.read_bytes()]
    for number in range(1, 5):
        open_book(path).write({"Bank": FULL["Bank"].head(number)})
        states.append(path.read_bytes())
    assert [one.read_bytes() for one in backups] == states[3:0:-1]
    open_book(path).write({"Bank": FULL["Bank"].head(4)})  # nothing changes
    assert [one.read_bytes() for one in backups] == states[3:0:-1]


def test_a_fresh_workbook_with_inputs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    new_book(path).write({}, {"input:bank": "x"})
    new_book(tmp_path / "other.xlsm", "python3")
    book = openpyxl.load_workbook(path, keep_vba=True)
    book["Home"]["Z1"] = "mine"
    book.save(path)
    before = path.read_bytes()
    open_book(path).write({"Bank": FULL["Bank"]})
    assert path.with_name("book.backup.xlsm").read_bytes() == before
    open_book(tmp_path / "other.xlsm").write({"Bank": FULL["Bank"]})
    assert not (tmp_path / "other.backup.xlsm").exists()
