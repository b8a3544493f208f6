"""Generated cases: the same bytes each time, money conserved, and labels that the frames bear out."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from recon.bench.cases_amount import MONTHS
from recon.bench.documents import bare, key
from recon.bench.generate import Case, generate
from recon.bench.mix import FAMILIES, cases, name_of
from recon.bench.payers import Flavour, cut, upper
from recon.model import BANK_LINES, OPEN_ITEMS, Outcome, inside, scales_of

FLAVOURS: tuple[Flavour, ...] = ("uk", "india")
FRAMES = ("bank_lines", "open_items", "remittance_lines", "customers", "aliases", "closed_items", "truth")
SIZE = 1500


@pytest.fixture(scope="module", params=FLAVOURS)
def case(request: pytest.FixtureRequest) -> Case:
    return generate(request.param, SIZE, seed=11)


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dicts()


def paid_by_line(case: Case) -> dict[str, list[dict[str, Any]]]:
    paid: dict[str, list[dict[str, Any]]] = {}
    for row in rows(case.truth_allocations):
        paid.setdefault(row["line_id"], []).append(row)
    return paid


def told(case: Case, *names: str) -> list[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Truth, bank line and items (with the allocation's columns as `paid`...) of the lines of these cases."""
    lines = {row["line_id"]: row for row in rows(case.bank_lines)}
    items = {row["item_id"]: row for row in rows(case.open_items)}
    paid = paid_by_line(case)
    return [
        (
            truth,
            lines[truth["line_id"]],
            [items[row["item_id"]] for row in paid.get(truth["line_id"], []) if row["item_id"]],
        )
        for truth in rows(case.truth)
        if truth["case"] in names
    ]


def text(line: dict[str, Any]) -> str:
    return " ".join(filter(None, (line["counterparty"], line["reference"], line["narrative"])))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_same_seed_gives_the_same_case_and_another_seed_another(flavour: Flavour) -> None:
    first, second, other = (generate(flavour, 200, seed) for seed in (5, 5, 6))
    for name in (*FRAMES, "truth_allocations"):
        assert_frame_equal(getattr(first, name), getattr(second, name))
    assert not first.bank_lines.equals(other.bank_lines)


@pytest.mark.parametrize("flavour", FLAVOURS)
@settings(max_examples=15, deadline=None)
@given(lines=st.integers(10, 300), seed=st.integers(0, 10_000))
def test_any_size_gives_as_many_lines_as_asked_and_conserves_money(
    flavour: Flavour, lines: int, seed: int
) -> None:
    case = generate(flavour, lines, seed)
    assert case.bank_lines.height == case.truth.height == lines
    assert case.bank_lines["line_id"].to_list() == case.truth["line_id"].to_list()
    check_money(case)


def test_money_is_conserved(case: Case) -> None:
    check_money(case)


def check_money(case: Case) -> None:
    opened = {row["item_id"]: Decimal(row["open_amount"]) for row in rows(case.open_items)}
    settled: Counter[str] = Counter()
    paid = paid_by_line(case)
    for truth in rows(case.truth):
        shares = paid.get(truth["line_id"], [])
        if truth["expected"] == Outcome.AUTO:
            assert sum(Decimal(share["amount"]) for share in shares) == Decimal(truth["amount"])
            assert all(share["item_id"] for share in shares)
        if truth["expected"] == Outcome.NOT_RECEIVABLE:
            assert not shares
        for share in shares:
            settled[share["item_id"]] += Decimal(share["amount"]) + Decimal(share["deduction"])  # type: ignore[assignment]
    del settled[""]
    for item_id, total in settled.items():
        assert 0 < total / opened[item_id] <= 1, item_id


def test_frames_are_the_outer_form_of_the_tables(case: Case) -> None:
    for frame, table in ((case.bank_lines, BANK_LINES), (case.open_items, OPEN_ITEMS)):
        turned = inside(frame, table, scales_of([(table, frame)]))
        assert turned.height == frame.height
        assert turned[table.columns[0].name].is_unique().all()
    late = case.truth.filter(pl.col("case") == "closed_period")["line_id"]
    booked = case.bank_lines.filter(~pl.col("line_id").is_in(late.implode()))["booking_date"]
    assert booked.is_between(date(2026, 3, 1), case.as_of).all()


def test_families_have_their_shares(case: Case) -> None:
    counts = dict(case.truth.group_by("family").len().iter_rows())
    for family, share in FAMILIES[case.flavour].items():
        assert abs(counts[family] - SIZE * share / 100) <= 1


