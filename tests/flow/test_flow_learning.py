"""Learning as a person meets it: decide, see it suggested, accept it on the sheet, and take it back."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flow_cases import Desk, Row, decide, recon, type_into

from recon.flow import learning_page
from recon.store import Store
from recon.workbook.columns import letters
from recon.workbook.file import open_book

HEAD = "account,booking_date,amount,currency,type,counterparty,counterparty_account,reference,narrative\n"
ITEM_HEAD = (
    "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount\n"
)
OURS = "20-00-00 12345678"
# Three lines that name their document.
BANK = HEAD + "".join(
    f"{OURS},2026-03-0{day},{n}.00,GBP,BGC,NORTHSIDE CARE LTD,,INV-{n},\n"
    for day, n in ((4, 1403), (5, 1504), (6, 1605))
)
# The payroll bureau that pays for Northside: its name is nobody's that the ledger knows.
BUREAU, ACCOUNT = "HILLTOP BUREAU", "GB12ABCD00112233445566"


def bank(*lines: tuple[str, str, str]) -> str:
    """Bank lines of (day, amount, who paid)."""
    rows = [f"{OURS},{day},{amount},GBP,BGC,{who},{ACCOUNT},,CARE FEES" for day, amount, who in lines]
    return HEAD + "\n".join(rows) + "\n"


def items(*numbers: int) -> str:
    """Open items of Northside, 100.00 and their number in pounds; and two of Southside."""
    mine = [
        f"INV-{n},C1,Northside Care Ltd,invoice,INV-{n},2026-02-01,2026-03-01,GBP,{n}.00,{n}.00"
        for n in numbers
    ]
    other = [
        f"INV-{n},C2,Southside Care Ltd,invoice,INV-{n},2026-02-01,2026-03-01,GBP,{n}.00,{n}.00"
        for n in (9001, 9002)
    ]
    return ITEM_HEAD + "\n".join([*mine, *other]) + "\n"


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk on which two lines of the bureau were allocated to Northside, on two days, by one person."""
    return teach(tmp_path_factory.mktemp("taught"))


def teach(folder: Path) -> Path:
    """Fill a folder with that desk; returns it."""
    desk = Desk(folder)
    desk.put("bank.csv", bank(("2026-03-02", "1201.00", BUREAU), ("2026-03-03", "1302.00", BUREAU)))
    desk.put("items.csv", items(1201, 1302, 1403, 1504, 1605))
    book = desk.root / "book.xlsm"
    assert desk.run("--book", book).code == 0
    typed = {row["line_id"]: allocate(row["amount"]) for row in desk.rows("exceptions.csv")}
    lines = {row["line_id"]: row["amount"] for row in desk.rows("lines.csv")}
    decide(book, "Exceptions", {line: allocate(lines[line]) for line in typed})
    assert "2 decisions applied, 0 refused" in recon("apply", "--book", book, "--who", "anna").out
    return desk.root


def allocate(amount: str) -> dict[str, str]:
    return {"Decision": "allocate", "Item": f"INV-{amount.split('.', maxsplit=1)[0]}", "Amount": amount}


@pytest.fixture
def desk(taught: Path, tmp_path: Path) -> Desk:
    """A copy of it to go on with."""
    for name in ("book.xlsm", "book.recon.db", "items.csv"):
        (tmp_path / name).write_bytes((taught / name).read_bytes())
    return Desk(tmp_path)


def of(desk: Desk) -> tuple[str, Path]:
    """The desk's store."""
    return "--store", desk.root / "book.recon.db"


def learned(desk: Desk) -> dict[str, dict[str, Any]]:
    """What recon learn list says, by kind and meaning."""
    told = json.loads(recon("learn", "list", *of(desk), "--json").out)
    return {f"{row['kind']} {row['meaning']}": row for row in told}


