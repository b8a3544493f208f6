"""Sheets that would be too long: the review sheets are a queue of the largest, and nothing is dropped silently."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from flow_cases import ITEMS, Desk, Row, decide, recon, sheet

from recon import flow
from recon.flow import queue, rest
from recon.flow.queue import Standing
from recon.workbook import columns
from recon.workbook.file import FileBook

HEAD = "line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative\n"
FIVE = "extends: default\nlimits:\n  rows_shown: 5\n"
TWELVE = [f"X{n:02}" for n in range(1, 13)]
NAMED = "1300.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-9001"  # no document of that number is open yet
REST = "b-exceptions-rest.csv"


def _frame(amounts: list[str | None], days: list[str], results: tuple[str, ...] = ()) -> pl.DataFrame:
    ids = [f"L{number}" for number in range(len(amounts))]
    told = [*results, *[""] * (len(ids) - len(results))]
    columns_ = {"Line id": ids, "Line amount": amounts, "Date": days, "Result": told}
    return pl.DataFrame(columns_, schema_overrides={"Line amount": pl.String})


def _lines(*ids: str, amount: str = "{n}00.00") -> str:
    """Lines of a stranger, that of X07 over 700.00."""
    rows = [
        f"{id_},20-00-00 12345678,2026-03-02,{amount.format(n=int(id_[1:]))},GBP,BGC,WHO IS THIS,,UNKNOWN"
        for id_ in ids
    ]
    return "\n".join(rows) + "\n"


def _ids(rows: list[Row]) -> list[str]:
    return [row["Line id"] for row in rows]


def _rest(folder: Path, name: str = REST) -> list[Row]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _problems(book: Path) -> list[str]:
    rows = [row for row in sheet(book, "Problems") if row["Code"] in ("sheet-rows", "out-unwritable")]
    return [f"{row['Where']}: {row['What is wrong']}" for row in rows]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workbook of twelve exceptions, of which a sheet shows five."""
    made = Desk(tmp_path_factory.mktemp("night"))
    made.put("items.csv", ITEMS)
    made.put("five.yaml", FIVE)
    made.put("bank.csv", HEAD + _lines(*TWELVE))
    assert _run(made) == 0
    return made.root


@pytest.fixture
def crowded(night: Path, desk: Desk) -> Path:
    """That workbook, on a desk of its own."""
    shutil.copytree(night, desk.root, dirs_exist_ok=True)
    return desk.root / "b.xlsm"


def _run(desk: Desk, *more: object) -> int:
    return desk.run("--book", desk.root / "b.xlsm", "--rules", desk.root / "five.yaml", *more).code


@pytest.mark.parametrize(
    ("stands", "shown"),
    [
        (Standing(), ["L1", "L3"]),
        (Standing(said=frozenset({"L4"})), ["L1", "L3", "L4"]),
        (Standing(said=frozenset({"L0", "L4", "L2"})), ["L0", "L1", "L2", "L3", "L4"]),
        (Standing(noted=frozenset({"L4"})), ["L1", "L4"]),
        (Standing(noted=frozenset({"L0", "L2", "L4"})), ["L0", "L2", "L4"]),
        (Standing(said=frozenset({"L1"}), noted=frozenset({"L0"})), ["L0", "L1", "L3"]),
    ],
)
def test_the_largest_the_oldest_and_those_of_a_persons_words_are_shown(
    stands: Standing, shown: list[str]
) -> None:
    frame = _frame(["9.00", "-100.00", "20.00", "20.00", None], ["3", "1", "2", "1", "1"])
    fitted = queue.fitting({"Exceptions": frame}, 2, stands, {"Exceptions": "b-rest.csv"})
    assert fitted.sheets["Exceptions"]["Line id"].to_list() == shown
    left = [f"L{number}" for number in range(5) if f"L{number}" not in shown]
    assert [frame["Line id"].to_list() for frame in fitted.rest.values()] == ([left] if left else [])
    told = f"the sheet shows {len(shown)} of 5 rows (the largest amounts); {len(left)} more wait"
    assert [one.what for one in fitted.problems] == (
        [f"{told}: they are in b-rest.csv, beside the workbook"] if left else []
    )


