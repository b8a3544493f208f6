"""Whose postings a line's are, where a store has several companies, and what says so in a file's name and report."""

from __future__ import annotations

import pytest
from posting_batch import ITEMS, LINES, RULES, frame, layout, taken

from recon import model, rules
from recon.model import ACCEPTED, BANK_LINES, OPEN_ITEMS
from recon.posting import file_of, shares, site_of, unknown
from recon.posting.told import company_of, company_text, file_text, name_of
from recon.problems import ReconError
from recon.rules.schema import Company

OURS = [Company(entity="01", accounts=("20-00-00 12345678",)), Company(entity="02", accounts=("9999",))]
TAKEN = [
    taken("L-straight", "100 1", "100.00"),
    taken("L-tax", "101 1", "899.50"),
    taken("L-net", "100 1", "40.00"),
    taken("L-net", "101 1", "30.00"),
    taken("L-two", "102 1", "100.00"),
    taken("L-two", "", "50.00", customer_id="ACME"),
    taken("L-over", "", "55.10"),
]


def shared(companies: list[Company]) -> tuple[dict[str, set[str]], list[str]]:
    items = [
        {**item, "entity": {"101 1": "02", "103 1": None}.get(str(item["item_id"]), "01")} for item in ITEMS
    ]
    made = shares(frame(ACCEPTED, TAKEN), frame(BANK_LINES, LINES), frame(model.OPEN_ITEMS, items), companies)
    assert sum(part.height for part in made.parts.values()) <= len(TAKEN)
    return {name: set(part["line_id"]) for name, part in made.parts.items()}, [
        one.what for one in made.untaken
    ]


def test_a_line_is_of_the_company_whose_items_it_pays_and_of_the_account_it_came_in_on() -> None:
    parts, told = shared(OURS)
    assert parts == {"01": {"L-straight", "L-two", "L-over"}}
    assert told == ["bank lines are of more than one company, by items and account: L-net, L-tax"], (
        "an item of 02, paid into the account of 01"
    )


def test_what_nothing_says_the_company_of_is_left_out_and_told() -> None:
    parts, told = shared([])
    assert parts == {"01": {"L-straight", "L-two"}, "02": {"L-tax"}}
    assert told[1] == "nothing says which company's these bank lines are: L-over"


def test_items_without_a_company_are_nobodys() -> None:
    items = frame(OPEN_ITEMS, ITEMS).drop("entity")
    assert shares(frame(ACCEPTED, TAKEN), frame(BANK_LINES, LINES), items).parts == {}


def test_a_company_of_which_nothing_is_to_be_posted() -> None:
    assert unknown("NORT", ["SOUTH", "NORTH"]).hint == (
        "to be posted are lines of: NORTH, SOUTH\ndid you mean `NORTH`?"
    )


@pytest.mark.parametrize(
    ("company", "name"),
    [
        ("", "posting-sage-B-0123456789ab.csv"),
        ("02", "posting-sage-02-B-0123456789ab.csv"),
        ("../Ä Homes & Co\nfile x", "posting-sage-Homes_Co_file_x-B-0123456789ab.csv"),
        ("ÄÖ", "posting-sage-B-0123456789ab.csv"),
    ],
)
def test_the_report_says_file_and_company_whatever_it_is_called(company: str, name: str) -> None:
    assert name_of("sage", "B-0123456789ab", "csv", company) == name
    report = file_text(name, "text", "utf-8", 1) + company_text(company)
    found = file_of(report)
    assert found is not None
    assert found[0] == name
    assert company_of(report) == company.replace("\n", " ")
    sums = "\naccount\tcurrency\tlegs\ncompany cash\tGBP\t1\n"
    assert company_of(report + sums) == company.replace("\n", " "), (
        "an account is no company, whatever it is called"
    )


def test_settings_of_one_company_go_before_those_of_all_and_its_name_is_no_others() -> None:
    own = '    tally: {company: Example Homes Ltd}\n  companies: {"02": {tally: {company: Two Ltd, receipt: Cash}}}\n'
    text = RULES.replace("    tally: {company: Example Homes Ltd}\n", own)
    said = rules.parse(text, "ours.yaml")
    tally = layout("tally")
    assert site_of(said, tally).said("company") == "Example Homes Ltd"
    assert [site_of(said, tally, "02").said(name) for name in ("company", "receipt")] == ["Two Ltd", "Cash"]
    assert [site_of(said, tally, "01").said(name) for name in ("company", "receipt")] == ["", "Receipt"]
    wrong = rules.parse(text.replace("receipt: Cash", "reciept: Cash"), "ours.yaml")
    with pytest.raises(ReconError, match=r"posting\.companies\.02\.tally\.reciept"):
        site_of(wrong, tally, "02")
