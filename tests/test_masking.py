"""Persons in text are masked, in whatever order and case they are written; organisations and documents stay."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.flow import masked
from recon.flow.settings import load_rules
from recon.masking import ACCOUNT, ADDRESS, BORN, NHS_NUMBER, Masker, is_nhs_number
from recon.match.explain.words import WORDS_OF_EVIDENCE
from recon.workbook.words import EXCEPTIONS

PRIVACY = load_rules("")[0].privacy
KNOWN = ["Amelia Pemberton", "Robert Kent", "Kent County Council", "Acme Widgets Ltd"]
DOCUMENT = "4505577104"  # a number of ours that could be an NHS number by its check digit


def masker() -> Masker:
    made = Masker(PRIVACY.organisations, PRIVACY.words, [DOCUMENT, "INV-1042"])
    made.learn(KNOWN)
    return made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("MRS A PEMBERTON CARE FEES", "[person 1] CARE FEES"),
        ("PEMBERTON A STO", "[person 1] STO"),
        ("Pemberton, Amelia", "[person 1]"),
        ("PEMBERTON ROOM 12", "[person 1] ROOM 12"),
        ("MR & MRS PEMBERTON", "[person 1]"),
        ("R KENT INV-1042", "[person 2] INV-1042"),
        ("J SMITH WARD 4 FEES", "[person 3] WARD 4 FEES"),
        ("R PATEL PAYMENT", "[person 3] PAYMENT"),
        ("SMITH J", "[person 3]"),
        ("SMITH J CARE FEES", "[person 3] CARE FEES"),
        ("O'BRIEN CARE FEES", "[person 3] CARE FEES"),
        ("UPI/SUNIL KUMAR/5123", "UPI/[person 3]/5123"),
        ("NHS NO 943 476 5919", NHS_NUMBER),
        ("NHS NUMBER: 9434765918", NHS_NUMBER),
        ("REF 9434765919 X", f"REF {NHS_NUMBER} X"),
        ("943-476-5919", NHS_NUMBER),
        ("DOB 01/02/1950 BED 4", f"{BORN} BED 4"),
        ("DOB 01FEB1950 BED 4", f"{BORN} BED 4"),
        ("DOB:010250", BORN),
        ("PEMBERTON NHS FEES", "[person 1] NHS FEES"),
        ("PEMBERTON'S ROOM", "[person 1] ROOM"),
        ("PEMBERTON_A", "[person 1]_A"),
        ("PEMBERTON1042", "[person 1]1042"),
        ("sunil.kumar@okaxis", ADDRESS),
    ],
)
def test_what_is_of_a_person_is_masked(text: str, told: str) -> None:
    assert masker().text(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "KENT COUNTY COUNCIL INV-1042",
        "KENT NHS TRUST INV-1042",
        "NHS SUSSEX ICB 0000451207",
        "J SMITH LTD",
        "ACME WIDGETS LTD",
        DOCUMENT,
        "9434765918",  # a wrong check digit, and nothing says that it is one
        "INV-9434765919X",
        "CF25-01365 CF/25/01302 SI24-01-07",
        "4,200.00 ON 01/02/2026",
        "THANK YOU",
        "for a service 12",
        "DR PAYMENT 12",
        "SETTLEMENT OF APRIL FEES",
        "",
    ],
)
def test_what_is_of_no_person_stays(text: str) -> None:
    assert masker().text(text) == text


CODES = ("MT-REM", "MT-REF1", "MT-ALIAS", "MT-UTR", "EX-UNID")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("MT-REM MT-UTR MT-ALIAS; amount exact (+9.0)", "MT-REM MT-UTR MT-ALIAS; amount exact (+9.0)"),
        ("MT-REF1 MT-ALIAS; prior (-10.0)", "MT-REF1 MT-ALIAS; prior (-10.0)"),
        ("MT-ALIAS", "MT-ALIAS"),
        ("EX-UNID AMELIA PEMBERTON", "EX-UNID [person 1]"),
        ("EX-UNID THEODORA ELDERFLOWER", "EX-UNID [person 3]"),
        ("MT-REM-SMITH J", "[person 3]"),  # a surname that begins so is no code
        ("MT-REM J SMITH-JONES MT-UTR", "MT-REM [person 3] MT-UTR"),
    ],
)
def test_codes_of_reasons_stay_and_names_beside_them_go(text: str, told: str) -> None:
    made = Masker(PRIVACY.organisations, PRIVACY.words, [], CODES)
    made.learn(KNOWN)
    assert made.text(text) == told


def test_every_code_of_a_reason_or_an_exception_stays() -> None:
    mask = masked.masker(PRIVACY, pl.DataFrame())
    for code in (*EXCEPTIONS, *WORDS_OF_EVIDENCE):
        assert mask.text(f"{code} {code}") == f"{code} {code}"


@pytest.mark.parametrize(
    ("digits", "valid"),
    [
        ("9434765919", True),
        ("9434765918", False),
        ("4505577104", True),
        ("0000451207", False),
        ("943476591", False),
        ("94347659१9", False),
    ],
)
def test_the_check_digit_of_nhs_numbers(digits: str, valid: bool) -> None:
    assert is_nhs_number(digits) is valid


NAMES = st.sampled_from(["ELDERFLOWER", "QUARTERMAINE", "OKONKWO", "VENKATARAMAN", "FITZWILLIAM-HAY"])
GIVEN = st.sampled_from(["THEODORA", "BARNABY", "LAKSHMI", "WINIFRED"])
FORMS = (
    "{g} {s}", "{s} {i}", "{i} {s}", "MR {s}", "Mrs {i} {s}", "{s}, {g}", "{i}. {s}", "MISS {g} {s}",
    "{s} CARE FEES", "REF 12 {i} {s} ROOM 4", "{g} {s} NURSING FEES MAY", "/{g} {s}/", "{s} 0008000403",
)  # fmt: skip
CASES = (str.upper, str.title, str)


@given(NAMES, GIVEN, st.sampled_from(FORMS), st.sampled_from(CASES), st.sampled_from(CASES))
@settings(max_examples=200, deadline=None)
def test_no_known_person_is_left_in_any_form(
    surname: str, given_: str, form: str, first: object, then: object
) -> None:
    assert callable(first)
    assert callable(then)
    mask = masker()
    mask.learn([first(f"{given_} {surname}")])
    text = then(form.format(g=given_, s=surname, i=given_[0]))
    told = mask.text(text).upper()
    assert surname not in told, told
    assert "[PERSON 3]" in told


@given(st.integers(100_000_000, 999_999_999), st.sampled_from(["{}", "REF {} FEES", "{} J SMITH", "X/{}/Y"]))
@settings(max_examples=100, deadline=None)
def test_every_valid_nhs_number_is_masked(nine: int, form: str) -> None:
    check = (
        11 - sum(int(digit) * weight for digit, weight in zip(str(nine), range(10, 1, -1), strict=True)) % 11
    )
    if check == 10:
        return
    digits = f"{nine}{check % 11}"
    assert digits not in masker().text(form.format(digits))


def test_a_table_is_masked_by_its_columns_and_one_person_is_one_token() -> None:
    frame = pl.DataFrame(
        {
            "line_id": ["J SMITH", "L2", "L3"],
            "counterparty": ["Amelia Pemberton", "Kent County Council", None],
            "counterparty_account": ["GB33BUKB20201555555555", "GB44", "amelia@okaxis"],
            "narrative": ["FEES", "FOR PEMBERTON A", "PEMBERTON"],
            "extra:Ward": ["J SMITH WARD 4", None, "4"],
        }
    )
    told = masker().frame(frame).to_dict(as_series=False)
    assert told == {
        "line_id": ["J SMITH", "L2", "L3"],  # an id is the line's own
        "counterparty": ["[person 1]", "Kent County Council", None],
        "counterparty_account": [ACCOUNT, "GB44", ACCOUNT],
        "narrative": ["FEES", "FOR [person 1]", "[person 1]"],
        "extra:Ward": ["[person 3] WARD 4", None, "4"],
    }


@pytest.mark.parametrize(
    "name",
    [
        "RAJESH KUMAR SHARMA GUPTA",
        "MARIA DEL CARMEN LOPEZ RUIZ",
        "SMITH/JOHN",
        "JOHN SMITH 2",
        "\u0905\u092e\u0940\u0924\u093e \u0936\u0930\u094d\u092e\u093e",  # Amita Sharma
    ],
)
def test_a_name_is_a_persons_however_it_is_written(name: str) -> None:
    assert masker().name(name) == "[person 3]"


def test_a_known_name_in_a_script_with_signs_is_masked_in_text() -> None:
    made = masker()
    name = "\u0905\u092e\u0940\u0924\u093e \u0936\u0930\u094d\u092e\u093e"
    made.learn([name])
    assert made.text(f"{name} INV-1042") == "[person 3] INV-1042"


@pytest.mark.parametrize("column", ["dispute", "detail", "service_user_ref"])
def test_other_columns_that_people_write_in_are_looked_at(column: str) -> None:
    shown = masker().frame(pl.DataFrame({column: ["A PEMBERTON", "SU-7"]}))
    assert shown[column].to_list() == ["[person 1]", "SU-7"]
