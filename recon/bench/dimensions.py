"""Where a line stands in each dimension that the generator varies (domain, 7.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from recon.bench.lines import Draft

DIMENSIONS: Final = ("cardinality", "evidence", "noise", "deduction", "timing")

# What links the line to its items, where its family does not say it.
_EVIDENCE_OF_FAMILY: Final = {
    "reference": "reference",
    "remittance": "remittance",
    "deduction": "reference",
    "duplicate": "reference",
    "hostile": "reference",
    "non_ar": "none",
    "ambiguous": "payer",
}
_EVIDENCE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("stated_short", "remittance_missing"), "remittance"),
    **dict.fromkeys(
        ("po_reference", "po_several", "service_user", "split_funding", "plan_kept", "plan_otherwise"),
        "order",
    ),
    **dict.fromkeys(
        (
            "wrong_customer_ref",
            "typo",
            "typo_unknown_payer",
            "typo_hits_other",
            "bare_unknown_payer",
            "coincidental_number",
            "before_issue",
            "other_currency",
            "two_entities",
            "other_entity",
            "sister_company",
            "closed_period",
            "written_off_open",
            "proforma",
        ),
        "reference",
    ),
    **dict.fromkeys(("fnc_schedule", "funder_schedule"), "payer and period"),
    **dict.fromkeys(
        ("unknown_payer", "pooled_source", "corrupt", "hostile_orders", "bank_correction"), "amount only"
    ),
    **dict.fromkeys(("alias_dated", "twin_credits"), "payer"),
}
# Cases that are their noise.
_NOISE: Final[Mapping[str, str]] = {
    "reformatted": "separators",
    "zeros_dropped": "noughts dropped",
    "prefix_dropped": "prefix dropped",
    "cut_18": "cut at 18",
    "lookalike": "letters for digits",
    "odd_characters": "odd characters",
    "wrapped": "wrapped",
    "run_together": "blanks removed",
    "typo": "typing error",
    "typo_unknown_payer": "typing error",
    "typo_hits_other": "typing error",
    "fuzzy_name": "name misspelt",
    "corrupt_name": "encoding",
    "corrupt": "corrupt",
    "corrupt_digits": "corrupt",
    "utr_cut": "cut UTR",
    "bare_unknown_payer": "prefix dropped",
}
_DEDUCTION: Final[Mapping[str, str]] = {
    "bank_charges": "bank charge",
    "part_payment": "part payment",
    "short_unexplained": "unexplained",
    "tds_no_profile": "unexplained",
    "amount_transposed": "unexplained",
    "contribution_netted": "unexplained",
    "contra": "contra",
    "discount_late": "discount",
    "retention": "retention",
    "stated_short": "dispute",
    "vat_not_due": "dispute",
    "disputed": "dispute",
    "tpa_settlement": "TDS and disallowed",
    "tolerance_out": "tolerance",
    "tolerance_none": "tolerance",
    "over_payment": "over-paid",
    "refund_risk": "over-paid",
    "interest_included": "over-paid",
    "mixed": "over-paid",
    "fx_payment": "exchange difference",
}
_TYPES: Final = {"DISC": "discount", "TOL": "tolerance", "ROUND": "rounding", "GSTTDS": "GST-TDS"}


def payments(drafts: list[Draft]) -> Counter[str]:
    """How many lines pay each item."""
    return Counter(
        item_id
        for draft in drafts
        for item_id in {share.item.item_id for share in draft.shares if share.item is not None}
    )


def places(draft: Draft, paid: Mapping[str, int]) -> tuple[str, str, str, str, str]:
    """The line's value in each of `DIMENSIONS`."""
    return (
        _cardinality(draft, paid),
        _EVIDENCE.get(draft.case) or _EVIDENCE_OF_FAMILY[draft.family],
        _NOISE.get(draft.case) or draft.noise,
        _deduction(draft),
        _timing(draft),
    )


def _cardinality(draft: Draft, paid: Mapping[str, int]) -> str:
    items = {share.item.item_id for share in draft.shares if share.item is not None}
    if draft.part_of_many:
        return "n:m"
    if not items:
        return "1:0"
    shared = any(paid[item_id] > 1 for item_id in items)
    if len(items) > 1:
        return "n:m" if shared else "1:n"
    return "n:1" if shared else "1:1"


def _deduction(draft: Draft) -> str:
    if draft.case in _DEDUCTION:
        return _DEDUCTION[draft.case]
    kinds = sorted({_TYPES.get(share.deduction_type, share.deduction_type) for share in draft.shares} - {""})
    if kinds:
        return " and ".join(kinds)
    return "TDS" if any(share.deduction for share in draft.shares) else "none"


def _timing(draft: Draft) -> str:
    """Against the newest document that it pays: before its date, the same day, after, or in another period."""
    issued = [share.item.issue for share in draft.shares if share.item is not None]
    if (draft.value_date or draft.booking).replace(day=1) < draft.booking.replace(day=1):
        return "valued in the period before"
    if not issued:
        return "no document"
    newest = max(issued)
    if draft.booking <= newest:
        return "before" if draft.booking < newest else "same day"
    return "after" if newest.replace(day=1) == draft.booking.replace(day=1) else "after, across periods"
