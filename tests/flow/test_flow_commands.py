"""The commands' options: what they print, and which exit code."""

from __future__ import annotations

import json

import pytest
from flow_cases import BANK, OUT_FILES, UNFOOTED, Desk, recon

from recon import cli, terminal


def test_the_summary_as_json_is_the_file(desk: Desk) -> None:
    ran = desk.run("--json", "--as-of", "2026-04-30")
    assert (ran.code, ran.err) == (0, "")
    assert ran.summary == json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    assert ran.summary["as_of"] == "2026-04-30"
    assert list(ran.summary["seconds"]) == ["read", "match", "write"]
    assert ran.summary["control_totals"]["GBP"] == {
        "bank_lines": "-221.80",
        "allocated_auto": "120.50",
        "allocated_suggested": "80.00",
        "on_account": "0.00",
        "exceptions": "77.70",
        "not_receivable": "-500.00",
        "duplicates": "0.00",
        "difference": "0.00",
        "deductions": "0.00",
    }


def test_the_summary_in_words_and_strict_says_by_its_exit_code_that_somebody_must_look(desk: Desk) -> None:
    ran = desk.run("--strict", "--quiet")
    assert (ran.code, ran.err) == (1, "")
    told = [line.split() for line in ran.out.splitlines()]
    assert ["as", "of", "2026-03-05", "lines", "GBP"] in told
    assert ["suggestions", "to", "review", "1", "80.00"] in told
    assert ["all", "bank", "lines", "4", "-221.80"] in told
    assert {path.name for path in (desk.root / "out").iterdir()} == OUT_FILES
    desk.put("bank.csv", "\n".join(BANK.splitlines()[:2]) + "\n")
    assert desk.run("--strict").code == 0


@pytest.mark.parametrize(("name", "content"), [("empty.csv", ""), ("night.sta", UNFOOTED)])
def test_strict_says_that_something_was_not_read_or_left_out(desk: Desk, name: str, content: str) -> None:
    desk.put("bank.csv", "\n".join(BANK.splitlines()[:2]) + "\n")
    desk.put(name, content)
    assert [desk.run(*strict, bank=["bank.csv", name]).code for strict in ([], ["--strict"])] == [0, 1]


@pytest.mark.slow
def test_without_out_and_book_a_folder_of_its_own(desk: Desk) -> None:
    assert desk.run(out="").code == 0
    assert {path.name for path in (desk.root / "recon-out").iterdir()} == OUT_FILES


@pytest.mark.slow
def test_nothing_is_remembered_without_store_and_book(desk: Desk) -> None:
    desk.run()
    first = desk.tables()
    desk.run()
    assert desk.tables() == first
    assert {path.name for path in desk.root.iterdir()} == {"bank.csv", "items.csv", "out"}


def test_rules_that_are_right() -> None:
    for name in ("", "uk_care", "india_care", "default"):
        ran = recon("rules", "check", *([name] if name else []))
        assert (ran.code, ran.err) == (0, "")
        assert f"the rules `{name or 'default'}` are right" in ran.out


PROFILE = """name: our_bank
title: Our bank
kind: bank
header: [Day, Text, Money]
columns: {booking_date: Day, narrative: Text}
amount: {signed: Money}
"""


def test_a_column_profile_is_checked_as_one(desk: Desk) -> None:
    desk.put("our_bank.yaml", PROFILE)
    ran = recon("rules", "check", "our_bank.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "our_bank.yaml: the column profile `our_bank` (Our bank) is right\n"
    desk.put("our_bank.yaml", PROFILE.replace("signed:", "sined:").replace("header:", "heder:"))
    ran = recon("rules", "check", "our_bank.yaml")
    assert ran.code == 2
    assert "our_bank.yaml:4: top level: unknown key `heder`" in ran.err
    assert "did you mean `header`?" in ran.err
    assert "did you mean `signed`?" in ran.err
    assert "tolerances" not in ran.err, "these are no keys of rules"


def test_a_column_profile_that_is_given_as_rules_is_told_so(desk: Desk) -> None:
    desk.put("our_bank.yaml", PROFILE)
    before = desk.files()
    ran = desk.run("--rules", "our_bank.yaml")
    assert (ran.code, desk.files()) == (2, before)
    assert ran.err.startswith("our_bank.yaml: this is a column profile, no rules file\n")


def test_the_schema_of_rules_for_editors() -> None:
    schema = json.loads(recon("rules", "schema").out)
    assert {"currency", "controls", "tolerances"} <= set(schema["properties"])


def test_help_names_every_command() -> None:
    ran = recon("--help")
    assert ran.code == 0
    for command in ("demo", "run", "read", "apply", "post", "rules", "excel", "bench"):
        assert command in ran.out


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("run --bank a b --items c", "run --bank a --bank b --items c"),
        ("run --bank a --bank b --items c d --quiet", "run --bank a --bank b --items c --items d --quiet"),
        ("run --items c --bank a - --out x", "run --items c --bank a --bank - --out x"),
        ("read a b c", "read a b c"),
        ("run --bank --items c", "run --bank --items c"),
    ],
)
def test_an_option_for_files_takes_all_that_follow(typed: str, made: str) -> None:
    assert cli._several(typed.split()) == made.split()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1234567.80", "1,234,567.80"),
        ("-1234.5", "-1,234.5"),
        ("-0.50", "-0.50"),
        ("12", "12"),
        ("0.00", "0.00"),
    ],
)
def test_money_with_commas(text: str, shown: str) -> None:
    assert terminal.money(text) == shown
