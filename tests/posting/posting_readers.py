"""Readers of posting files that know nothing of the code that writes them: what each does to the ledger.

Fields of Unit4's records are cut where docs/posting.md says that they stand; the csv module reads CSV, lxml XML.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

PAGE = Path(__file__).parents[2] / "docs" / "posting.md"
TITLES = {"unit4": "Unit4", "coda": "Coda", "sage": "Sage", "xero": "Xero", "quickbooks": "QuickBooks"}
Sums = dict[tuple[str, ...], Decimal]
RECEIVABLES, SUSPENSE, BANK = "1100", "2999", "1200"


@dataclass
class Effect:
    """What a batch does: debits of the bank and of deductions by bank line, credits of customers by bank line.

    `items` has the credits by document, where the file says them.
    """

    bank: Sums = field(default_factory=lambda: defaultdict(Decimal))
    deductions: Sums = field(default_factory=lambda: defaultdict(Decimal))
    customers: Sums = field(default_factory=lambda: defaultdict(Decimal))
    items: Sums = field(default_factory=lambda: defaultdict(Decimal))

    def told(self, *, items: bool = True) -> tuple[Sums, ...]:
        """Without what came to nought."""
        parts = (self.bank, self.deductions, self.customers, *((self.items,) if items else ()))
        return tuple({key: value for key, value in part.items() if value} for part in parts)

    def debit(self, line: str, account: str, amount: Decimal) -> None:
        """The bank's account, or a deduction's."""
        if account == BANK:
            self.bank[(line,)] += amount
        else:
            self.deductions[line, account] += amount

    def credit(self, line: str, customer: str, amount: Decimal, document: str = "") -> None:
        """A customer's account, or suspense ("")."""
        self.customers[line, customer] += amount
        self.items[line, document] += amount


def documented(name: str) -> list[dict[str, str]]:
    """The fields of a format as its table in the docs has them: field, position, length, format, holds, sure."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {TITLES[name]}\n")[2].partition("\n## ")[0]
    _, _, table = section.partition("| field | position |")
    names = ["field", "position", "length", "format", "holds", "sure"]
    rows = [row for row in table.splitlines()[2:] if row.startswith("|")]
    return [
        dict(zip(names, [cell.strip() for cell in row.strip("|").split("|")], strict=True)) for row in rows
    ]


def records(text: str) -> Iterator[dict[str, str]]:
    """Unit4's records, cut as the docs say."""
    places = {
        row["field"].strip("`"): [int(at) for at in re.findall(r"\d+", row["position"])]
        for row in documented("unit4")
    }
    assert text.endswith("\r\n")
    for record in text.removesuffix("\r\n").split("\r\n"):
        assert len(record) == 2059
        yield {name: record[at[0] - 1 : at[-1]].strip(" ") for name, at in places.items()}


def unit4(text: str) -> Effect:
    made = Effect()
    vouchers: Sums = defaultdict(Decimal)
    for row in records(text):
        pence = Decimal(row["cur_amount"]).scaleb(-2)
        assert row["amount"] == row["cur_amount"]
        assert (pence > 0) == (row["dc_flag"] == "1")
        assert (pence < 0) == (row["dc_flag"] == "-1")
        vouchers[row["client"], row["voucher_no"], row["currency"], row["period"]] += pence
        _leg(made, row["ext_ref"], row["account"], row["apar_id"], pence, row["ext_inv_ref"])
        assert (row["trans_type"] == "AR") == (row["apar_type"] == "R") == (row["account"] == "")
    assert not any(vouchers.values())
    return made


def _leg(made: Effect, line: str, account: str, customer: str, debit: Decimal, document: str) -> None:
    if customer:
        made.credit(line, customer, -debit, document)
    elif account == SUSPENSE:
        made.credit(line, "", -debit)
    else:
        made.debit(line, account, debit)


def rows(text: str, name: str) -> list[dict[str, str]]:
    """Rows of a CSV, whose heading is that of the docs."""
    assert text.endswith("\r\n")
    read = csv.DictReader(io.StringIO(text, newline=""))
    assert read.fieldnames == [row["field"].strip("`") for row in documented(name)]
    return list(read)


def coda(text: str) -> Effect:
    made = Effect()
    documents: Sums = defaultdict(Decimal)
    for row in rows(text, "coda"):
        value = Decimal(row["valuedoc"])
        assert row["valuehome"] == row["valuedoc"]
        documents[row["cmpcode"], row["docnum"], row["curdoc"], row["yr"], row["period"]] += value
        assert (row["el1"] == RECEIVABLES) == (row["el2"] != "")
        _leg(made, row["ref2"], row["el1"], row["el2"], value, row["ref1"])
    assert not any(documents.values())
    return made


