"""A small ledger of receivables: it gives extracts of open items, and imports the generic posting file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from flow_cases import rows

HEAD = "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount\n"
RECEIVABLES, SUSPENSE = "1100", "2190"
NOUGHT = Decimal(0)

Sums = Mapping[tuple[str, ...], Decimal]


@dataclass(frozen=True)
class Invoice:
    """One document as it was raised; a credit note is negative."""

    number: str
    customer: str
    name: str
    raised: str  # ISO dates
    due: str
    amount: Decimal

    def row(self, left: Decimal) -> str:
        """Its line of an extract, with what is open of it."""
        kind = "invoice" if self.amount > 0 else "credit_note"
        told = (self.number, self.customer, self.name, kind, self.number, self.raised, self.due, "GBP")
        return ",".join([*told, f"{self.amount:.2f}", f"{left:.2f}"]) + "\n"


@dataclass
class Ledger:
    """What the ledger holds: documents, and what each imported batch did to the accounts.

    A batch is imported once: one that comes again must be the same bytes, and changes nothing.
    """

    documents: dict[str, Invoice] = field(default_factory=dict)
    batches: dict[str, bytes] = field(default_factory=dict)
    legs: list[dict[str, str]] = field(default_factory=list)

    def raise_(self, documents: Sequence[Invoice]) -> None:
        self.documents |= {one.number: one for one in documents}

    def import_(self, folder: Path) -> int:
        """Post what is in the folder and not posted yet; how many files that were."""
        fresh = 0
        for path in sorted(folder.glob("posting-*.csv")):
            found = path.read_bytes()
            if path.stem in self.batches:
                assert self.batches[path.stem] == found, "the same batch is the same bytes"
                continue
            legs = rows(path)
            assert {leg["batch_id"] for leg in legs} == {path.stem.removeprefix("posting-generic-")}
            for number in {leg["journal_no"] for leg in legs}:
                of_journal = [leg for leg in legs if leg["journal_no"] == number]
                assert sum(map(debit, of_journal)) == 0, "a ledger takes no journal that does not balance"
            self.batches[path.stem] = found
            self.legs += legs
            fresh += 1
        for number in self.documents:
            left, whole = self.open(number), self.documents[number].amount
            assert min(NOUGHT, whole) <= left <= max(NOUGHT, whole), f"{number}: {left} open of {whole}"
        return fresh

    def open(self, number: str) -> Decimal:
        """What is open of a document."""
        moved = sum((debit(leg) for leg in self.legs if leg["applied_to_item"] == number), NOUGHT)
        return self.documents[number].amount + moved

    def extract(self) -> str:
        """The open items, as the ledger writes them for recon."""
        left = {number: self.open(number) for number in sorted(self.documents)}
        return HEAD + "".join(self.documents[name].row(amount) for name, amount in left.items() if amount)

    def balance(self, account: str) -> Decimal:
        return sum((debit(leg) for leg in self.legs if leg["account"] == account), NOUGHT)

    def settled(self) -> Sums:
        """Item -> what was settled of it by all batches."""
        made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for leg in self.legs:
            if leg["applied_to_item"]:
                made[(leg["applied_to_item"],)] -= debit(leg)
        return {key: amount for key, amount in made.items() if amount}

    def held(self) -> Sums:
        """Bank line, customer -> cash on account, or in suspense where the customer is nobody."""
        made: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for leg in self.legs:
            if leg["account"] in (RECEIVABLES, SUSPENSE) and not leg["applied_to_item"]:
                made[leg["bank_line_id"], leg["customer_id"]] -= debit(leg)
        return {key: amount for key, amount in made.items() if amount}


def debit(leg: Mapping[str, str]) -> Decimal:
    """A leg's amount; credits are negative."""
    return Decimal(leg["debit"] or 0) - Decimal(leg["credit"] or 0)
