"""`recon read`: any file as the standard CSV, which reads back as the same; the facts as JSON."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flow_cases import BANK, ITEMS, UNFOOTED, Desk, recon, rows

from recon import terminal
from recon.problems import Problem
from recon.resources import folder

KEYS = ["path", "kind", "format", "rows", "sum", "statements", "problems"]
SAMPLES = sorted(
    path
    for path in folder("sample_data").rglob("*.*")
    if path.suffix != ".md" and path.parent.name not in ("truth", "month")
)


def facts(*typed: object) -> list[dict[str, Any]]:
    ran = recon("read", *typed, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_the_facts_of_each_sample_file() -> None:
    found = {Path(one["path"]).name: one for one in facts(*[path for path in SAMPLES if "uk" in path.parts])}
    assert all(list(one) == KEYS for one in found.values())
    told = {name: (one["kind"], one["format"], one["rows"], one["sum"]) for name, one in found.items()}
    assert told == {
        "camt053_2026-03.xml": ("bank", "camt.053", 111, {"GBP": "1097133.75"}),
        "lloyds_2026-03.csv": ("bank", "csv", 195, {"GBP": "2721407.42"}),
        "mt940_2026-03.sta": ("bank", "mt940", 94, {"GBP": "2334382.10"}),
        "items.csv": ("items", "csv", 1531, {"GBP": "9573973.11"}),
        "remittances.csv": ("remittance", "csv", 476, {"GBP": "3246284.16"}),
        "aliases.csv": ("aliases", "csv", 51, {}),
        "closed_items.csv": ("closed_items", "csv", 855, {"GBP": "0.00"}),
        "customers.csv": ("customers", "csv", 270, {}),
    }
    [camt] = found["camt053_2026-03.xml"]["statements"]
    assert (camt["opening"], camt["closing"], camt["foots"]) == ("910455.00", "2007588.75", True)
    of_days = found["mt940_2026-03.sta"]["statements"]
    assert (of_days[0]["opening"], len(of_days) > 1) == ("52010.60", True)
    assert all(one["closing"] == after["opening"] for one, after in pairwise(of_days))
    assert [one["problems"] for one in found.values()] == [[]] * 8


def test_a_statement_is_told_by_the_balances_it_has(desk: Desk) -> None:
    whole = "<STMTRS><CURDEF>GBP<ACCTID>1<BANKTRANLIST><STMTTRN><DTPOSTED>20260302<TRNAMT>5</STMTTRN></BANKTRANLIST>"
    balance = "<LEDGERBAL><BALAMT>7</LEDGERBAL>"
    ran = recon("read", desk.put("b.ofx", f"<OFX>{whole}{balance}</STMTRS>{whole}</STMTRS></OFX>"))
    assert ran.out.splitlines()[1:] == [
        "    1 GBP: 1 line, 5.00; closing 7.00, no opening balance, so not checked",
        "    1 GBP: 1 line, 5.00; no balances, so not checked",
    ]
    accounts = "".join(f"{number},2026-03-02,5,GBP,,,,\n" for number in range(terminal.SHOWN_MAX + 3))
    ran = recon("read", desk.put("b.csv", BANK.splitlines()[0] + "\n" + accounts))
    assert ran.out.splitlines()[-2:] == [
        f"    {terminal.SHOWN_MAX - 1} GBP: 1 line, 5.00; no balances, so not checked",
        "    ... and 3 more without balances",
    ]


def test_what_is_printed_is_text_and_nothing_else(desk: Desk) -> None:
    line = BANK.splitlines()[1]
    path = desk.put(
        "x[/y].csv", "\n".join([BANK.splitlines()[0], *[line] * 98, line.replace("120.50", "much")])
    )
    ran = recon("read", path)
    assert (ran.code, "x[/y].csv: bank" in ran.out, "x[/y].csv:100: " in ran.err) == (0, True, True)


def test_what_steers_a_terminal_is_seen_and_not_obeyed() -> None:
    """A file's name may hold anything: colours, a line of its own, text that runs backwards."""
    told = str(Problem("file-unknown", "a\x1b[31m\nwrote b.csv", "\u202ewhat\x9b", "look\x07\nagain"))
    assert told.splitlines() == [
        "a\ufffd[31m\ufffdwrote b.csv: \ufffdwhat\ufffd",
        "    look\ufffd",
        "    again",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_is_written_reads_back_as_the_same(path: Path, desk: Desk) -> None:
    [first] = facts(path, "--out", "out")
    [made] = [file for file in (desk.root / "out").iterdir() if file.name != "problems.csv"]
    assert made.name == f"{path.stem}.{first['kind']}.csv"
    [second] = facts(made, "--out", "again")
    for key in ("kind", "rows", "sum", "problems"):
        assert second[key] == first[key], key
    [again] = (desk.root / "again").glob(f"{path.stem}.*.*.csv")
    assert again.read_bytes() == made.read_bytes()


@pytest.mark.slow
def test_what_is_written_matches_as_the_files_do(desk: Desk) -> None:
    bank = folder("sample_data") / "uk" / "bank"
    assert recon("read", bank, "--out", "read").code == 0
    (desk.root / "read" / "problems.csv").unlink()
    items = ("--items", folder("sample_data") / "uk" / "items.csv", "--rules", "uk_care")
    assert recon("run", "--bank", bank, *items, "--out", "out").code == 0
    assert recon("run", "--bank", desk.root / "read", *items, "--out", "other").code == 0
    assert desk.tables("other") == desk.tables("out")


def test_files_of_one_name_do_not_overwrite_each_other(desk: Desk) -> None:
    desk.put("a/bank.csv", BANK)
    desk.put("b/bank.csv", BANK.replace("120.50", "120.51"))
    desk.put("c/BANK.csv", BANK.replace("120.50", "120.52"))
    assert recon("read", "a", "b", "c", "--out", "out").code == 0
    made = sorted(path.name for path in (desk.root / "out").iterdir())
    assert made == ["BANK.bank-3.csv", "bank.bank-2.csv", "bank.bank.csv", "problems.csv"]
    amounts = [rows(desk.root / "out" / name)[0]["amount"] for name in made[:3]]
    assert amounts == ["120.52", "120.51", "120.50"]


def test_a_bad_file_among_good_ones(desk: Desk) -> None:
    desk.put("empty.csv", "")
    ran = recon("read", "bank.csv", "empty.csv", "nowhere.csv", "items.csv", "--out", "out")
    assert ran.code == 0
    assert "bank.csv: bank, csv (standard), 4 rows, GBP -221.80" in ran.out
    assert "items.csv: items, csv (standard), 3 rows, GBP 280.50" in ran.out
    assert "empty.csv: the file is empty" in ran.err
    assert "nowhere.csv: there is no such file" in ran.err
    assert [row["code"] for row in rows(desk.root / "out" / "problems.csv")] == ["file-empty", "file-missing"]
    made = json.loads(recon("read", "empty.csv", "bank.csv", "--json").out)
    assert [(list(one), one["rows"], len(one["problems"])) for one in made] == [(KEYS, 0, 1), (KEYS, 4, 0)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("good.csv", BANK, 0),
        ("empty.csv", "", 1),
        ("row.csv", BANK.replace("120.50", "x"), 1),
        ("night.sta", UNFOOTED, 1),
    ],
)
def test_strict_ends_otherwise_where_something_is_missing(
    desk: Desk, name: str, content: str, code: int
) -> None:
    desk.put(name, content)
    assert recon("read", "bank.csv", name).code == 0
    assert recon("read", "bank.csv", name, "--strict").code == code