def night(desk: Desk, name: str, *lines: tuple[str, str, str], book: bool = False) -> dict[str, str]:
    """A night's lines matched, with or without the workbook: the outcome of each amount."""
    desk.put(f"{name}.csv", bank(*lines))
    place = ("--book", desk.root / "book.xlsm") if book else of(desk)
    assert desk.run(*place, bank=(f"{name}.csv",), out=name).code == 0
    return {row["amount"]: row["outcome"] for row in desk.rows("lines.csv", name)}


def test_a_name_is_suggested_accepted_on_the_sheet_used_and_withdrawn(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    found = learned(desk)
    assert set(found) == {"alias C1", "account C1"}
    alias = found["alias C1"]
    assert (alias["subject"], alias["state"], alias["lines"], alias["days"]) == (BUREAU, "suggested", 2, 2)
    assert alias["people"] == ["anna"]

    assert night(desk, "before", ("2026-03-04", "1403.00", BUREAU)) == {"1403.00": "exception"}

    _type(book, {alias["id"]: {"Decision": "accept", "Note": "their bureau"}})
    said = recon("apply", "--book", book, "--who", "bea")
    assert "1 decision applied, 0 refused" in said.out
    sheet = _sheet(book)
    assert sheet[alias["id"]]["State"] == "accepted"
    assert sheet[alias["id"]]["Result"].startswith("accepted by bea, ")
    assert sheet[alias["id"]]["Result"].endswith("from 2026-03-02: their bureau")
    assert sheet[alias["id"]]["Decision"] == ""

    assert night(desk, "with", ("2026-03-05", "1504.00", BUREAU)) == {"1504.00": "auto"}
    reasons = desk.rows("allocations.csv", "with")[0]["reasons"]
    assert "confirmed alias" in reasons
    assert "alias learned " in reasons
    assert "accepted by bea (C1)" in reasons

    # The run before it was accepted, and the one after, come out as they were.
    for run in json.loads(recon("audit", "verify", *of(desk), "--json").out), None:
        assert run is None or run["whole"]
    for name in ("before", "with"):
        again = desk.root / f"again-{name}"
        run_id = json.loads((desk.root / name / "summary.json").read_text(encoding="utf-8"))["run_id"]
        ran = recon("audit", "reperform", run_id, *of(desk), "--out", again)
        assert ran.code == 0, ran.out
        for table in ("allocations.csv", "exceptions.csv", "lines.csv"):
            assert (again / table).read_bytes() == (desk.root / name / table).read_bytes()

    _type(book, {alias["id"]: {"Decision": "withdraw"}})
    assert recon("apply", "--book", book, "--who", "anna").code == 0
    assert _sheet(book)[alias["id"]]["State"] == "withdrawn"
    assert night(desk, "without", ("2026-03-06", "1605.00", BUREAU)) == {"1605.00": "exception"}


def test_an_account_is_learned_apart_from_the_name(desk: Desk) -> None:
    account = learned(desk)["account C1"]
    assert account["subject"] == ACCOUNT
    assert recon("learn", "accept", account["id"], *of(desk), "--who", "bea").code == 0
    assert night(desk, "with", ("2026-03-05", "1504.00", "ANOTHER NAME")) == {"1504.00": "auto"}
    reasons = desk.rows("allocations.csv", "with")[0]["reasons"]
    assert "payer's account" in reasons
    assert "account learned " in reasons


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        (("learn", "accept", "alias-nope"), "recon learn accept"),
        (("audit", "erase", "--line", "alias-nope", "--why", "request"), "--line"),
        (("audit", "erase", "--reference", "alias-nope", "--why", "request"), "--reference"),
        (("audit", "reperform", "alias-nope"), "alias-nope"),
        (("audit", "trail", "alias-nope"), "alias-nope"),
    ],
)
def test_a_name_that_is_not_known_is_wrong_input_and_told_once(
    desk: Desk, typed: tuple[str, ...], where: str
) -> None:
    ran = recon(*typed, *of(desk))
    assert (ran.code, ran.out, ran.err.count("alias-nope")) == (2, "", 1)
    assert ran.err.startswith(f"{where}: ")


