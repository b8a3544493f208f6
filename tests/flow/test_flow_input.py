"""Input that can't be used: exit code 2, a message with file, line and what to do, and nothing written."""

from __future__ import annotations

import json

import pytest
from flow_cases import BANK, CUT_OFX, ITEMS, OUT_FILES, UNFOOTED, Desk, recon, unbalanced

from recon import terminal

EVERYTHING = ("--book", "book.xlsm", "--store", "store.db")  # all that a run could write, besides --out
HEADING = BANK.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nowhere.csv", None, ["nowhere.csv: there is no such file", "check the name"]),
        ("empty.csv", b"", ["empty.csv: the file is empty"]),
        ("photo.csv", bytes(range(256)) * 20, ["photo.csv: no reader knows this file: binary data"]),
        (
            "typo.csv",
            BANK.replace("amount", "amout").encode(),
            ["typo.csv:1: the heading lacks `amount`", "did you mean `amount` by `amout`?"],
        ),
        ("ledger.csv", ITEMS.encode(), ["ledger.csv: this is a file of items, given as bank"]),
        (
            "night.sta",
            UNFOOTED.encode(),
            [
                "night.sta:1: statement 1: opening 1000.00 + 1 lines 60.00 is not closing 5000.00",
                "3940.00 GBP",
            ],
        ),
    ],
)
def test_the_only_bank_file_is_no_use(desk: Desk, name: str, content: bytes | None, said: list[str]) -> None:
    if content is not None:
        desk.put(name, content)
    before = desk.files()
    ran = desk.run(*EVERYTHING, bank=[name])
    assert ran.code == 2
    assert ran.out == ""
    for words in said:
        assert words in ran.err
    assert desk.files() == before


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (
            ITEMS.replace("open_amount", "open_amont"),
            ["items.csv:1: the heading lacks `open_amount`", "did you mean `open_amount` by `open_amont`?"],
        ),
        (
            ITEMS.replace("item_id", "number").replace("doc_no", "document"),
            [
                "items.csv:1: the heading lacks `item_id or doc_no`",
                "columns there: number, customer_id",
            ],
        ),
        (BANK, ["items.csv: this is a file of bank, given as items"]),
        ("", ["items.csv: the file is empty"]),
    ],
)
def test_items_that_are_no_use(desk: Desk, items: str, said: list[str]) -> None:
    desk.put("items.csv", items)
    before = desk.files()
    ran = desk.run(*EVERYTHING)
    assert ran.code == 2
    for words in said:
        assert words in ran.err
    assert desk.files() == before


WRONG_RULES = """name: mine
curency: GBP
controls:
  admit_unfoted: true
  auto_post_ceiling: lots
"""


def test_every_mistake_of_a_rules_file_at_once(desk: Desk) -> None:
    desk.put("mine.yaml", WRONG_RULES)
    before = desk.files()
    for ran in (desk.run("--rules", "mine.yaml", *EVERYTHING), recon("rules", "check", "mine.yaml")):
        assert ran.code == 2
        assert "mine.yaml:2: top level: unknown key `curency`" in ran.err
        assert "did you mean `currency`?" in ran.err
        assert "mine.yaml:4: controls: unknown key `admit_unfoted`" in ran.err
        assert "did you mean `admit_unfooted`?" in ran.err
        assert "mine.yaml:5: controls.auto_post_ceiling: a number is expected, as `5.00`" in ran.err
    assert desk.files() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: [1\n", "mine.yaml:2: this is no YAML"),
        ("- a list\n", "mine.yaml:1: a mapping is expected at the top"),
        ("extends: nothing.yaml\n", "nothing.yaml: there is no such rules file"),
        ("profiles: [none.yaml]\n", "mine.yaml:1: profiles: there is no file `none.yaml` beside the rules"),
        (b"\xff\xfe\x00\x01", "mine.yaml: the file can't be read as text"),
    ],
)
def test_a_rules_file_that_is_none(desk: Desk, content: str | bytes, said: str) -> None:
    desk.put("mine.yaml", content)
    ran = recon("rules", "check", "mine.yaml")
    assert ran.code == 2
    assert said in ran.err
    assert desk.run("--rules", "mine.yaml").code == 2
    assert not (desk.root / "out").exists()