def test_the_mix_is_realistic(case: Case) -> None:
    clean = case.truth["clean"].mean()
    assert isinstance(clean, float)
    assert (0.32 if case.flavour == "uk" else 0.2) < clean < 0.45
    outcomes = dict(case.truth.group_by("expected").len().iter_rows())
    assert 0.6 < outcomes["auto"] / SIZE < 0.8
    assert outcomes["suggested"] / SIZE > 0.08
    assert outcomes["exception"] / SIZE > 0.06


@pytest.mark.slow
def test_every_case_comes() -> None:
    for flavour in FLAVOURS:
        come = set(generate(flavour, 10_000, seed=1).truth["case"])
        wanted = {name_of(maker) for family in FAMILIES[flavour] for maker in cases(flavour, family)}
        assert wanted == come


def test_numbers_are_dense_and_amounts_repeat(case: Case) -> None:
    opened, closed = case.open_items.height, case.closed_items.height
    assert 0.36 < opened / (opened + closed) < 0.44
    assert case.open_items["open_amount"].n_unique() < 0.75 * opened


def test_document_numbers_are_unique(case: Case) -> None:
    numbers = [key(row) for row in [*case.open_items["doc_no"], *case.closed_items["doc_no"]]]
    assert len(numbers) == len(set(numbers))


def test_clean_lines_quote_the_number_and_pay_exactly(case: Case) -> None:
    found = told(case, "clean_reference")
    assert len(found) > 300
    for truth, line, items in found:
        assert truth["clean"]
        assert len(items) == 1
        assert items[0]["doc_no"] in text(line)
        assert items[0]["open_amount"] == line["amount"]
        assert items[0]["issue_date"] <= line["booking_date"]
        assert not items[0]["dispute"]
        assert not items[0]["legal"]


def test_damaged_but_readable_numbers_name_only_their_document(case: Case) -> None:
    keys = Counter(key(number) for number in [*case.open_items["doc_no"], *case.closed_items["doc_no"]])
    for truth, line, items in told(case, "reformatted", "odd_characters", "wrapped", "cut_18"):
        assert items[0]["open_amount"] == line["amount"], truth
        squeezed = key(text(line))
        prefix = key(items[0]["doc_no"][:18]) if truth["case"] == "cut_18" else key(items[0]["doc_no"])
        assert prefix in squeezed, truth
        assert sum(each.startswith(prefix) for each in keys) == 1, truth


def test_typing_errors_hit_no_document(case: Case) -> None:
    numbers = {key(number) for number in [*case.open_items["doc_no"], *case.closed_items["doc_no"]]}
    found = told(case, "typo", "typo_unknown_payer")
    assert found
    for truth, line, items in found:
        assert not numbers & {key(word) for word in text(line).replace("*", " ").split()}, truth
        assert items[0]["open_amount"] == line["amount"]


def test_typing_errors_that_hit_a_document_hit_another_customers(case: Case) -> None:
    owners = {key(row["doc_no"]): row["customer_id"] for row in rows(case.open_items)}
    for _, line, items in told(case, "typo_hits_other"):
        hits = [owner for number, owner in owners.items() if number in key(text(line)) and len(number) > 6]
        assert hits
        assert items[0]["customer_id"] not in hits


def test_an_amount_called_unique_is_the_only_one_in_the_ledger(case: Case) -> None:
    amounts = Counter(case.open_items["open_amount"])
    found = told(case, "payer_amount_unique", "vendor_number", "payer_account")
    assert found
    for truth, line, items in found:
        assert amounts[line["amount"]] == 1, truth
        assert items[0]["open_amount"] == line["amount"]


def test_an_amount_called_ambiguous_is_not(case: Case) -> None:
    amounts = Counter((row["customer_id"], row["open_amount"]) for row in rows(case.open_items))
    for truth, line, items in told(case, "payer_amount_ambiguous", "twin_credits"):
        assert amounts[items[0]["customer_id"], line["amount"]] == 2, truth
        assert truth["expected"] == Outcome.SUGGESTED
        assert not truth["answerable"]
    everywhere = Counter(case.open_items["open_amount"])
    for truth, line, _ in told(case, "payer_amount_shared"):
        assert everywhere[line["amount"]] == 2
        assert truth["expected"] == Outcome.SUGGESTED