def test_what_two_customers_have_had_cannot_be_accepted(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    night(desk, "other", ("2026-03-04", "9001.00", BUREAU), book=True)
    line = next(row["line_id"] for row in desk.rows("lines.csv", "other"))
    decide(book, "Exceptions", {line: allocate("9001.00")})
    assert recon("apply", "--book", book, "--who", "carl").code == 0
    alias = learned(desk)["alias C1"]
    assert (alias["state"], alias["against"]) == ("contradicted", "1 line of C2")
    refused = recon("learn", "accept", alias["id"], *of(desk))
    assert refused.code == 1
    assert "something contradicts it (1 line of C2)" in refused.err
    assert BUREAU not in refused.err


def test_a_second_person_is_asked_for_where_the_rules_say_so(desk: Desk) -> None:
    rules = desk.put("ours.yaml", "extends: default\nlearning: {second_person: true}\n")
    desk.put("more.csv", bank(("2026-03-04", "1403.00", BUREAU)))
    assert desk.run(*of(desk), "--rules", rules, bank=("more.csv",), out="more").code == 0
    alias = learned(desk)["alias C1"]["id"]
    own = recon("learn", "accept", alias, *of(desk), "--who", "anna")
    assert own.code == 1
    assert "the rules want a second person" in own.err
    assert recon("learn", "accept", alias, *of(desk), "--who", "bea").code == 0


def test_the_sheet_keeps_what_is_typed_and_not_applied(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    alias = learned(desk)["alias C1"]["id"]
    _type(book, {alias: {"Note": "ask the bureau first"}})
    assert recon("apply", "--book", book).code == 0
    assert _sheet(book)[alias]["Note"] == "ask the bureau first"
    _type(book, {alias: {"Decision": "withdraw"}})
    assert "1 refused" in recon("apply", "--book", book).out
    row = _sheet(book)[alias]
    assert row["Decision"] == "withdraw"
    assert row["Result"] == "refused: it was never accepted, so it can't be withdrawn"


def test_a_rejected_pair_is_not_posted_until_it_is_withdrawn(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    alias = learned(desk)["alias C1"]["id"]
    rules = desk.put("ours.yaml", "extends: default\ncontrols: {auto_post_ceiling: 1450.00}\n")
    assert recon("learn", "accept", alias, *of(desk)).code == 0
    desk.put("large.csv", bank(("2026-03-05", "1504.00", BUREAU)))
    assert desk.run("--book", book, "--rules", rules, bank=("large.csv",), out="large").code == 0
    [line] = desk.rows("lines.csv", "large")
    assert line["outcome"] == "auto"  # above the ceiling, so that it waits for a person
    decide(book, "Suggestions", {line["line_id"]: {"Decision": "reject", "Note": "not theirs"}})
    assert recon("apply", "--book", book, "--who", "carl").code == 0

    assert night(desk, "held", ("2026-03-06", "1605.00", BUREAU)) == {"1605.00": "suggested"}
    [exception] = desk.rows("exceptions.csv", "held")
    assert exception["code"] == "EX-REJ"
    assert exception["detail"].startswith(
        "payer and customer were rejected together before: rejected before by carl on "
    )
    assert "rejected before by carl on " in desk.rows("allocations.csv", "held")[0]["reasons"]
    pair = learned(desk)["rejected C1"]
    assert (pair["subject"], pair["who"], pair["examples"]) == (BUREAU, "carl", line["line_id"])
    run_id = json.loads((desk.root / "held" / "summary.json").read_text(encoding="utf-8"))["run_id"]

    assert recon("learn", "withdraw", pair["id"], *of(desk), "--who", "anna").code == 0
    assert "rejected C1" not in learned(desk)
    assert night(desk, "free", ("2026-03-06", "1605.00", BUREAU)) == {"1605.00": "auto"}
    assert recon("audit", "reperform", run_id, *of(desk)).code == 0


def test_what_decisions_contradict_is_held_until_it_is_confirmed(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    alias = learned(desk)["alias C1"]["id"]
    assert recon("learn", "accept", alias, *of(desk), "--who", "bea", "--from", "2026-03-01").code == 0
    assert night(desk, "other", ("2026-03-04", "9001.00", BUREAU), book=True) == {"9001.00": "exception"}
    line = desk.rows("lines.csv", "other")[0]["line_id"]
    decide(book, "Exceptions", {line: allocate("9001.00")})
    assert recon("apply", "--book", book, "--who", "carl").code == 0
    row = _sheet(book)[alias]
    assert next(iter(_sheet(book))) == alias, "it stands first"
    assert row["State"] == "held"
    assert row["Result"].endswith(": 1 line of C2; confirm or withdraw it")

    assert night(desk, "held", ("2026-03-05", "1504.00", BUREAU)) == {"1504.00": "suggested"}
    [exception] = desk.rows("exceptions.csv", "held")
    assert exception["code"] == "EX-HELD"
    assert exception["detail"].startswith("what was learned of this payer is held: alias held since ")
    [proposed] = desk.rows("allocations.csv", "held")
    assert (proposed["item_id"], proposed["status"]) == ("INV-1504", "suggested")
    assert "contradicted by 1 line of C2 (C1)" in proposed["reasons"]
    run_id = json.loads((desk.root / "held" / "summary.json").read_text(encoding="utf-8"))["run_id"]
    named = HEAD + f"{OURS},2026-03-06,1605.00,GBP,BGC,{BUREAU},{ACCOUNT},INV-1605,\n"
    desk.put("named.csv", named)
    assert desk.run(*of(desk), bank=("named.csv",), out="named").code == 0
    assert desk.outcomes("named") == [("1605.00", "auto")], "its document says whose it is, whoever paid"

    assert recon("learn", "refuse", alias, *of(desk)).code == 1
    _type(book, {alias: {"Decision": "confirm", "Note": "one slip"}})
    assert "1 decision applied, 0 refused" in recon("apply", "--book", book, "--who", "dora").out
    shown = _sheet(book)[alias]["Result"]
    assert shown.startswith("confirmed by dora, ")
    assert shown.endswith("from 2026-03-01: one slip")
    assert night(desk, "free", ("2026-03-07", "1403.00", BUREAU)) == {"1403.00": "auto"}
    assert "confirmed by dora (C1)" in desk.rows("allocations.csv", "free")[0]["reasons"]
    assert recon("audit", "reperform", run_id, *of(desk)).code == 0, "held on its day, and so it comes out"
    assert recon("audit", "verify", *of(desk)).code == 0
    with Store.open(str(desk.root / "book.recon.db")) as store:
        told = store.lessons().events.select("event", "who").rows()
    assert told == [("accepted", "bea"), ("held", "rule"), ("confirmed", "dora")]


def test_what_is_held_of_a_customer_is_so_of_its_successor(desk: Desk) -> None:
    """An alias of C1 that somebody else has paid under leads to the items of C9, too, which C1 became."""
    book = desk.root / "book.xlsm"
    alias = learned(desk)["alias C1"]["id"]
    assert recon("learn", "accept", alias, *of(desk), "--who", "bea", "--from", "2026-03-01").code == 0
    became = "customer_id,successor_id,effective,kind\nC1,C9,2026-03-01,merger\n"
    masters = desk.put("masters/successions.csv", became).parent
    desk.put("masters/customers.csv", "customer_id,name\nC1,Northside Care Ltd\nC9,Eastside Care Ltd\n")
    theirs = [
        f"INV-{n},C9,Eastside Care Ltd,invoice,INV-{n},2026-02-01,2026-03-01,GBP,{n}.00,{n}.00\n"
        for n in (1605, 1706)
    ]
    desk.put("items.csv", items(1201, 1302, 1403, 1504) + "".join(theirs))

    def heir(out: str, number: int) -> Row:
        desk.put("heir.csv", bank(("2026-03-06", f"{number}.00", BUREAU)))
        assert desk.run(*of(desk), "--customers", masters, bank=("heir.csv",), out=out).code == 0
        [line] = desk.rows("lines.csv", out)
        return line

    assert heir("free", 1605)["outcome"] == "auto"
    assert night(desk, "other", ("2026-03-04", "9001.00", BUREAU), book=True) == {"9001.00": "exception"}
    line = desk.rows("lines.csv", "other")[0]["line_id"]
    decide(book, "Exceptions", {line: allocate("9001.00")})
    assert recon("apply", "--book", book, "--who", "carl").code == 0
    held = heir("held", 1706)
    assert (held["outcome"], held["code"]) == ("suggested", "EX-HELD")


def test_how_references_begin_is_learned_and_catches_nobody_else(desk: Desk) -> None:
    """Three lines of nobody's name, each with another reference of its own."""
    book = desk.root / "book.xlsm"

    def chc(name: str, *said: tuple[str, str, str], place: str = "--store") -> dict[str, str]:
        rows = [f"{OURS},{day},{amount},GBP,BGC,,,{text},\n" for day, amount, text in said]
        desk.put(f"{name}.csv", HEAD + "".join(rows))
        where = book if place == "--book" else desk.root / "book.recon.db"
        assert desk.run(place, where, bank=(f"{name}.csv",), out=name).code == 0
        return {row["amount"]: row["outcome"] for row in desk.rows("lines.csv", name)}

    three = [(f"2026-03-0{n}", f"{n}.00", f"CHC-10000{n}") for n in (4, 5, 6)]
    desk.put("items.csv", items(1201, 1302, 1403, 1504, 1605, 4, 5, 6, 7, 8))
    assert set(chc("three", *three, place="--book").values()) == {"exception"}
    lines = {row["line_id"]: row["amount"] for row in desk.rows("lines.csv", "three")}
    decide(book, "Exceptions", {line: allocate(amount) for line, amount in lines.items()})
    assert "3 decisions applied" in recon("apply", "--book", book, "--who", "anna").out
    row = learned(desk)["pattern C1"]
    assert (row["subject"], row["state"], row["lines"]) == ("CHC######", "suggested", 3)
    assert _sheet(book)[row["id"]]["What"] == "Payer's numbers like"

    assert chc("before", ("2026-03-07", "1403.00", "CHC-200001")) == {"1403.00": "exception"}
    assert "pattern C1" not in learned(desk), "a line that nobody has settled has one, too"
    assert recon("apply", "--book", book).code == 0  # the line comes onto the sheet
    line = desk.rows("lines.csv", "before")[0]["line_id"]
    decide(book, "Exceptions", {line: allocate("1403.00")})
    assert recon("apply", "--book", book, "--who", "anna").code == 0

    assert recon("learn", "accept", row["id"], *of(desk), "--who", "bea").code == 0
    # Others may begin their references so: it proposes, and nobody's line is posted by it alone.
    assert chc("with", ("2026-03-08", "1504.00", "CHC-300001")) == {"1504.00": "suggested"}
    assert "pattern learned " in desk.rows("allocations.csv", "with")[0]["reasons"]
    [held] = desk.rows("exceptions.csv", "with")
    assert (held["code"], "nothing but how the reference begins" in held["detail"]) == ("EX-HELD", True)
    assert chc("short", ("2026-03-08", "1605.00", "CHC-30001")) == {"1605.00": "exception"}
    run_id = json.loads((desk.root / "with" / "summary.json").read_text(encoding="utf-8"))["run_id"]
    assert recon("audit", "reperform", run_id, *of(desk)).code == 0


def test_replay_shows_what_a_suggestion_would_do_before_it_is_accepted(desk: Desk) -> None:
    assert night(desk, "before", ("2026-03-04", "1403.00", BUREAU)) == {"1403.00": "exception"}
    tried = recon("rules", "replay", "--suggested", *of(desk), "--json").summary
    [run] = tried["runs"]
    assert run["posted"]["newly"] == {"lines": 1, "amount": {"GBP": "1403.00"}}
    assert (
        recon("rules", "replay", "--learned", *of(desk), "--json").summary["total"]["changed"]["lines"] == 0
    )
    assert {row["state"] for row in learned(desk).values()} == {"suggested"}
    assert (
        "newly posted without a person: 1 line, GBP 1403.00"
        in recon("rules", "replay", "--suggested", *of(desk)).out
    )
    assert recon("rules", "replay", *of(desk)).code == 2
    desk.put("next.csv", bank(("2026-03-05", "1504.00", BUREAU)))
    beside = desk.run(*of(desk), "--shadow-suggested", "--json", bank=("next.csv",), out="beside").summary
    assert beside["shadow"]["changes"]["newly posted"] == {"lines": 1, "amount": {"GBP": "1504.00"}}
    assert beside["outcomes"]["exception"]["lines"] == 1
    assert {row["state"] for row in learned(desk).values()} == {"suggested"}


def test_calibration_counts_what_was_decided(desk: Desk) -> None:
    desk.put("refs.csv", BANK)
    assert desk.run(*of(desk), bank=("refs.csv",), out="refs").code == 0
    found = recon("learn", "calibration", *of(desk), "--json").summary
    [rule] = [one for one in found["rules"] if one["rule"] == "reference"]
    assert (rule["proposals"], rule["right"], rule["people"]) == (3, 3, 0)
    assert rule["lower"] == pytest.approx(0.4385, abs=0.001)
    assert (found["threshold"], found["follows"]) == (None, False)
    assert "No confidence is proven" in recon("learn", "calibration", *of(desk)).out


def test_the_threshold_follows_where_the_rules_say_so(desk: Desk) -> None:
    desk.put("refs.csv", BANK)
    low = "{target_precision: 0.4, auto_threshold: follow, auto_threshold_min: 0.97}"
    rules = desk.put("ours.yaml", f"extends: default\nlearning: {low}\n")
    assert desk.run(*of(desk), "--rules", rules, bank=("refs.csv",), out="first").code == 0
    assert desk.run(*of(desk), "--rules", rules, bank=("refs.csv",), out="second").code == 0
    with Store.open(str(desk.root / "book.recon.db")) as store:
        runs = [json.loads(one) for one in store.runs()["rules"]]
    confidence = max(float(row["confidence"]) for row in desk.rows("allocations.csv", "first"))
    assert confidence > 0.97
    assert [run["thresholds"]["auto"] for run in runs[-2:]] == [0.95, confidence]


def test_events_are_in_the_chain(desk: Desk) -> None:
    store = desk.root / "book.recon.db"
    alias = learned(desk)["alias C1"]["id"]
    recon("learn", "accept", alias, *of(desk))
    with Store.open(str(store)) as opened:
        assert opened.verify().breaks == ()
    with sqlite3.connect(store) as raw:
        raw.execute("UPDATE learned SET meaning = 'C2'")
    raw.close()
    with Store.open(str(store)) as opened:
        assert opened.verify().breaks == ("link 3 (learned 1-1): a row of learned is not as it was written",)


def _sheet(book: Path) -> dict[str, dict[str, str]]:
    """The sheet's rows by their id."""
    cells = open_book(book).read_page(learning_page.KEY, *learning_page.READ)
    at = next(number for number, row in enumerate(cells) if "Id" in row)
    found = [dict(zip(cells[at], row, strict=True)) for row in cells[at + 1 :]]
    return {row["Id"]: row for row in found if row["Id"]}


def _type(book: Path, typed: dict[str, dict[str, str]]) -> None:
    """Type into the sheet as a person would."""
    type_into(book, learning_page.NAME, _places(book, typed))


def _places(book: Path, typed: dict[str, dict[str, str]]) -> dict[str, str]:
    """What is typed by its cell."""
    cells = open_book(book).read_page(learning_page.KEY, *learning_page.READ)
    at = next(number for number, row in enumerate(cells) if "Id" in row)
    rows = {row[cells[at].index("Id")]: number for number, row in enumerate(cells[at + 1 :], at + 2)}
    return {
        f"{letters(cells[at].index(name))}{rows[key]}": value
        for key, values in typed.items()
        for name, value in values.items()
    }
