"""Which cases there are, and how often each comes (domain, 7.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from recon.bench import cases_amount as amount
from recon.bench import cases_deduction as deduction
from recon.bench import cases_money as other_money
from recon.bench import cases_name as name
from recon.bench import cases_number as number
from recon.bench import cases_other as other
from recon.bench import cases_reference as reference
from recon.bench import cases_remittance as remittance
from recon.bench import cases_schedule as schedule
from recon.bench import cases_standing as standing
from recon.bench import cases_tax as tax
from recon.bench.lines import World
from recon.bench.payers import Flavour

Maker = Callable[[World], bool]

# Share of the lines per family, in per cent.
FAMILIES: Final[Mapping[Flavour, Mapping[str, float]]] = {
    "uk": {
        "ambiguous": 10,
        "duplicate": 4,
        "deduction": 10,
        "remittance": 20,
        "reference": 45,
        "non_ar": 8,
        "hostile": 3,
    },
    # Most Indian payers deduct tax: the clean reference with the full amount is rarer.
    "india": {
        "ambiguous": 10,
        "duplicate": 4,
        "deduction": 27,
        "remittance": 18,
        "reference": 30,
        "non_ar": 8,
        "hostile": 3,
    },
}

# A ledger with about one open item for each line has too few items for as many advices.
DENSE_FAMILIES: Final[Mapping[Flavour, Mapping[str, float]]] = {
    flavour: {**shares, "remittance": 8.0, "reference": shares["reference"] + shares["remittance"] - 8.0}
    for flavour, shares in FAMILIES.items()
}

# Weights of the cases within their family.
CASES: Final[Mapping[str, Mapping[Maker, float]]] = {
    "reference": {
        reference.clean_reference: 35.0,
        reference.reformatted: 2.5,
        reference.zeros_dropped: 1.5,
        reference.prefix_dropped: 1.0,
        reference.cut_18: 0.8,
        reference.lookalike: 0.4,
        reference.odd_characters: 0.4,
        reference.wrapped: 0.4,
        reference.run_together: 0.3,
        schedule.valued_before: 0.3,
        reference.several_refs: 1.8,
        reference.range_list: 0.6,
        reference.credit_note_named: 0.6,
    },
    "remittance": {
        remittance.remittance_batch: 11.0,
        remittance.remittance_shared_payer: 1.4,
        remittance.remittance_total: 1.8,
        remittance.remittance_credit_note: 1.2,
        remittance.remittance_group: 0.6,
        remittance.remittance_short: 0.8,
        remittance.remittance_unknown: 0.7,
        remittance.remittance_paid: 0.7,
        remittance.remittance_stranger: 0.6,
        remittance.two_remittances: 0.5,
        remittance.remittance_recovery: 0.4,
        remittance.utr_cut: 1.5,
        remittance.remittance_tds: 5.0,
        remittance.tpa_settlement: 1.0,
        schedule.remittance_mixed_sections: 0.8,
        schedule.remittance_two_credits: 0.2,
    },
    "deduction": {
        deduction.part_payment: 2.0,
        deduction.over_payment: 1.2,
        deduction.discount_in_time: 0.9,
        deduction.discount_late: 0.6,
        deduction.tolerance_in: 1.2,
        deduction.tolerance_out: 0.7,
        deduction.short_unexplained: 1.0,
        deduction.cis: 0.4,
        deduction.retention: 0.3,
        deduction.stated_short: 0.6,
        deduction.vat_not_due: 0.3,
        deduction.disputed: 0.6,
        deduction.legal: 0.2,
        deduction.interest_included: 0.2,
        deduction.mixed: 0.2,
        other_money.bank_charges: 0.5,
        other_money.fx_payment: 0.15,
        other_money.contra: 0.2,
        other_money.amount_transposed: 0.25,
        other_money.contribution_netted: 0.3,
        other_money.tolerance_none: 0.2,
        other_money.tolerance_used: 0.15,
        other_money.refund_risk: 0.15,
        tax.tds_10: 6.0,
        tax.tds_2: 4.0,
        tax.gst_tds: 1.2,
        tax.tds_ambiguous: 0.6,
        tax.wrong_base: 0.8,
        tax.tds_rate: 0.8,
        tax.tds_no_profile: 0.8,
        tax.tds_several: 1.2,
        tax.tds_rounded: 0.8,
    },
    "ambiguous": {
        amount.payer_amount_unique: 1.5,
        amount.month_other: 0.2,
        amount.payer_amount_ambiguous: 0.8,
        amount.payer_amount_shared: 0.5,
        number.vendor_number: 0.6,
        amount.payer_account: 0.4,
        number.po_reference: 0.7,
        number.po_several: 0.3,
        number.service_user: 0.5,
        number.split_funding: 0.3,
        name.unknown_payer: 0.7,
        name.near_name: 0.35,
        name.near_name_stranger: 0.25,
        name.fuzzy_name: 0.4,
        number.wrong_customer_ref: 0.4,
        number.typo: 0.6,
        number.typo_unknown_payer: 0.25,
        number.typo_hits_other: 0.3,
        number.bare_unknown_payer: 0.25,
        number.coincidental_number: 0.2,
        amount.combination_no_ref: 0.5,
        amount.combination_ambiguous: 0.2,
        amount.split_receipts: 0.15,
        amount.advance: 0.2,
        amount.proforma: 0.12,
        name.same_name: 0.12,
        number.before_issue: 0.15,
        number.other_currency: 0.12,
        name.expired_alias: 0.15,
        name.remittance_missing: 0.25,
        name.pooled_source: 0.3,
        standing.plan_kept: 0.2,
        standing.plan_otherwise: 0.15,
        standing.two_entities: 0.12,
        standing.other_entity: 0.12,
        standing.sister_company: 0.12,
        standing.insolvency: 0.12,
        standing.uncleared_cheque: 0.15,
        standing.closed_period: 0.12,
        standing.written_off_open: 0.12,
        standing.alias_dated: 0.25,
        standing.successors: 0.15,
        schedule.fnc_schedule: 0.2,
        schedule.funder_schedule: 0.25,
        schedule.account_total: 0.25,
    },
    "non_ar": {
        other.interest: 0.8,
        other.charges: 1.6,
        other.own_transfer: 2.4,
        other.tax_refund: 0.4,
        other.outgoing: 2.8,
    },
    "duplicate": {
        other.duplicate_payment: 0.8,
        other.return_pair: 0.4,
        other.bank_correction: 0.2,
        other.closed_ref: 0.9,
        standing.written_off: 0.25,
        amount.twin_credits: 0.2,
    },
    "hostile": {
        other.hostile_formula: 0.9,
        other.hostile_orders: 0.7,
        other.corrupt: 0.6,
        other.corrupt_digits: 0.3,
        other.hostile_text: 0.3,
        other.corrupt_name: 0.5,
    },
}

# Cases that need what the other country's payers have.
UK_ONLY: Final = frozenset(
    {
        "remittance_shared_payer",
        "discount_in_time",
        "discount_late",
        "tolerance_out",
        "cis",
        "retention",
        "vat_not_due",
        "interest_included",
        "cut_18",
        "vendor_number",
        "po_reference",
        "po_several",
        "service_user",
        "split_funding",
        "expired_alias",
        "remittance_missing",
        "fnc_schedule",
        "contribution_netted",
    }
)
INDIA_ONLY: Final = frozenset(
    {
        "utr_cut",
        "remittance_tds",
        "tpa_settlement",
        "tds_10",
        "tds_2",
        "gst_tds",
        "tds_ambiguous",
        "wrong_base",
        "tds_rate",
        "tds_no_profile",
        "tds_several",
        "tds_rounded",
        "pooled_source",
        "remittance_mixed_sections",
    }
)


def name_of(maker: Maker) -> str:
    """The case's name."""
    return maker.__name__