@pytest.mark.slow
def test_rows_without_a_currency_and_nothing_that_says_which(desk: Desk) -> None:
    desk.put("bank.csv", BANK.replace(",GBP,", ",,", 1).replace(",GBP,", ",EUR,", 1))
    before = desk.files()
    ran = desk.run(*EVERYTHING)
    assert ran.code == 2
    assert "write `currency: GBP` (or yours) into the rules" in ran.err
    assert desk.files() == before
    desk.put("mine.yaml", "extends: default\ncurrency: GBP\n")
    assert desk.run("--rules", "mine.yaml").code == 0
    assert {row["currency"] for row in desk.rows("lines.csv")} == {"GBP", "EUR"}


# One bad file among good ones


def test_bad_bank_files_among_good_ones(desk: Desk) -> None:
    desk.put("empty.csv", "")
    desk.put("photo.csv", bytes(range(256)) * 20)
    ran = desk.run(bank=["empty.csv", "bank.csv", "nowhere.csv", "photo.csv"])
    assert ran.code == 0
    problems = {row["code"]: row["where"] for row in desk.rows("problems.csv")}
    assert set(problems) == {"file-empty", "file-missing", "file-unknown"}
    assert problems["file-empty"].endswith("empty.csv")
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    unread = [(desk.root / name).as_posix() for name in ("empty.csv", "nowhere.csv", "photo.csv")]
    assert sorted(summary["files_unread"]) == unread
    assert "not read: 3 files, of which nothing is in this run: " in ran.out
    assert all(name in ran.out for name in unread)
    assert summary["problems"] == 3
    assert len(desk.rows("lines.csv")) == 4
    assert "empty.csv: the file is empty" in ran.err


def test_a_bank_file_without_a_statement_or_of_another_kind_is_not_read(desk: Desk) -> None:
    names = [
        desk.put("hello.ofx", "<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1></OFX>"),
        desk.put("ledger.csv", ITEMS),
    ]
    ran = desk.run(bank=["bank.csv", *names])
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["files_unread"] == [name.as_posix() for name in names]
    assert "not read: 2 files" in ran.out
    assert {row["code"] for row in desk.rows("problems.csv")} == {"file-empty", "file-kind"}


def test_the_first_row_without_a_currency_is_named(desk: Desk) -> None:
    rates = BANK.replace("GBP", "EUR", 1)
    desk.put("bank.csv", rates.replace("GBP", "", 1))
    desk.put("items.csv", ITEMS.replace("GBP", "", 1))
    ran = desk.run()
    assert ran.code == 2
    assert "bank.csv:3: this row has no currency, and is the first (another file has such, too)" in ran.err


def test_where_all_problems_are(desk: Desk) -> None:
    lines = [BANK.splitlines()[1].replace("120.50", f"x{number}") for number in range(terminal.SHOWN_MAX + 3)]
    desk.put("bank.csv", "\n".join([*BANK.splitlines(), *lines]))
    assert desk.run().err.splitlines()[-1] == "... and 3 more, in problems.csv"
    assert (
        desk.run("--book", "book.xlsm", out="").err.splitlines()[-1]
        == "... and 3 more, on the sheet Problems"
    )
    both = desk.run("--book", "book.xlsm").err.splitlines()[-1]
    assert both.endswith(" more, in problems.csv and on the sheet Problems")
    assert recon("read", "bank.csv").err.splitlines()[-1] == f"... and 3 more, {terminal.ALL_WITH_OUT}"
    assert recon("read", "bank.csv", "--out", "out").err.splitlines()[-1] == "... and 3 more, in problems.csv"