def sage(text: str) -> Effect:
    made = Effect()
    for row in rows(text, "sage"):
        net, line = Decimal(row["Net"]), row["Extra Ref"]
        assert net > 0
        sign = {"SA": 1, "SC": 1, "BR": 1, "SP": -1, "SI": -1, "BP": -1}[row["Type"]]
        if row["Type"] in {"BR", "BP"}:
            assert row["Nominal Code"] == SUSPENSE
            made.debit(line, row["Account Ref"], sign * net)
            made.credit(line, "", sign * net)
        else:
            assert (row["Nominal Code"] == BANK) == (row["Type"] in {"SA", "SP"})
            made.debit(line, row["Nominal Code"], sign * net)
            made.credit(line, row["Account Ref"], sign * net)
    return made


_LINE = re.compile(r"bank line (\S+), rule ")


def _line(text: str) -> str:
    found = _LINE.search(text)
    assert found, text
    return found[1]


def xero(text: str) -> Effect:
    made = Effect()
    adds = {"PAYMENT", "CREDIT NOTE REFUND REMOVED", "OVERPAYMENT", "RECEIVE", "SURPLUS REMOVED"}
    takes = {"PAYMENT REMOVED", "CREDIT NOTE REFUND", "OVERPAYMENT REMOVED", "SPEND", "SURPLUS"}
    for row in rows(text, "xero"):
        assert Decimal(row["Amount"]) > 0
        assert row["Type"] in adds | takes
        amount = Decimal(row["Amount"]) * (1 if row["Type"] in adds else -1)
        line = _line(row["Reference"])
        nobody = row["Type"] in {"RECEIVE", "SPEND"}
        assert (row["LineAccount"] == SUSPENSE) == nobody == (row["Contact"] == "Suspense")
        made.debit(line, row["Account"], amount)
        made.credit(line, "" if nobody else row["Contact"], amount, row["Invoice"])
    return made


def quickbooks(text: str) -> Effect:
    made = Effect()
    whose: dict[str, tuple[str, ...]] = {}
    for row in rows(text, "quickbooks"):
        amount, line = Decimal(row["LineAmount"]), _line(row["PrivateNote"])
        payment = (row["Customer"], row["DepositToAccount"], row["PaymentRefNumber"], row["TxnDate"])
        assert whose.setdefault(row["RefNumber"], payment) == payment, "a RefNumber is one payment"
        made.debit(line, row["DepositToAccount"], amount)
        customer = "" if row["Customer"] == "Suspense" else row["Customer"]
        made.credit(line, customer, amount, row["InvoiceApplyTo"].replace("CREDIT", ""))
    assert len(set(whose.values())) == len(whose)
    return made


def tally(text: str) -> Effect:
    made = Effect()
    root = etree.fromstring(text.encode())
    assert root.findtext(".//SVCURRENTCOMPANY") == "Example Homes Ltd"
    for voucher in root.iter("VOUCHER"):
        line = str(voucher.findtext("REFERENCE"))
        entries = voucher.findall("ALLLEDGERENTRIES.LIST")
        assert sum(_amount(entry) for entry in entries) == 0
        for entry in entries:
            assert (entry.findtext("ISDEEMEDPOSITIVE") == "Yes") == (_amount(entry) < 0)
            bills, ledger = entry.findall("BILLALLOCATIONS.LIST"), str(entry.findtext("LEDGERNAME"))
            assert not bills or sum(map(_amount, bills)) == _amount(entry)
            document = bills[0].findtext("NAME", "") if bills else ""
            assert not bills or (bills[0].findtext("BILLTYPE") == "Agst Ref") == bool(document)
            _leg(made, line, ledger, ledger if bills else "", -_amount(entry), document)
    return made


def _amount(entry: Any) -> Decimal:
    return Decimal(entry.findtext("AMOUNT"))


READERS: Mapping[str, Callable[[str], Effect]] = {
    "coda": coda, "quickbooks": quickbooks, "sage": sage, "tally": tally, "unit4": unit4, "xero": xero,
}  # fmt: skip


def expected(
    accepted: Sequence[Mapping[str, Any]], accounts: Mapping[str, str], documents: Mapping[str, str]
) -> Effect:
    """What accepted rows shall do to the ledger, made up row by row.

    Args:
        accepted: as model.ACCEPTED.
        accounts: deduction type -> account.
        documents: item -> document number.
    """
    made = Effect()
    for row in accepted:
        cash, kept = Decimal(row["amount"]), Decimal(row["deduction"])
        made.debit(row["line_id"], BANK, cash)
        if kept:
            made.debit(row["line_id"], accounts[row["deduction_type"]], kept)
        made.credit(row["line_id"], row["customer_id"], cash + kept, documents.get(row["item_id"], ""))
    return made
