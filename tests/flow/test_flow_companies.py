"""A store with items of two companies: a file for each where the ledger wants it so, each line in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, copied, decide, recon

from recon import flow

RULES = """
extends: default
name: ours
currency: GBP
accounts: {banks: {20-00-00 12345678: "1200", 20-00-00 87654321: "1201"}, receivables: "1100", suspense: "2999"}
posting:
  settings: {xero: {suspense_contact: Suspense}}
  companies: {"01": {tally: {company: One}}, "02": {tally: {company: Two}}}
"""
ENTITIES = {"INV-1001": "01", "INV-1002": "01", "INV-1003": "02"}
OTHER = "20-00-00 87654321,2026-03-09,60.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-1003,\n"
FORMATS = ("sage", "xero", "quickbooks", "tally")


def with_entity(items: str) -> str:
    head, *rows = items.splitlines()
    return "\n".join([f"{head},entity", *(f"{row},{ENTITIES[row.split(',')[0]]}" for row in rows)]) + "\n"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("companies"))
    desk.put("bank.csv", BANK + OTHER)
    desk.put("items.csv", with_entity(ITEMS))
    desk.put("ours.yaml", RULES)
    assert desk.run("--rules", desk.root / "ours.yaml", "--book", desk.root / "b.xlsm").code == 0
    return desk.root


@pytest.fixture
def desk(night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return copied(night, tmp_path, monkeypatch)


def post(name: str, *more: object, out: str = "posted") -> Ran:
    return recon("post", "--format", name, "--store", "b.recon.db", "--out", out, "--who", "ben", *more)


def posted(desk: Desk, out: str = "posted") -> dict[str, str]:
    """The posting files by company, as their names have it, without the control reports."""
    found = (path for path in (desk.root / out).iterdir() if not path.name.endswith("-controls.txt"))
    return {path.name.split("-")[2]: path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize("name", FORMATS)
def test_each_company_has_a_file_and_a_report_of_its_own(desk: Desk, name: str) -> None:
    ran = post(name)
    assert (ran.code, ran.err) == (0, "")
    files = posted(desk)
    assert set(files) == {"01", "02"}
    assert ["INV-1001" in files[one] for one in ("01", "02")] == [True, False]
    assert ["INV-1003" in files[one] for one in ("01", "02")] == [False, True]
    for company, amount in (("01", "120.50"), ("02", "60.00")):
        [report] = (desk.root / "posted").glob(f"posting-{name}-{company}-*-controls.txt")
        text = report.read_text(encoding="utf-8")
        assert f"company {company}\n" in text
        assert f"ok   debits and credits GBP: expected {amount}, found {amount}\n" in text
        assert "NOT" not in text
    again = post(name, out="again")
    assert again.out.count("nothing new is accepted; this is batch") == 2
    assert posted(desk, "again") == files
    alone = post(name, "--company", "02", out="alone")
    assert "bank lines of company 02" in alone.out
    assert posted(desk, "alone") == {"02": files["02"]}
    assert recon("audit", "verify", "--store", "b.recon.db").code == 0


@pytest.mark.parametrize("name", ["sage", "generic"])
def test_one_company_alone_leaves_the_others_to_be_posted(desk: Desk, name: str) -> None:
    assert "batch" in post(name, "--company", "02").out
    assert set(posted(desk)) == {"02"}
    wrong = post(name, "--company", "03", out="wrong")
    assert (wrong.code, "to be posted are lines of: 01" in wrong.err) == (2, True)
    assert post(name, "--company", "01").code == 0
    files = posted(desk)
    assert set(files) == {"01", "02"}
    assert [text.count("INV-1003") > 0 for text in (files["01"], files["02"])] == [False, True]


def test_what_waits_or_is_no_companys_is_told_and_the_rest_is_posted(desk: Desk) -> None:
    [stranger] = [row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == "77.70"]
    decide(desk.root / "b.xlsm", "Exceptions", {stranger: {"Decision": "on account", "Item": "C2"}})
    assert recon("apply", "--book", "b.xlsm", "--who", "ann").out == "1 decision applied, 0 refused\n"
    ran = post("sage")
    assert ran.code == 0
    assert f"nothing says which company's these bank lines are: {stranger}" in ran.err
    assert set(posted(desk)) == {"01", "02"}
    # Whose account it came in on says it.
    desk.put("ours.yaml", RULES + "companies: [{entity: '01', accounts: [20-00-00 12345678]}]\n")
    assert desk.run("--rules", "ours.yaml", "--book", "b.xlsm").code == 0
    ran = post("sage", out="later")
    assert (ran.code, ran.err) == (0, "")
    assert [(name, "77.70" in text) for name, text in posted(desk, "later").items()] == [("01", True)]


def test_what_the_rules_lack_for_one_company_stops_all(desk: Desk) -> None:
    desk.put("ours.yaml", RULES.replace(', "02": {tally: {company: Two}}', ""))
    assert desk.run("--rules", "ours.yaml", "--book", "b.xlsm").code == 0
    ran = post("tally")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("posting.companies.02.tally.company: ")
    assert '"02": {tally: {company: ...}}' in ran.err
    assert not (desk.root / "posted").exists()
    assert post("sage").code == 0


def test_a_kill_between_the_files_loses_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written = flow.deliver.write
    calls = []

    def second_dies(*given: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return written(*given)  # type: ignore[arg-type]  # as it was given

    with monkeypatch.context() as broken_off:
        broken_off.setattr("recon.flow.deliver.write", second_dies)
        with pytest.raises(KeyboardInterrupt):
            flow.post("sage", desk.root / "posted", "b.recon.db", who="ben")
    ran = post("sage")
    assert ran.out.count("here it is") == 1
    assert "bank lines" in ran.out
    assert set(posted(desk)) == {"01", "02"}