def test_an_answer_on_a_row_keeps_it_on_the_sheet() -> None:
    frame = _frame(["1.00", "2.00", "3.00", "4.00"], ["1"] * 4, ("refused: no such item", "recorded: park"))
    shown = queue.fitting({"Suggestions": frame}, 1, Standing(), {}).sheets["Suggestions"]
    assert shown["Line id"].to_list() == ["L0", "L1", "L3"]


def test_what_a_person_wrote_is_seen_in_any_cell_but_a_column_of_formulas() -> None:
    rows = pl.DataFrame(
        {
            "sheet_row": [4, 5, 6, 7],
            "Line id": ["A", "B", "C", "D"],
            "Decision": ["park", "", "", ""],
            "Note": ["", "asked Ann", "", ""],
            "Result": ["", "", "recorded: park", ""],  # ours
            "Days": ["1", "2", "3", "4"],  # formulas, which are nobody's words
        }
    )
    own = pl.DataFrame({"sheet_row": [7, 9], "column": ["Mine"] * 2, "text": ["call on Monday", "no line"]})
    assert queue.standing(rows, own, columns.EXCEPTIONS) == Standing(frozenset("AB"), frozenset("D"))
    assert queue.standing(rows.clear(), own.clear(), columns.EXCEPTIONS) == Standing()


def test_a_list_shows_what_people_look_up() -> None:
    frame = pl.DataFrame({"Line id": ["a", "b", "c"]})
    with mock.patch.object(queue, "LIST_MAX", 2):
        sheets = {"Bank": frame, "Open items": frame, "Rules": frame.head(2)}
        fitted = queue.fitting(sheets, 9, Standing(), {})
    assert {name: one["Line id"].to_list() for name, one in fitted.sheets.items()} == {
        "Bank": ["b", "c"],
        "Open items": ["a", "b"],
        "Rules": ["a", "b"],
    }
    assert [problem.where for problem in fitted.problems] == ["Bank", "Open items"]
    assert not fitted.rest


def test_the_sheet_has_the_largest_the_file_the_others_and_the_totals_all(crowded: Path, desk: Desk) -> None:
    assert _ids(sheet(crowded, "Exceptions")) == TWELVE[7:]
    others = _rest(desk.root)
    assert _ids(others) == TWELVE[:7]
    assert others[0]["Line amount"] == "100.00"
    spec = columns.EXCEPTIONS
    mine = [
        column.title for column in spec.columns if not (column.typed or column.key in ("result", "row_hash"))
    ]
    assert list(others[0]) == mine, "the sheet's columns without those to type in"
    assert not (desk.root / "b-suggestions-rest.csv").exists()
    told = (
        "the sheet shows 5 of 12 rows (the largest amounts); 7 more wait: they are in b-exceptions-rest.csv"
    )
    assert _problems(crowded) == [f"Exceptions: {told}, beside the workbook"]
    assert "sheet-rows" in {row["code"] for row in desk.rows("problems.csv")}
    book = FileBook(crowded)
    assert ["Exceptions not shown", "7 more: b-exceptions-rest.csv"] in book.read_block("recon_state")
    assert len(sheet(crowded, "Bank")) == len(desk.rows("exceptions.csv")) == 12
    blocks = ("recon_tiles", "recon_outcomes", "recon_totals", "recon_codes", "recon_next")
    limited = [book.read_block(name) for name in blocks]
    whole = desk.root / "whole.xlsm"
    assert desk.run("--book", whole).code == 0
    assert len(sheet(whole, "Exceptions")) == 12
    assert not list(desk.root.glob("whole-*-rest.csv"))
    assert [FileBook(whole).read_block(name) for name in blocks] == limited