def test_unread_files_of_one_name_are_told_apart(desk: Desk) -> None:
    folders = [f"{number}" for number in range(terminal.UNREAD_MAX + 2)]
    names = [desk.put(f"{folder}/[/day].csv", "").as_posix() for folder in folders]
    ran = desk.run(bank=["bank.csv", *names])
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["files_unread"] == names
    [told] = [line for line in ran.out.splitlines() if line.startswith("not read: 7 files")]
    assert told.endswith(f"{names[terminal.UNREAD_MAX - 1]} and 2 more")


@pytest.mark.slow
def test_a_bad_remittance_is_a_problem(desk: Desk) -> None:
    desk.put("advice.csv", "")
    assert desk.run("--remittance", "advice.csv").code == 0
    assert [row["code"] for row in desk.rows("problems.csv")] == ["file-empty"]


def test_bad_rows_among_good_ones(desk: Desk) -> None:
    desk.put("bank.csv", BANK.replace("80.00", "eighty").replace("2026-03-04", "soon"))
    ran = desk.run()
    assert ran.code == 0
    assert [row["where"].rsplit("/", 1)[-1] for row in desk.rows("problems.csv")] == [
        "bank.csv:3",
        "bank.csv:4",
    ]
    assert {row["code"] for row in desk.rows("problems.csv")} == {"value-amount", "value-date"}
    assert sorted(row["amount"] for row in desk.rows("lines.csv")) == ["-500.00", "120.50"]
    assert unbalanced(desk.root / "out") == []


def test_a_statement_that_does_not_foot_is_left_out_and_named(desk: Desk) -> None:
    desk.put("night.sta", UNFOOTED)
    ran = desk.run(bank=["bank.csv", "night.sta"])
    assert ran.code == 0
    assert "left out: " in ran.out
    assert "night.sta, 200000/12345678 GBP: 1 line, 60.00; it does not foot by 3,940.00" in ran.out
    assert [row["code"] for row in desk.rows("problems.csv")] == ["statement-foots-not"]
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    [left] = summary["statements_left_out"]
    assert (left["lines"], left["total"], left["difference"]) == (1, "60.00", "3940.00")
    assert (summary["lines_read"], summary["lines_left_out"]) == (5, 1)
    assert "5 bank lines were read, 1 of them left out" in ran.out
    assert len(desk.rows("lines.csv")) == 4


def test_what_stands_before_a_cut_is_left_out_with_its_statement(desk: Desk) -> None:
    desk.put("night.ofx", CUT_OFX)
    ran = desk.run(bank=["night.ofx"])
    assert ran.code == 0
    assert desk.outcomes() == [("120.50", "auto")]
    assert "222 GBP: 1 line, 60.00; it does not foot: see its problem" in ran.out
    assert "statement 2: the file ends before this statement does" in ran.err
    desk.put("mine.yaml", "extends: default\ncontrols:\n  admit_unfooted: true\n")
    desk.run("--rules", "mine.yaml", bank=["night.ofx"])
    assert desk.outcomes() == [("120.50", "auto"), ("60.00", "auto")]


@pytest.mark.parametrize(
    ("row", "amounts"),
    [
        ("A,2026-03-03,1", []),  # of 1125.00
        ("A,2026-03-03,1\n", ["1"]),  # whole, but for cells at its end that are empty
        ("A,2026-03-03,1,GBP,,,INV-1002,", ["1"]),
        ("A,2026-03-03,1\nA,2026-03-03,2", ["1", "2"]),  # no shorter than another row of this file
        ("A,2026-03-03,2,GBP,,,INV-1002\nA,2026-03-03,1", ["2"]),  # shorter than any other
        *((f"A,2026-03-03,1\n{rest}", ["1"]) for rest in ("  ", "\x1a", "\u00a0", ",,,,,,,", '""')),
    ],
)
def test_a_last_row_that_is_cut_is_left_out(desk: Desk, row: str, amounts: list[str]) -> None:
    whole = HEADING + "\n" + BANK.splitlines()[1] + "\n"
    ran = desk.run(
        "--rules", desk.put("mine.yaml", "currency: GBP\n"), bank=[desk.put("cut.csv", whole + row)]
    )
    assert ran.code == 0
    found = [float(line["amount"]) for line in desk.rows("lines.csv")]
    assert sorted(found) == sorted([120.5, *map(float, amounts)])
    assert ("the file ends within this row" in ran.err) == ("1" not in amounts)


