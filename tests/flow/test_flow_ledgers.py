"""Posting files of ledgers, from the command line: once, the same bytes again, and nothing where something lacks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, copied, recon

from recon import flow

RULES = """
extends: default
name: ours
currency: GBP
accounts: {banks: {20-00-00 12345678: "1200"}, receivables: "1100", suspense: "2999"}
tolerances: {default: {account: "7905"}}
posting:
  format: sage
  settings:
    unit4: {voucher_type: SR, client: C1, unmatched: allow}
    coda: {cmpcode: C1, doccode: SREC, first_month: "1"}
    tally: {company: Ours}
    ours: {type: RC}
"""
OURS = """
name: ours
title: our own
record: fixed
suffix: dat
encoding: utf-16
settings: {type: ""}
fields:
  - {name: type, start: 1, length: 2, setting: type, needed: true}
  - {name: amount, start: 5, length: 10, holds: amount, write: minor, align: right}
  - {name: item, start: 15, length: 10, holds: applied_to_item}
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("ledgers"))
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    desk.put("ours.yaml", RULES)
    desk.put("layout.yaml", OURS)
    assert desk.run("--rules", desk.root / "ours.yaml", "--store", desk.root / "s.db").code == 0
    return desk.root


@pytest.fixture
def desk(night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return copied(night, tmp_path, monkeypatch)


def post(name: str, out: str = "posted") -> Ran:
    return recon("post", "--format", name, "--store", "s.db", "--out", out, "--who", "ben")


def posted(desk: Desk, out: str = "posted") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.root / out).iterdir()}


@pytest.mark.parametrize(
    "name", ["unit4", "coda", "sage", "xero", "quickbooks", "tally", "generic", "layout.yaml"]
)
def test_posted_once_and_the_same_bytes_again(desk: Desk, name: str) -> None:
    ran = post(name)
    assert (ran.code, ran.err) == (0, "")
    files = posted(desk)
    [report] = [text.decode() for file, text in files.items() if file.endswith("-controls.txt")]
    [(file, data)] = [one for one in files.items() if not one[0].endswith("-controls.txt")]
    assert file in ran.out
    assert f"SHA-256 {hashlib.sha256(data).hexdigest()}" in report
    # Nothing is posted a second time; a lost file comes again, and in no other format.
    again = post(name, "again")
    assert "nothing new is accepted" in again.out
    assert posted(desk, "again") == files
    other = post("xero" if name != "xero" else "sage", "other")
    assert (other.code, "was made as" in other.err) == (2, True)
    assert not (desk.root / "other").exists()


def test_a_layout_of_ones_own(desk: Desk) -> None:
    assert recon("rules", "check", "layout.yaml").out == (
        "layout.yaml: the posting layout `ours` (our own) is right\n"
    )
    assert post("layout.yaml").code == 0
    [data] = [data for name, data in posted(desk).items() if name.endswith(".dat")]
    assert data.decode("utf-16").splitlines() == [
        "RC       12050          ",
        "RC      -12050INV-1001  ",
    ]


def test_what_lacks_stops_the_posting_and_all_stays_to_be_posted(desk: Desk) -> None:
    desk.put("layout.yaml", OURS.replace('type: ""', 'kind: ""').replace("setting: type", "setting: kind"))
    ran = post("layout.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("posting.settings.ours.type: the format `ours` has no such setting")
    assert not (desk.root / "posted").exists()
    assert post("sage").code == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("unit5", ("--format: no posting format `unit5`\n    known formats: generic, coda, quickbooks, sage, tally, "
            "unit4, xero, or a layout of your own as FILE.yaml\n    did you mean `unit4`?\n")),
        ("none.yaml", "none.yaml: there is no such file\n    check its name\n"),
        ("bad.yaml", "bad.yaml:4: top level: unknown key `recrod`\n"),
        ("unit4.yaml", ("unit4.yaml:1: name: `unit4` is a format that comes with recon\n"
            "    give yours a name of its own\n")),
    ],
)  # fmt: skip
def test_a_format_that_is_none(desk: Desk, name: str, told: str) -> None:
    desk.put("bad.yaml", "name: ours\ntitle: x\nrecord: tally\nrecrod: tally\n")
    desk.put("unit4.yaml", "name: unit4\ntitle: x\nrecord: tally\n")
    ran = post(name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(told), ran.err


def test_the_button_posts_in_the_format_of_the_rules(desk: Desk) -> None:
    made = flow.post("", desk.root / "posted", "s.db", who="ben")
    assert made is not None
    assert made.format == "sage"
    assert made.files[0].name == f"posting-sage-{made.batch_id}.csv"


def test_what_the_ledger_can_not_import_is_left_out_told_and_stays_to_be_posted(desk: Desk) -> None:
    desk.put("bank.csv", BANK + "20-00-00 12345678,2026-03-06,45.00,EUR,BGC,SOUTHSIDE CARE LTD,INV-2001,\n")
    euro = "INV-2001,C2,Southside Care Ltd,invoice,INV-2001,2026-02-03,2026-03-03,EUR,45.00,45.00\n"
    desk.put("items.csv", ITEMS + euro)
    assert desk.run("--rules", "ours.yaml", "--store", "s.db").code == 0
    ran = post("sage")
    assert ran.code == 0
    assert "EUR is to be posted to a ledger in GBP, and no rate is known" in ran.err
    [sage] = [data for name, data in posted(desk).items() if not name.endswith("-controls.txt")]
    assert b"INV-1001" in sage
    assert b"INV-2001" not in sage
    # It is all that is left: told as an error now, and posted by a format that takes it.
    again = post("sage", "again")
    assert (again.code, again.out) == (2, "")
    assert post("generic", "by_hand").code == 0
    [left] = [data for name, data in posted(desk, "by_hand").items() if not name.endswith("-controls.txt")]
    assert b"INV-2001" in left
    assert b"INV-1001" not in left
