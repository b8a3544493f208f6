"""The rules that come with recon: whole, valid, and of the effect that their comments promise."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from pydantic import BaseModel

from recon import rules
from recon.problems import ReconError
from recon.resources import folder
from recon.rules.schema import Rules

RULES = folder("rules")
SHIPPED = sorted(path.stem for path in RULES.glob("*.yaml"))
PROFILES = sorted((RULES / "profiles").glob("*.yaml"))


def read(name: str) -> tuple[str, str]:
    return (RULES / f"{name}.yaml").read_text(encoding="utf-8"), f"rules/{name}.yaml"


def shipped(name: str) -> Rules:
    return rules.parse(*read(name), read)


DEFAULT = shipped("default")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_file_is_valid_and_named_like_its_file(name: str) -> None:
    assert shipped(name).name == name


def test_there_are_the_three_that_the_docs_name() -> None:
    assert set(SHIPPED) >= {"default", "uk_care", "india_care"}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_shipped_profile_is_valid(path: Path) -> None:
    rules.parse_profile(path.read_text(encoding="utf-8"), path.name)


def _missing(model: BaseModel, said: Any, path: str) -> list[str]:
    if not isinstance(said, dict):
        return []
    missing: list[str] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name not in said:
            missing.append(f"{path}{name}")
        elif isinstance(value, BaseModel):
            missing += _missing(value, said[name], f"{path}{name}.")
        elif isinstance(value, dict):
            for key, one in value.items():
                missing += (
                    _missing(one, said[name][key], f"{path}{name}.{key}.")
                    if isinstance(one, BaseModel)
                    else []
                )
    return missing


def test_default_says_every_key() -> None:
    said = yaml.safe_load(read("default")[0])
    assert _missing(DEFAULT, said, "") == []
    assert set(said["deductions"][0]) == set(type(DEFAULT.deductions[0]).model_fields)


def test_default_explains_every_section_with_a_comment_before_it() -> None:
    lines = read("default")[0].splitlines()
    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if re.match(r"[a-z]\w*:$", line) and not above.startswith("#")
    ]
    assert bare == []


def test_the_digest_knows_what_rules_say_and_not_how() -> None:
    text, where = read("default")
    assert rules.digest(rules.parse("# more words\n" + text, where)) == rules.digest(DEFAULT)
    other = rules.parse("extends: default\nthresholds: {auto: 0.96}\n", "own.yaml", read)
    assert rules.digest(other) != rules.digest(DEFAULT)


def hit(patterns: tuple[str, ...], text: str) -> bool:
    series = pl.Series([text])
    return any(series.str.contains(pattern).item() for pattern in patterns)


def cut(text: str) -> str:
    series = pl.Series([text])
    for pattern in DEFAULT.references.never:
        series = series.str.replace_all(pattern, " ")
    return " ".join(str(series.item()).split())


@pytest.mark.parametrize(
    "text",
    [
        "INV-1042", "INV 1042/1043", "INV-1001/02/03/04", "1001/02/03", "CF/24/001", "HC000-00000", "0000451207",
        "4000123456", "BCC20260000123P", "SU-7781", "HOSP-2026-03-INV-000917", "INV-2026-03-15", "INV 12345678",
        "SI24-01-07", "FNC-2604", "CLM-1", "R/00123", "SBINN52026061500001234", "YESAP61640000123", "120326",
        "FNC APR26", "50200000000001", "IMPS-512345000123-ACME",
    ],
)  # fmt: skip
def test_nothing_that_may_be_a_document_number_is_cut_out(text: str) -> None:
    assert cut(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("FEES 31/03/2026", "FEES"), ("FEES 31.3.26 X", "FEES X"), ("PAID 2026-03-31", "PAID"),
        ("ON 3RD MARCH 2026 INV 7", "ON INV 7"), ("31MAR26", ""), ("AT 14:05:30", "AT"),
        ("FROM 30-00-00 12345678", "FROM"), ("'30-00-00", ""), ("TEL 01632 960001", ""),
        ("CALL +44 20 7946 0000", "CALL"), ("07700 900123", ""), ("020 7946 0000", ""), ("+91 98765 43210", ""),
        ("HDFC-XXXXXXXX1234-INV 4471", "HDFC- -INV 4471"), ("INV-401 EUR 1000 @ 0.8600", "INV-401"),
        ("GBP 4,200.00 INV-9", "INV-9"),
    ],
)  # fmt: skip
def test_what_looks_like_a_number_and_is_none_is_cut_out(text: str, left: str) -> None:
    assert cut(text) == left


@pytest.mark.parametrize(
    "word", ["PAYMENT", "BGC", "BACS", "FPI", "REF", "INVOICE", "FROM", "NEFT", "RTGS", "CR"]
)
def test_words_of_banks_are_no_names(word: str) -> None:
    assert hit(DEFAULT.payers.not_names, word)


@pytest.mark.parametrize(
    "word", ["CARE", "BANK", "KENT", "MAY", "PAYNE", "TOWN", "REFORM", "CREDIT", "ACME", "INVER"]
)
def test_words_that_a_name_may_hold_are_not_taken_away(word: str) -> None:
    assert not hit(DEFAULT.payers.not_names, word)


@pytest.mark.parametrize("text", ["NHS SBS 451500", "NHS SHARED BUSINES", "CEMTEX DEP 00000012345"])
def test_who_pays_for_many(text: str) -> None:
    assert hit(DEFAULT.payers.shared_payers, text)


@pytest.mark.parametrize("text", ["NHS SUSSEX ICB", "NHS ENGLAND", "ESSEX CC"])
def test_who_pays_for_itself(text: str) -> None:
    assert not hit(DEFAULT.payers.shared_payers, text)


def class_of(kind: str, text: str, sign: str) -> str:
    """The first class that fits, as the engine takes it: type and pattern and sign."""
    for one in DEFAULT.not_receivable:
        fits_type = not one.types or kind in one.types
        fits_text = not one.pattern or hit((one.pattern,), text)
        if fits_type and fits_text and one.sign in (sign, "any"):
            return one.code
    return ""


@pytest.mark.parametrize(
    ("kind", "text", "sign", "code"),
    [
        ("COR", "CORRECTION UNKNOWN 99", "debit", "EX-BANKREV"),
        ("TFR", "TREASURY SWEEP 1042", "credit", "EX-OWN"),
        ("BGC", "DAILY SWEEP TO 20-00-00", "debit", "EX-OWN"),
        ("INT", "INT.PD 01-01-2026 TO 31-03-2026", "credit", "EX-NONAR"),
        ("NEFT", "INT.PD 01-01-2026 TO 31-03-2026", "credit", "EX-NONAR"),
        ("", "GROSS INTEREST TO 31 MAR", "credit", "EX-NONAR"),
        ("CHG", "COMMISSION", "debit", "EX-NONAR"),
        ("", "SMS CHRG JAN-MAR", "debit", "EX-NONAR"),
        ("NEFT", "NEFT RETURN SBINN52026061500001234", "debit", "EX-RET"),
        ("IMPS", "REV-IMPS-512345000123", "credit", "EX-RET"),
        ("CUI", "UNPAID CHEQUE 000123", "debit", "EX-RET"),
        ("", "ACME\nRTN 0012", "debit", "EX-RET"),
        ("BGC", "HMRC VAT 123456789", "credit", "EX-NONAR"),
        ("NEFT", "ITDTAX REFUND 2025-26", "credit", "EX-NONAR"),
        ("BGC", "WORLDPAY 5512", "credit", "EX-NONAR"),
        ("BAC", "PAYROLL MARCH", "debit", "EX-NONAR"),
        ("FPO", "ACME SUPPLIES INV 7", "debit", "EX-NONAR"),
    ],
)
def test_lines_that_pay_no_invoice(kind: str, text: str, sign: str, code: str) -> None:
    assert class_of(kind, text, sign) == code


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("FPI", "MEDCO INV-421 INC INT"), ("BGC", "NHS SUSSEX ICB INV-1042"), ("FPI", "RETURN TO WORK LTD INV-9"),
        ("NEFT", "NEFT CR-SBIN0001234-ACME-INV 501-SBINN52026061500001234"), ("BGC", "SALARY FINANCE LTD INV-3"),
        ("FPI", "INTEREST FOR LATE PAYMENT INV-42"), ("CHP", "CASHPOINT LTD INV-8"), ("FPI", "DOJO CENTRE INV-1"),
        ("NEFT", "NEFT RETAIL TRADERS INV-2"), ("ITL", "SWEEPSTAKE CARE INV-5"), ("SO", "J SMITH FEES"),
        ("NEFT", "BY TRANSFER-NEFT*YESB0000001*YESAP61640000*ACME LTD"),
    ],
)  # fmt: skip
def test_customers_payments_are_no_such_lines(kind: str, text: str) -> None:
    assert class_of(kind, text, "credit") == ""


def test_deductions_of_both_countries_are_there() -> None:
    found = {(one.type, str(one.rate), word) for one in DEFAULT.deductions for word in one.profiles}
    assert found >= {
        ("TDS", "10", "1027"), ("TDS", "2", "1024"), ("TDS", "1", "1023"), ("TDS", "2", "1026"), ("TDS", "2", "1006"),
        ("TDS", "0.1", "194Q"), ("GSTTDS", "2", "GSTTDS"), ("CIS", "20", "CIS"), ("CIS", "30", "CIS30"),
    }  # fmt: skip
    assert all(one.account for one in DEFAULT.deductions)
    assert len({one.id for one in DEFAULT.deductions}) == len(DEFAULT.deductions)


def test_money_out_is_the_last_class_since_the_first_that_fits_counts() -> None:
    assert DEFAULT.not_receivable[-1].id == "money_out"


def test_variants_say_only_what_differs() -> None:
    assert (shipped("uk_care").currency, shipped("india_care").currency) == ("GBP", "INR")
    assert shipped("india_care").tolerances["default"].absolute == 50
    assert shipped("uk_care").deductions == shipped("india_care").deductions == DEFAULT.deductions


def test_a_profile_of_its_own_can_be_wrong_in_all_ways_at_once() -> None:
    with pytest.raises(ReconError) as caught:
        rules.parse_profile("name: Bad Name\ntitle: x\nkind: bnk\ncolums: {}\n", "p.yaml")
    assert [problem.where for problem in caught.value.problems] == ["p.yaml:1", "p.yaml:3", "p.yaml:4"]