@pytest.mark.parametrize(
    ("last", "kept"),
    [("1380.4", False), ("1380", False), ("1380.45", True), ("1380.4\n", True), ("7", True)],
)
def test_an_amount_that_is_cut_within_its_decimals_is_left_out(desk: Desk, last: str, kept: bool) -> None:
    """Where all others have as many as one another; of amounts that have some and some, none is taken for cut."""
    others = ("120.5", "20") if last == "7" else ("120.50", "20.00")
    rows = "".join(f"A,2026-03-02,ALPHA CARE LTD,INV-1001,GBP,{amount}\n" for amount in others)
    text = (
        f"account,booking_date,counterparty,reference,currency,amount\n{rows}A,2026-03-03,X,INV-1,GBP,{last}"
    )
    ran = desk.run(bank=[desk.put("cut.csv", text)])
    assert ran.code == 0
    assert len(desk.rows("lines.csv")) == 2 + kept
    assert ("the file ends within this row" in ran.err) == (not kept)


def test_a_single_row_without_a_line_break_is_read(desk: Desk) -> None:
    """There is no other row to say that it lacks anything; nor is a ledger's row taken for cut."""
    bank = desk.put("bank.csv", HEADING + "\n" + "A,2026-03-02,120.50,GBP,BACS,ALPHA CARE LTD,INV-1001")
    ran = desk.run(bank=[bank])
    assert ran.code == 0
    assert [line["amount"] for line in desk.rows("lines.csv")] == ["120.50"]


def test_a_row_that_could_not_be_read_is_something_to_look_at(desk: Desk) -> None:
    """With `--strict` the exit code tells it, as it tells what is left to review."""
    row = BANK.splitlines()[1]
    assert desk.run("--strict", bank=[desk.put("whole.csv", f"{HEADING}\n{row}\n")]).code == 0
    for last in ("A,2026-03-03,1", "A,2026-03-03,much,GBP,BACS,X,INV-1,\n"):
        name = desk.put("some.csv", f"{HEADING}\n{row}\n{last}")
        assert desk.run("--strict", bank=[name]).code == 1


@pytest.mark.slow
def test_a_rule_lets_it_in(desk: Desk) -> None:
    desk.put("night.sta", UNFOOTED)
    desk.put("mine.yaml", "extends: default\ncontrols:\n  admit_unfooted: true\n")
    assert desk.run("--rules", "mine.yaml", bank=["night.sta"]).code == 0
    [line] = desk.rows("lines.csv")
    assert line["amount"] == "60.00"
    assert [row["code"] for row in desk.rows("problems.csv")] == ["statement-foots-not"]


def test_a_quiet_day(desk: Desk) -> None:
    desk.put("bank.csv", HEADING + "\n")
    ran = desk.run()
    assert ran.code == 0
    assert {path.name for path in (desk.root / "out").iterdir()} == OUT_FILES
    assert desk.rows("lines.csv") == []


# Words that mean nothing


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["read", "bank.csv", "--profile", "loyds"], "did you mean lloyds?"),
        (["demo", "--story", "mars", "--out", "x"], "choose one of: uk, india"),
        (["post", "--format", "sap", "--out", "x", "--store", "s.db"], "known formats: generic"),
        (["post", "--format", "generic", "--out", "x"], "add --store or --book"),
        (["rules", "check", "nix"], "default, india_care, uk_care"),
        (["run", "--bank", "bank.csv", "--items", "items.csv", "--as-of", "31.3.2026"], "--as-of"),
        (["run", "--items", "items.csv"], "--bank"),
        (["frobnicate"], "frobnicate"),
        (["bench", "--lines", "3"], "--lines"),
    ],
)
def test_a_name_that_there_is_not(desk: Desk, typed: list[str], said: str) -> None:
    before = desk.files()
    ran = recon(*typed)
    assert ran.code == 2
    assert said in ran.err
    assert desk.files() == before