def test_the_next_come_up_until_nothing_is_left(crowded: Path, desk: Desk) -> None:
    gone = {"Decision": "not receivable"}
    decide(crowded, "Exceptions", {"X12": {"Decision": "park"}} | dict.fromkeys(TWELVE[7:11], gone))
    assert recon("apply", "--book", crowded).code == 0
    now = {row["Line id"]: row["Result"] for row in sheet(crowded, "Exceptions")}
    assert list(now) == TWELVE[2:], "the five decided ones once more, and the next five"
    assert now["X12"].startswith("recorded: park by ")
    assert (now["X08"], now["X03"]) == ("recorded: not receivable", "")
    assert _ids(_rest(desk.root)) == TWELVE[:2]
    flow.refresh(crowded)
    assert _ids(sheet(crowded, "Exceptions")) == [*TWELVE[2:7], "X12"], "what is parked stays besides"
    assert "shows 6 of 8 rows" in _problems(crowded)[0]
    decide(crowded, "Exceptions", dict.fromkeys(TWELVE[2:7], gone))
    assert recon("apply", "--book", crowded).code == 0
    assert _ids(sheet(crowded, "Exceptions")) == [*TWELVE[:7], "X12"]
    assert not (desk.root / REST).exists()
    assert _problems(crowded) == []
    assert "not shown" not in str(FileBook(crowded).read_block("recon_state"))


def test_nothing_typed_is_lost_when_larger_amounts_come(crowded: Path, desk: Desk) -> None:
    decide(
        crowded, "Exceptions", {"X08": {"Decision": "park"}, "X09": {"Note": "asked"}, "X10": {"Item": "I"}}
    )
    larger = _lines("X21", "X22", "X23", "X24", "X25", amount="9{n}00.00")
    desk.put("bank.csv", HEAD + _lines(*TWELVE) + larger)
    assert _run(desk) == 0
    shown = {row["Line id"]: row for row in sheet(crowded, "Exceptions")}
    assert list(shown) == ["X08", "X09", "X10", "X21", "X22", "X23", "X24", "X25"]
    assert [shown["X08"]["Decision"], shown["X09"]["Note"], shown["X10"]["Item"]] == ["park", "asked", "I"]
    assert _ids(_rest(desk.root)) == [*TWELVE[:7], "X11", "X12"]


def test_a_typed_decision_whose_row_is_gone_is_told(crowded: Path, desk: Desk) -> None:
    desk.put("bank.csv", HEAD + _lines(*TWELVE, "X13").replace("1300.00,GBP,BGC,WHO IS THIS,", NAMED))
    assert _run(desk) == 0
    decide(crowded, "Exceptions", {"X13": {"Decision": "park"}})
    desk.put("items.csv", ITEMS.replace("INV-1003", "INV-9001").replace("60.00", "1300.00"))
    assert _run(desk) == 0
    refused = [row["where"] for row in desk.rows("problems.csv") if row["code"] == "decision-refused"]
    assert refused == ["Exceptions!8"]


def test_a_file_that_is_held_open_stops_nothing_and_is_told(crowded: Path, desk: Desk) -> None:
    (desk.root / REST).unlink()
    (desk.root / REST).mkdir()  # no file can be put in its place
    assert _run(desk) == 0
    assert _ids(sheet(crowded, "Exceptions")) == TWELVE[7:]
    assert _problems(crowded)[1] == (
        f"{REST}: the file could not be replaced, and does not say which rows the sheet leaves out now"
    )
    (desk.root / REST).rmdir()
    flow.refresh(crowded)
    assert len(_problems(crowded)) == 1
    assert len(_rest(desk.root)) == 7


def test_no_text_of_the_rest_is_a_formula() -> None:
    rows = pl.DataFrame(
        {
            "Line id": ["L1"],
            "Payer": ['=HYPERLINK("http://x")'],
            "Narrative": ["@SUM(A1)\ntwo lines"],
            "Line amount": ["-5.00"],
            "Confidence": [0.75],
            "Decision": ["park"],
            "Row hash": ["abc"],
        }
    )
    text = rest.text(rows, columns.SUGGESTIONS)
    assert text == (
        "\ufeffPayer,Line amount,Narrative,Confidence,Line id\n"
        '"\'=HYPERLINK(""http://x"")",-5.00,\'@SUM(A1) two lines,0.75,L1\n'
    )
