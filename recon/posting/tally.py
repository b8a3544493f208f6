"""Tally's vouchers as XML: one for each journal, a ledger entry for each leg, bills under the party's entries.

A debit is deemed positive and has an amount below nought; a credit the other way round (domain reference §5.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl
from lxml import etree

from recon import model
from recon.posting.generic import CONTROLS
from recon.posting.site import SAY_IT, Site, key_of, named
from recon.problems import Problem
from recon.rules.layout import Layout

_UDF = "TallyUDF"
_PARTY = ("item", "on_account")


def lacks(layout: Layout, told: pl.DataFrame, site: Site) -> list[Problem]:
    """What the rules don't say, and legs of no ledger."""
    problems = []
    for name in ("company", "receipt", "payment", "journal"):
        if not site.said(name):
            what = f"`{layout.name}` must be told the name that Tally has for: {name}"
            own = bool(site.company) and name == "company"
            said = f'"{site.company}": {{{layout.name}: {{{name}: ...}}}}' if own else f"{name}: ..."
            hint = f"{said}\n{SAY_IT}"
            key = key_of(layout, name, site.company if own else "")
            problems.append(Problem("posting-setting", key, what, hint))
    nameless = told.filter(_ledger() == "")
    if nameless.height:
        what = f"entries of no ledger (bank lines {named(nameless['bank_line_id'])})"
        hint = "see what the items and customers say of these lines"
        problems.append(Problem("posting-field", layout.name, what, hint))
    return problems


def text(told: pl.DataFrame, site: Site, scales: Mapping[str, int]) -> str:
    """The file: an import of vouchers.

    Args:
        told: layouts.sources, of legs.
        site: company, and the voucher types of receipts, payments and journals.
        scales: decimals of a minor unit, by currency.
    """
    plain = [
        one.str.replace_all(CONTROLS, " ").str.strip_chars().alias(name)
        for name, one in (
            ("ledger", _ledger()),
            *((name, pl.col(name)) for name in ("doc_ref", "text", "bank_line_id")),
        )
    ]
    # Amounts have Tally's sign: below nought for a debit.
    legs = told.with_columns(
        *plain,
        money=model.money_expr(-pl.col("amount_minor"), scales),
        day=pl.col("posting_date").dt.strftime("%Y%m%d"),
    )
    made = BytesIO()
    with etree.xmlfile(made, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("ENVELOPE"):
            file.write(_element("HEADER", TALLYREQUEST="Import Data"), pretty_print=True)
            with file.element("BODY"), file.element("IMPORTDATA"):
                asked = _element("REQUESTDESC", REPORTNAME="Vouchers")
                asked.append(_element("STATICVARIABLES", SVCURRENTCOMPANY=site.said("company")))
                file.write(asked, pretty_print=True)
                with file.element("REQUESTDATA"):
                    for _, one in groupby(legs.iter_rows(named=True), itemgetter("journal_no")):
                        file.write(_message(list(one), site), pretty_print=True)
    return made.getvalue().decode() + "\n"


def _ledger() -> pl.Expr:
    """The ledger that a leg is of: a customer's is its own, by its name in Tally."""
    return pl.when(pl.col("kind").is_in(_PARTY)).then("customer").otherwise("gl_account")


def _message(legs: list[dict[str, Any]], site: Site) -> Any:
    """One voucher in its message."""
    first = legs[0]
    bank = next((leg for leg in legs if leg["kind"] == "bank"), None)
    kind = "journal" if bank is None else "receipt" if bank["amount_minor"] > 0 else "payment"
    party = next((leg["ledger"] for leg in legs if leg["kind"] in _PARTY), "")
    message = etree.Element("TALLYMESSAGE", nsmap={"UDF": _UDF})
    voucher = etree.SubElement(
        message,
        "VOUCHER",
        {"REMOTEID": first["journal_ref"], "VCHTYPE": site.said(kind), "ACTION": "Create"},
    )
    told = {
        "DATE": first["day"],
        "VOUCHERTYPENAME": site.said(kind),
        "VOUCHERNUMBER": first["journal_ref"],
        "REFERENCE": first["bank_line_id"],
        "PARTYLEDGERNAME": party,
        "NARRATION": "; ".join(dict.fromkeys(leg["text"] for leg in legs)),
    }
    for name, value in told.items():
        if value:
            etree.SubElement(voucher, name).text = value
    # The party stands first, as Tally writes it.
    for leg in sorted(legs, key=lambda leg: leg["kind"] not in _PARTY):
        voucher.append(_entry(leg))
    return message


def _entry(leg: dict[str, Any]) -> Any:
    """One leg, with the bill that a party's leg settles."""
    entry = _element(
        "ALLLEDGERENTRIES.LIST",
        LEDGERNAME=leg["ledger"],
        ISDEEMEDPOSITIVE="Yes" if leg["side"] == "debit" else "No",
        AMOUNT=leg["money"],
    )
    if leg["kind"] == "item":
        entry.append(
            _element("BILLALLOCATIONS.LIST", NAME=leg["doc_ref"], BILLTYPE="Agst Ref", AMOUNT=leg["money"])
        )
    elif leg["kind"] == "on_account":
        entry.append(_element("BILLALLOCATIONS.LIST", BILLTYPE="On Account", AMOUNT=leg["money"]))
    return entry


def _element(tag: str, **leaves: str) -> Any:
    """An element with leaves of text."""
    made = etree.Element(tag)
    told: Iterable[tuple[str, str]] = leaves.items()
    for name, value in told:
        etree.SubElement(made, name).text = value
    return made
