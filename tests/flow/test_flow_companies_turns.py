"""Whose a line is after it was moved or taken back, and by its account; and what stops all companies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, decide, recon
from test_flow_companies import OTHER, RULES, post, posted, with_entity

from recon import flow, posting
from recon.problems import Problem
from recon.store import Store

HEAD = BANK.splitlines()[0] + "\n"
FIRST = BANK.splitlines()[1] + "\n"  # 120.50, INV-1001 of 01
STRANGER = "20-00-00 12345678,2026-03-04,60.00,GBP,BGC,WHO IS THIS,,SOMETHING ELSE\n"
ANOTHER = "20-00-00 12345678,2026-03-05,33.30,GBP,BGC,WHO IS THAT,,SOMETHING\n"
HOMES = "companies: [{entity: '01', accounts: [20-00-00 12345678]}, {entity: '02', accounts: [20-00-00 87654321]}]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def night(root: Path, *bank: str, rules: str = RULES, items: str = "") -> Desk:
    desk = Desk(root)
    desk.put("bank.csv", "".join([HEAD, *bank]))
    desk.put("items.csv", items or with_entity(ITEMS))
    desk.put("ours.yaml", rules)
    assert desk.run("--rules", root / "ours.yaml", "--book", root / "b.xlsm").code == 0
    return desk


def line(desk: Desk, amount: str) -> str:
    [found] = [row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount]
    return found


def said(desk: Desk, sheet: str, amount: str, **cells: str) -> None:
    """Decide on the line of that amount, as ann."""
    decide(
        desk.root / "b.xlsm", sheet, {line(desk, amount): {k.replace("_", " "): v for k, v in cells.items()}}
    )
    assert recon("apply", "--book", "b.xlsm", "--who", "ann").out == "1 decision applied, 0 refused\n"


def to_nought(desk: Desk, amount: str, item: str) -> None:
    """Settle a line and take that back, all before anything is posted."""
    said(desk, "Exceptions", amount, Decision="allocate", Item=item, Amount=amount)
    said(desk, "Allocations", amount, Decision="reject", Note="no")


def test_lines_that_came_to_nought_make_no_file_and_stop_nobody(tmp_path: Path) -> None:
    items = with_entity(ITEMS).replace("60.00,02", "60.00,03").replace("100.00,01", "100.00,02")
    desk = night(tmp_path, STRANGER.replace("60.00", "44.40"), ANOTHER, OTHER, items=items)
    to_nought(desk, "44.40", "INV-1001")
    to_nought(desk, "33.30", "INV-1002")
    ran = post("sage")
    assert (ran.code, ran.err) == (0, "")
    assert set(posted(desk)) == {"03"}
    assert post("sage", "--company", "01", out="alone").out == "nothing is accepted that could be posted\n"


def test_a_file_that_was_written_is_not_given_out_again_for_another_companys_nought(tmp_path: Path) -> None:
    desk = night(tmp_path, FIRST, STRANGER)
    to_nought(desk, "60.00", "INV-1003")
    assert post("sage").code == 0
    second = "20-00-00 12345678,2026-03-12,100.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,\n"
    for day, more, company in (("day2", second, "01"), ("day3", OTHER, "02")):
        desk.put("bank.csv", (desk.root / "bank.csv").read_text(encoding="utf-8") + more)
        assert desk.run("--rules", "ours.yaml", "--book", "b.xlsm").code == 0
        ran = post("sage", out=day)
        assert f"1 bank lines of company {company}" in ran.out
        assert not [words for words in ("nothing new", "here it is") if words in ran.out]
        assert set(posted(desk, day)) == {company}
        with Store.open("b.recon.db") as store:
            assert store.lost() == []


def test_a_line_moved_before_it_was_posted_is_of_the_company_that_it_went_to(tmp_path: Path) -> None:
    desk = night(tmp_path, FIRST, STRANGER)
    said(desk, "Exceptions", "60.00", Decision="allocate", Item="INV-1002", Amount="60.00")
    said(desk, "Allocations", "60.00", Decision="allocate", New_item="INV-1003", New_amount="60.00")
    ran = post("sage")
    assert ran.code == 0
    told = (
        "recon post: bank account 20-00-00 12345678 is in the files of 01 and 02; nothing says whose it is\n"
    )
    assert ran.err.startswith(told), "no rule says it"
    assert [(name, "60.00" in text) for name, text in sorted(posted(desk).items())] == [
        ("01", False),
        ("02", True),
    ]
    with Store.open("b.recon.db") as store:
        assert store.unposted().is_empty(), "all turns of the line are in the file"


def test_every_file_of_a_job_is_noted_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(tmp_path, FIRST, OTHER)
    files = flow.review._files

    def turned(*given: object) -> flow.Posted:
        made = files(*given)  # type: ignore[arg-type]  # as it was given
        assert made is not None
        [other] = made.others
        return replace(other, others=(replace(made, others=()),))

    monkeypatch.setattr(flow.review, "_files", turned)
    assert post("sage").code == 0
    with Store.open("b.recon.db") as store:
        assert (len(store.batches()), store.lost()) == (2, [])


def test_money_in_the_account_of_another_company_than_the_items_is_left_out_and_told(tmp_path: Path) -> None:
    wrong = OTHER.replace("INV-1003", "INV-1001").replace("60.00", "100.00").replace("SOUTHSIDE", "NORTHSIDE")
    only = with_entity(ITEMS).replace("60.00,02", "60.00,01")  # no item is of 02, but the account is
    for name, items in (("two", with_entity(ITEMS)), ("one", only)):
        (tmp_path / name).mkdir()
        desk = night(tmp_path / name, FIRST.replace("INV-1001", "INV-1002").replace("120.50", "100.00"),
            STRANGER, wrong.replace("100.00", "120.50"), rules=RULES + HOMES, items=items)  # fmt: skip
        with pytest.MonkeyPatch.context() as inside:
            inside.chdir(desk.root)
            decide(desk.root / "b.xlsm", "Suggestions", {line(desk, "120.50"): {"Decision": "accept"}})
            assert recon("apply", "--book", "b.xlsm", "--who", "ann").out == "1 decision applied, 0 refused\n"
            told, again = post("sage"), post("sage")
        for ran in (told, again):
            assert ran.code == 0
            assert f"are of more than one company, by items and account: {line(desk, '120.50')}" in ran.err
        assert ("nothing new is accepted" in told.out, "nothing new is accepted" in again.out) == (
            False,
            True,
        )
        assert [(company, "120.50" in text) for company, text in posted(desk).items()] == [("01", False)]


def test_what_waits_for_a_second_person_stops_no_other_company_and_a_broken_control_stops_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = night(tmp_path, FIRST, STRANGER, rules=RULES + "controls: {hand_post_ceiling: 10}\n")
    said(desk, "Exceptions", "60.00", Decision="allocate", Item="INV-1003", Amount="60.00")
    failures = posting.failures
    broken = Problem(
        "control-failed", "posting control `bank`, GBP", "expected 1.00, found 2.00; nothing is posted"
    )
    with monkeypatch.context() as inside:
        first = iter([(broken,)])  # of 01; the control of 02 holds
        inside.setattr(posting, "failures", lambda *given: next(first, ()) or failures(*given))
        ran = post("sage")
    assert (ran.code, ran.out) == (2, "")
    assert ["expected 1.00" in ran.err, (desk.root / "posted").exists()] == [True, False]
    ran = post("sage", "--who", "ann")
    assert ran.code == 0
    assert "somebody other than ann has to post" in ran.err
    assert set(posted(desk)) == {"01"}


def test_one_company_again_tells_what_is_nobodys(tmp_path: Path) -> None:
    desk = night(tmp_path, FIRST, OTHER, STRANGER.replace("60.00", "44.40"))
    assert post("sage").code == 0
    said(desk, "Exceptions", "44.40", Decision="on account")
    told = f"nothing says which company's these bank lines are: {line(desk, '44.40')}"
    again = post("sage", "--company", "02", out="again")
    assert (again.code, "nothing new" in again.out, told in again.err) == (0, True, True)


def test_what_is_nobodys_is_told_beside_what_the_rules_lack(tmp_path: Path) -> None:
    bare = RULES.replace(', "02": {tally: {company: Two}}', "")
    desk = night(tmp_path, FIRST, OTHER, STRANGER.replace("60.00", "44.40"), rules=bare)
    said(desk, "Exceptions", "44.40", Decision="on account")
    ran = post("tally")
    assert (ran.code, ran.err.startswith("posting.companies.02.tally.company: ")) == (2, True)
    assert "nothing says which company's these bank lines are" in ran.err
