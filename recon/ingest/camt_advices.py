"""camt.054 given as a remittance: what each transaction in its favour says of the documents that it pays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recon.ingest import camt_entry, finish, iso20022, xml
from recon.ingest.advices import Advice, Advices
from recon.ingest.bank import reference
from recon.ingest.iso20022 import amount_of, day_of
from recon.ingest.source import Source
from recon.ingest.xml import EMPTY, Node
from recon.model import Kind, Reading
from recon.problems import Problem


@dataclass
class _Walk:
    """The notifications of a file on their way to advices."""

    source: Source
    advices: Advices = field(default_factory=Advices)
    problems: list[Problem] = field(default_factory=list)
    silent: int = 0  # transactions that name no documents

    def through(self, parts: Iterable[xml.Part]) -> None:
        """All entries."""
        for part in parts:
            if part.name == "Ntry":
                self._entry(part.node, part.line)

    def _entry(self, entry: Node, position: int) -> None:
        money = entry.at("Amt") or EMPTY
        amount = amount_of(money)
        details = [one for group in entry.all("NtryDtls") for one in group.all("TxDtls")]
        if entry.text("CdtDbtInd") != "CRDT" or amount is None:
            self.silent += max(len(details), 1)
            return
        parted, _ = camt_entry.split(details, amount, money.currency)
        for transactions, part in parted:
            made = Advice(position, "", "", money.currency, amount=part)
            for one in transactions:
                for told in (strd for info in one.all("RmtInf") for strd in info.all("Strd")):
                    lines, _, findings = iso20022.documents(told, position)
                    made.lines += lines
                    self.problems += [Problem(code, self.source.at(at), what) for at, code, what in findings]
            if not made.lines:
                self.silent += 1
                continue
            first = transactions[0]
            made.payer, _ = camt_entry.party(first.at("RltdPties") or EMPTY, inward=True)
            made.paid_on = day_of(entry.at("BookgDt")) or day_of(entry.at("ValDt"))
            made.payment = reference(first.text("Refs/EndToEndId")) or first.text("Refs/TxId")
            made.own_id = made.payment or first.text("Refs/AcctSvcrRef") or entry.text("AcctSvcrRef")
            made.spare_id = f"{self.source.digest[:12]}-{len(self.advices) + 1}"
            made.lines = iso20022.turned(made.lines, part)
            self.advices.add(made)


def read(source: Source, shape: xml.Shape) -> Reading:
    """The advices of a camt.054; its money is read where it is given as a bank file."""
    walk = _Walk(source)
    try:
        walk.through(xml.parts(source, shape))
    except xml.Unsure:
        walk = _Walk(source)
        walk.through(xml.parts_carefully(source, shape))
    if walk.silent:
        what = f"{walk.silent} transactions name no documents in a structured way, or are debits: no advices"
        hint = "nothing to do: their money is read where the file is given to --bank"
        walk.problems.append(Problem("row-text", source.name, what, hint))
    table, problems = walk.advices.table(source)
    found = [*walk.problems, *problems]
    return finish.reading(source, "camt.054", "", Kind.REMITTANCE, table=table, statements=(), problems=found)