def test_nothing_that_can_be_read(desk: Desk) -> None:
    desk.put("empty.csv", "")
    before = desk.files()
    for typed in (["empty.csv", "nowhere.csv", "--out", "out"], ["nowhere.csv"], ["empty.csv", "--json"]):
        assert recon("read", *typed).code == 2
    assert desk.files() == before


def test_columns_that_nobody_knows_are_carried_through(desk: Desk) -> None:
    lines = BANK.splitlines()
    desk.put("bank.csv", "\n".join([lines[0] + ",Branch", *(line + ",=1+1" for line in lines[1:])]) + "\n")
    recon("read", "bank.csv", "--out", "out")
    made = rows(desk.root / "out" / "bank.bank.csv")
    assert [row["Branch"] for row in made] == ["=1+1"] * 4
    assert [row["line_id"] for row in made] == [row["line_id"] for row in made if row["line_id"]]


def test_a_profile_settles_what_a_file_is(desk: Desk) -> None:
    wrong = recon("read", desk.root / "bank.csv", "--profile", "lloyds")
    assert wrong.code == 2
    assert "it needs `Transaction Date`" in wrong.err
    assert recon("read", "bank.csv", "--profile", "standard").code == 0


def test_amounts_keep_every_digit(desk: Desk) -> None:
    desk.put("items.csv", ITEMS.replace("120.50,120.50", "999999999999.99,999999999999.99"))
    [one] = facts("items.csv", "--out", "out")
    assert one["sum"] == {"GBP": "1000000000159.99"}
    assert rows(desk.root / "out" / "items.items.csv")[0]["open_amount"] == "999999999999.99"