PROFILE = """name: {name}
title: {name}
kind: bank
header: [Day, {column}]
columns:
  booking_date: Day
  narrative: Words
amount:
  signed: Money
dates: ["%d/%m/%Y"]
"""


def test_a_named_profile_settles_a_tie_and_touches_no_other_file(desk: Desk) -> None:
    for name, column in (("ours", "Money"), ("theirs", "Words")):
        desk.put(f"{name}.yaml", PROFILE.format(name=name, column=column))
    desk.put("rules.yaml", "extends: default\nprofiles: [ours.yaml, theirs.yaml]\ncurrency: GBP\n")
    desk.put("bank.csv", "Day,Money,Words\n02/03/2026,120.50,INV-1001 NORTHSIDE CARE LTD\n")
    ran = desk.run("--rules", "rules.yaml")
    assert (ran.code, "more than one profile fits: ours, theirs" in ran.err) == (2, True)
    ran = desk.run("--rules", "rules.yaml", "--profile", "theirs")
    assert ran.code == 0, ran.err
    assert {
        one["profile"] for one in json.loads((desk.root / "out" / "summary.json").read_text())["inputs"]
    } == {
        "theirs",
        "standard",
    }
    ran = desk.run("--rules", "rules.yaml", "--profile", "thiers")
    assert (ran.code, "did you mean theirs?" in ran.err) == (2, True)


def test_a_night_of_which_every_row_is_left_out_is_an_error_and_an_empty_one_is_not(desk: Desk) -> None:
    desk.put("bank.csv", BANK.replace("2026-03-0", "02/03/2026 "))
    before = desk.files()
    ran = desk.run("--book", desk.root / "book.xlsm")
    assert ran.code == 2
    assert "bank.csv:2" in ran.err
    assert "give the file a profile of its own whose `dates` say how they are written" in ran.err
    assert desk.files() == before
    desk.put("bank.csv", BANK.partition("\n")[0] + "\n")
    assert desk.run().code == 0


def test_a_credit_note_that_is_to_be_paid_is_told_and_not_posted(desk: Desk) -> None:
    """`Credit Note` is one of the types of documents, however it is written."""
    items = "item_id,customer_id,customer_name,doc_type,doc_no,currency,open_amount\n"
    desk.put(
        "items.csv",
        f"{items}3,K2,KENT CC,invoice,INV-2042,GBP,1250.00\n4,K2,KENT CC,Credit Note,CN-99,GBP,50.00\n",
    )
    desk.put(
        "bank.csv",
        "line_id,booking_date,amount,currency,reference\nb2,2026-03-30,1300.00,GBP,INV-2042 CN-99\n",
    )
    assert desk.run().code == 0
    assert [row["code"] for row in desk.rows("problems.csv")] == ["value-sign"]
    assert [row["outcome"] for row in desk.rows("lines.csv")] != ["auto"]


def test_an_item_in_two_extracts_is_told_with_both_amounts(desk: Desk) -> None:
    desk.put("items.csv", ITEMS)
    other = desk.put("more.csv", ITEMS.replace("120.50", "20.50"))
    assert desk.run("--items", other).code == 0
    [what] = [row["what"] for row in desk.rows("problems.csv") if "120.50" in row["what"]]
    assert "120.50 GBP open here, and 20.50 GBP at" in what
    assert what.endswith("more.csv:2, which is the one that is matched")


def test_a_folder_without_files_and_half_a_workbook_are_called_so(desk: Desk) -> None:
    (desk.root / "nothing").mkdir()
    assert "nothing: there is no file in this folder" in recon("read", "nothing").err
    desk.put("half.xlsx", b"PK\x03\x04" + bytes(range(200)))
    assert "a workbook that is damaged, or of which only a part is there" in recon("read", "half.xlsx").err