def test_known_payers_are_named_by_a_name_of_theirs_alone(case: Case) -> None:
    owners: dict[str, set[str]] = {}
    for row in rows(case.customers):
        for name in (cut(upper(row["name"])), *row["aliases"].split(";")):
            if name:
                owners.setdefault(name, set()).add(row["customer_id"])
    for truth, line, items in told(
        case, "payer_amount_unique", "typo", "prefix_dropped", "combination_no_ref"
    ):
        names = [
            name for name, who in owners.items() if who == {items[0]["customer_id"]} and name in text(line)
        ]
        assert names, truth


def test_strangers_are_no_customers(case: Case) -> None:
    known = {cut(upper(name)) for name in case.customers["name"]}
    for _, line, items in told(case, "unknown_payer", "corrupt"):
        assert not items
        assert not any(name in text(line) for name in known)


def test_wrong_customer_refs_come_from_an_identified_other_customer(case: Case) -> None:
    names = {
        name: row["customer_id"]
        for row in rows(case.customers)
        for name in (cut(upper(row["name"])), *row["aliases"].split(";"))
    }
    for truth, line, items in told(case, "wrong_customer_ref"):
        payers = {names[name] for name in names if name and text(line).find(name) >= 0}
        assert payers - {items[0]["customer_id"]}, truth
        assert truth["expected"] == Outcome.SUGGESTED


def test_advices_that_are_linked_add_up(case: Case) -> None:
    totals: dict[str, Decimal] = {}
    stated: dict[str, Decimal] = {}
    for row in rows(case.remittance_lines):
        number = row["payment_reference"]
        totals[number] = totals.get(number, Decimal(0)) + Decimal(row["paid_amount"])
        stated[number] = Decimal(row["payment_amount"])
    assert totals == stated
    for truth, line, _ in told(
        case, "remittance_batch", "remittance_tds", "remittance_group", "remittance_short"
    ):
        linked = [number for number in totals if number.lstrip("0") in text(line)]
        assert len(linked) == 1, truth
        assert (totals[linked[0]] == Decimal(line["amount"])) == (truth["case"] != "remittance_short")


def test_advices_without_a_number_fit_one_line_and_one_advice(case: Case) -> None:
    advices = Counter(
        (row["payer"], row["payment_amount"])
        for row in rows(case.remittance_lines.unique("remittance_id", maintain_order=True))
    )
    lines = Counter(case.bank_lines["amount"])
    for truth, line, items in told(case, "remittance_total"):
        assert advices[items[0]["customer_name"], line["amount"]] == 1, truth
        assert lines[line["amount"]] == 1


def test_deductions_are_what_the_profile_allows() -> None:
    case = generate("india", SIZE, seed=11)
    profiles = {row["customer_id"]: row["tax_profile"].split(";") for row in rows(case.customers)}
    rates = {"tds_10": ("TDS 10%", 10), "tds_2": ("TDS 2%", 2)}
    for truth, line, items in told(case, *rates):
        allowed, rate = rates[truth["case"]]
        assert allowed in profiles[items[0]["customer_id"]]
        tax = Decimal(items[0]["net_amount"]) * rate / 100
        assert Decimal(items[0]["open_amount"]) - tax == Decimal(line["amount"])
    for truth, line, items in told(case, "wrong_base"):
        assert Decimal(line["amount"]) == Decimal(items[0]["open_amount"]) * 9 / 10, truth
        assert truth["expected"] == Outcome.SUGGESTED
    for _, _, items in told(case, "tds_no_profile"):
        assert profiles[items[0]["customer_id"]] == [""]


def test_discounts_are_in_time_or_late_by_their_terms() -> None:
    case = generate("uk", SIZE, seed=11)
    for truth, line, items in told(case, "discount_in_time", "discount_late"):
        days = (line["booking_date"] - items[0]["issue_date"]).days
        assert items[0]["discount_terms"] == "2% 10"
        assert (days <= 10) == (truth["expected"] == Outcome.AUTO)
        assert Decimal(line["amount"]) == Decimal(items[0]["open_amount"]) * 98 / 100


def test_tolerances_keep_their_three_caps() -> None:
    case = generate("uk", SIZE, seed=11)
    year: Counter[str] = Counter()
    for truth, line, items in told(case, "tolerance_in", "tolerance_out"):
        short = Decimal(items[0]["open_amount"]) - Decimal(line["amount"])
        inside_caps = short <= min(Decimal(5), Decimal(items[0]["open_amount"]) / 200)
        assert inside_caps == (truth["case"] == "tolerance_in")
        if inside_caps:
            year[items[0]["customer_id"]] += int(short * 100)
    assert max(year.values()) <= 5000


