"""Every automatic behaviour of the engine is a rule of the site: switched off, the line is only suggested; and on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from match_cases import Row, item, line, run, tables_of

from recon import rules
from recon.resources import folder
from recon.rules.schema import Evidence, Rules

NORTH = {"customer_id": "N", "name": "Northside Care Ltd"}
SOUTH = {"customer_id": "S", "name": "Southside Homes Ltd"}


@dataclass(frozen=True)
class Behaviour:
    """What happens by itself, and the rule that keeps it from posting (or, by default off, lets it post)."""

    rule: dict[str, Any]
    lines: Sequence[Row]
    items: Sequence[Row]
    customers: Sequence[Row] = (NORTH, SOUTH)
    remittances: Sequence[Row] = field(default_factory=tuple)
    aliases: Sequence[Row] = field(default_factory=tuple)
    off: str = "suggested"  # what the line is when it may not post


def never(name: str) -> dict[str, Any]:
    """The rule by which a kind of evidence posts nothing."""
    return {"evidence": {name: {"auto": False}}}


def always(name: str) -> dict[str, Any]:
    """The rule by which a kind of evidence may post."""
    return {"evidence": {name: {"auto": True}}}


ONE = [item("INV-100421", "N", "120.50"), item("INV-100977", "S", "60.00")]
TWO = [item("INV-100421", "N", "120.50"), item("INV-100422", "N", "33.10")]
DEDUCTED = {"customer_id": "N", "name": "Northside Care Ltd", "tax_profile": "TDS 10%"}
NSIDE = [{"alias": "NSIDE LONDON", "customer_id": "N", "valid_from": "", "valid_to": "", "source": "ann"}]


def advice(number: str, *paid: tuple[str, str], total: str) -> list[Row]:
    """A remittance advice of Northside."""
    head = {"remittance_id": number, "payer": "Northside Care Ltd", "payment_date": "2026-03-10"}
    head |= {"payment_reference": number, "payment_amount": total, "currency": "GBP"}
    return [head | {"doc_no": doc, "gross_amount": amount, "paid_amount": amount} for doc, amount in paid]


ADVISED = [
    item("INV-100421", "N", "120.50"),
    item("INV-100422", "N", "33.10"),
    item("INV-100423", "N", "7.00"),
]
PAID = advice("REM778812", ("INV-100421", "120.50"), ("INV-100422", "33.10"), total="153.60")

OFF = {
    "a document number": Behaviour(never("reference"), [line("L", "INV-100421", "120.50")], ONE),
    "several document numbers": Behaviour(
        never("reference_list"), [line("L", "INV-100421 INV-100422", "153.60")], TWO
    ),
    "an abbreviated list": Behaviour(
        {"references": {"abbreviated_lists": False}},
        [line("L", "INV-100421/422", "153.60")],
        TWO,
        off="suggested",
    ),
    "a range": Behaviour(
        {"references": {"ranges_max": 0}},
        [line("L", "INV-100421 TO 100423", "160.60")],
        ADVISED,
        off="suggested",
    ),
    "a credit note set off": Behaviour(
        never("reference_list"),
        [line("L", "INV-100421 CN-100500", "100.50")],
        [*ONE, item("CN-100500", "N", "-20.00", doc_type="credit_note")],
    ),
    "letters for digits": Behaviour(
        never("reference_lookalike"), [line("L", "INV-1OO421", "120.50")], ONE
    ),
    "a number cut off": Behaviour(
        never("reference_cut"),
        [line("L", "", "120.50", reference="HOSP-2026-03-INV-0")],
        [item("HOSP-2026-03-INV-000917", "N", "120.50"), item("HOSP-2026-04-INV-000917", "S", "60.00")],
    ),
    "a number without its prefix": Behaviour(
        never("reference_bare"), [line("L", "NSIDE LONDON\n1421", "120.50")],
        [item("INV-1421", "N", "120.50"), item("INV-1977", "S", "120.50")], aliases=NSIDE,
    ),
    "a number one character off": Behaviour(
        {"evidence": {"reference_typo": {"auto": False}, "payer_amount": {"auto": False}}},
        [line("L", "INV-100428", "120.50", counterparty="NSIDE LONDON")],
        [*ONE, item("INV-200977", "S", "120.50")],
        aliases=NSIDE,
    ),
    "a purchase order": Behaviour(
        never("order"),
        [line("L", "PO4500117788", "120.50")],
        [item("INV-100421", "N", "120.50", po_no="PO4500117788"), item("INV-100977", "S", "60.00")],
    ),
    "an alias and the amount": Behaviour(
        never("payer_amount"), [line("L", "", "120.50", counterparty="NSIDE LONDON")], ONE, aliases=NSIDE
    ),
    "an account and the amount": Behaviour(
        never("payer_amount"),
        [line("L", "", "120.50", counterparty_account="GB00TEST20000012345678")],
        ONE,
        customers=[NORTH | {"accounts": "GB00TEST20000012345678"}, SOUTH],
    ),
    "the legal name and the amount": Behaviour(
        never("payer_amount"), [line("L", "", "120.50", counterparty="NORTHSIDE CARE LTD")], ONE
    ),
    "an advice by its number": Behaviour(
        never("remittance"), [line("L", "REM778812", "153.60")], ADVISED, remittances=PAID
    ),
    "an advice by payer, total and date": Behaviour(
        never("remittance"),
        [line("L", "", "153.60", counterparty="NORTHSIDE CARE LTD")],
        ADVISED,
        remittances=PAID,
    ),
    "a deduction": Behaviour(
        never("deduction"),
        [line("L", "INV-100421", "90.00")],
        [item("INV-100421", "N", "100.00", net_amount="100.00")],
        customers=[DEDUCTED],
    ),
    "a discount": Behaviour(
        never("deduction"),
        [line("L", "INV-100421", "98.00")],
        [item("INV-100421", "N", "100.00", issue_date="2026-03-05", discount_terms="2% 10")],
    ),
    "a small difference": Behaviour(
        never("tolerance"), [line("L", "INV-100421", "999.00")], [item("INV-100421", "N", "1000.00")]
    ),
    "no small difference at all": Behaviour(
        {"tolerances": {"default": {"absolute": "0.00"}}},
        [line("L", "INV-100421", "999.00")],
        [item("INV-100421", "N", "1000.00")],
    ),
    "several receipts for one item": Behaviour(
        never("split"),
        [
            line("L", "", "100.00", counterparty="NSIDE LONDON"),
            line("L2", "", "53.60", counterparty="NSIDE LONDON"),
        ],
        [item("INV-100421", "N", "153.60")],
        aliases=NSIDE,
    ),
    "the items of a month": Behaviour(
        never("combination_supported"),
        [line("L", "ALL INVOICES FEB", "153.60", counterparty="NSIDE LONDON")],
        TWO,
        aliases=NSIDE,
    ),
    "nothing posts below a confidence": Behaviour(
        {"weights": {"reference_exact": "5"}, "thresholds": {"auto": "0.9999"}},
        [line("L", "INV-100421", "120.50")],
        ONE,
    ),
    "money that is no receivable": Behaviour(
        {"not_receivable": []}, [line("L", "TREASURY SWEEP", "9.00")], ONE, off="exception"
    ),
}  # fmt: skip
NAMED = line("L", "INV-100421", "80.00", counterparty="NORTHSIDE CARE LTD")
ON = {
    "a part payment of a known payer": Behaviour(always("part_payment"), [NAMED], ONE),
    "an over-payment of a known payer": Behaviour(
        always("over_payment"), [NAMED | {"amount": "130.00"}], ONE
    ),
    "several items that add up": Behaviour(
        always("combination") | {"thresholds": {"auto": "0.85"}},
        [line("L", "", "153.60", counterparty="NSIDE LONDON")],
        [*TWO, item("INV-100977", "S", "60.00")], aliases=NSIDE,
    ),
    "a name that is only alike": Behaviour(
        always("payer_name") | {"thresholds": {"auto": "0.7"}, "payers": {"score_min": "85"}},
        [line("L", "", "120.50", counterparty="NORTHSIDE CARES LIMITED")], ONE,
    ),
}  # fmt: skip


def told(one: Behaviour, rule: dict[str, Any]) -> str:
    """The outcome of the first line, with a site's rules."""
    text = yaml.safe_dump({"name": "site", "extends": "uk_care"} | rule)
    loaded = rules.parse(text, "site.yaml", lambda base: (_shipped(base), base))
    return run(tables_of(one.lines, one.items, one.customers, one.remittances, one.aliases), loaded).outcome(
        "L"
    )


def _shipped(name: str) -> str:
    return (folder("rules") / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OFF)
def test_what_posts_by_itself_can_be_switched_off(name: str) -> None:
    one = OFF[name]
    expected = "not_receivable" if one.off == "exception" else "auto"
    assert told(one, {}) == expected
    assert told(one, one.rule) == one.off


@pytest.mark.parametrize("name", ON)
def test_what_is_only_suggested_can_be_switched_on(name: str) -> None:
    assert told(ON[name], {}) == "suggested"
    assert told(ON[name], ON[name].rule) == "auto"


def test_every_kind_of_evidence_that_posts_by_itself_has_its_behaviour() -> None:
    posting = {name for name in Evidence.model_fields if getattr(Rules().evidence, name).auto}
    switched = {name for one in OFF.values() for name in one.rule.get("evidence", {})}
    assert posting <= switched