def cases(flavour: Flavour, family: str) -> dict[Maker, float]:
    """The cases of a family that this flavour has, with their weights."""
    absent = INDIA_ONLY if flavour == "uk" else UK_ONLY
    return {maker: weight for maker, weight in CASES[family].items() if name_of(maker) not in absent}


def rates(flavour: Flavour) -> dict[str, float]:
    """How many of a hundred draws are of each case. A case that has two lines (a payment and its return) has more."""
    shares: dict[str, float] = {}
    for family, share in FAMILIES[flavour].items():
        makers = cases(flavour, family)
        whole = sum(makers.values())
        shares |= {name_of(maker): share * weight / whole for maker, weight in makers.items()}
    return shares


def rates_table() -> str:
    """All cases as a Markdown table: family, case, what it is, and its rate in each flavour."""
    uk, india = rates("uk"), rates("india")
    lines = ["| family | case | what happens | UK % | India % |", "| --- | --- | --- | ---: | ---: |"]
    for family, makers in CASES.items():
        for maker in makers:
            name = name_of(maker)
            what = (maker.__doc__ or "").partition("\n")[0]
            cells = [f"{each[name]:.2f}" if name in each else "" for each in (uk, india)]
            lines.append(f"| {family} | `{name}` | {what} | {' | '.join(cells)} |")
    return "\n".join(lines)