def test_of_two_payments_the_later_is_the_duplicate(case: Case) -> None:
    pairs: dict[str, list[tuple[date, str]]] = {}
    for truth, line, _ in told(case, "duplicate_payment"):
        number = next(each for each in case.open_items["doc_no"] if each in text(line))
        pairs.setdefault(number, []).append((line["booking_date"], truth["expected"]))
    assert pairs
    for pair in pairs.values():
        earlier, later = sorted(pair)
        assert (earlier[1], later[1]) == ("auto", "exception")
        assert earlier[0] < later[0]


def test_returns_have_their_receipt(case: Case) -> None:
    amounts = Counter(Decimal(line["amount"]) for _, line, _ in told(case, "return_pair"))
    assert amounts
    assert all(amounts[-amount] == count for amount, count in amounts.items())


def test_nothing_hostile_or_foreign_is_to_be_posted(case: Case) -> None:
    never = (
        "hostile_formula",
        "hostile_orders",
        "corrupt",
        "own_transfer",
        "outgoing",
        "near_name",
        "closed_ref",
    )
    for truth, _, _ in told(case, *never):
        assert truth["expected"] in (Outcome.EXCEPTION, Outcome.NOT_RECEIVABLE)
        assert "auto" not in truth["also"]


def test_closed_references_are_closed(case: Case) -> None:
    closed = {row["doc_no"]: row for row in rows(case.closed_items)}
    found = told(case, "closed_ref")
    assert found
    for truth, line, _ in found:
        quoted = [closed[number] for number in closed if number in text(line)]
        assert any(row["amount"] == line["amount"] and row["open_amount"] == "0.00" for row in quoted), truth


def _said_months(line: dict[str, Any]) -> set[int]:
    """The months whose fees a text says are paid."""
    return {MONTHS.index(word) + 1 for word in re.findall(r"([A-Z]+) FEES", text(line)) if word in MONTHS}


def _months(item: dict[str, Any]) -> set[int]:
    days = (item["issue_date"], item["due_date"], item["service_from"], item["service_to"])
    return {day.month for day in days if day}


def test_a_month_in_a_text_is_the_items_where_the_label_says_post(case: Case) -> None:
    found = told(case, "payer_amount_unique", "alias_dated", "payer_account")
    assert any(_said_months(line) for _, line, _ in found)
    for truth, line, items in found:
        assert truth["expected"] == Outcome.AUTO
        assert _said_months(line) <= _months(items[0]), truth
    for truth, line, items in told(case, "month_other"):
        assert truth["expected"] == Outcome.SUGGESTED
        assert _said_months(line)
        assert not _said_months(line) & _months(items[0]), truth


def test_no_month_lifts_what_is_called_a_combination_without_a_reference(case: Case) -> None:
    for truth, line, items in told(case, "combination_no_ref"):
        assert not any(_said_months(line) & _months(item) for item in items), truth


def test_no_month_tells_twins_apart(case: Case) -> None:
    issued = {row["item_id"]: row["issue_date"] for row in rows(case.open_items)}
    alike = dict(case.truth_allocations.select("line_id", "alike").iter_rows())
    for truth, line, items in told(case, "payer_amount_ambiguous", "twin_credits"):
        if _said_months(line):
            assert issued[alike[truth["line_id"]]].month == items[0]["issue_date"].month, truth


def test_unique_combinations_are_the_only_ones(case: Case) -> None:
    groups = dict(case.customers.select("customer_id", "group_id").iter_rows())
    opened: dict[str, list[Decimal]] = {}
    for row in rows(case.open_items):
        owner = groups[row["customer_id"]] or row["customer_id"]
        opened.setdefault(owner, []).append(Decimal(row["open_amount"]))
    for truth, line, items in told(case, "combination_no_ref"):
        if truth["codes"]:  # no longer the only one, and labelled so
            continue
        amounts = opened[groups[items[0]["customer_id"]] or items[0]["customer_id"]]
        total = Decimal(line["amount"])
        pairs = sum(
            first + second == total for place, first in enumerate(amounts) for second in amounts[place + 1 :]
        )
        assert pairs == (1 if len(items) == 2 else 0), truth


def test_bare_numbers_are_read_from_the_end() -> None:
    assert [bare(text) for text in ("INV-001042", "HOSP-26-03-000917-ASH", "CF/25/00010", "NONE")] == [
        "1042",
        "917",
        "10",
        "",
    ]
