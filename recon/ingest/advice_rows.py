"""Remittances that come as a table: deductions on lines of their own, totals, and whose advice each row is.

INV-1   14,443.74               gross 14443.74  deduction 2205.26 TDS  paid 12238.48
TDS      2,205.26-        ->
Total   12,238.48               checked: the rows add up to it
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from recon.ingest import amounts, controls
from recon.ingest.grid import CELLS, POSITION
from recon.ingest.standard import NAME as STANDARD
from recon.ingest.told import ADVICE
from recon.ingest.work import Work
from recon.model import Kind
from recon.problems import Problem

_ASK: Final = "ask the payer; such an advice never posts alone"
# Totals as payers word them: the word and amounts; or a text with it, and no other text on the row.
_AMOUNTS: Final = r"(?: ?\(?(?:[A-Za-z]{3}|Rs\.?)?\)?)?[ :\d.,()/=£₹€$*\x{2010}-\x{2014}\x{2212}-]*$"
TOTALS: Final = (
    rf"(?i)^(?:net |grand |sub-?)?total(?: (?:paid|payment|payable|amount|remitted|net|due))*{_AMOUNTS}",
    rf"(?i)^(?:net payable|net payment|amount paid|payment amount|total paid|payment value){_AMOUNTS}",
)
TOTALS_ALONE: Final = (
    rf"(?i)^[^\d]*\b(?:sub-?)?totals?\b[^\d]*{_AMOUNTS}",
    rf"(?i)^(?:(?:net|total) )?(?:amount|balance|sum) (?:paid|remitted|transferred|of payment)[ \pL]*{_AMOUNTS}",
    rf"(?i)^sum{_AMOUNTS}",
    rf"(?i)^(?:balance |total )?(?:(?:carried|brought) (?:forward|over|down)|[bc]/(?:fwd|f|d)\b)\.?{_AMOUNTS}",
)
Row = dict[str, Any]


def note(work: Work, joined: pl.Expr) -> None:
    """Remember the rows that are deductions; `joined` is a row's text."""
    for kind, patterns in work.profile.less.items():
        for pattern in patterns:
            for position in work.rows.filter(joined.str.contains(pattern))[POSITION]:
                work.less.setdefault(position, kind)


def total_rows(work: Work, picked: pl.DataFrame) -> None:
    """Remember what the rows of totals say.

    Args:
        work: with the raw rows of totals.
        picked: the same rows with the profile's columns.
    """
    raw = work.totals.select(pl.exclude(POSITION, CELLS)).rows()
    for position, paid, cells in zip(
        picked[POSITION].to_list(), picked["paid_amount"].to_list(), raw, strict=True
    ):
        # On paper a total may stand beside its column: then it is the last amount of the row.
        readable = [amounts.one(cell, work.profile.decimal) for cell in (paid, *reversed(cells)) if cell]
        amount = next((one for one in readable if one), None)
        if amount is not None:
            work.stated.append((position, Decimal(amount)))


def finish(work: Work, own: str) -> None:
    """What makes advices of the rows of a remittance table; drops `_advice`.

    Deductions go to their documents, totals are checked and are the payment's amount where nothing else says it, and
    an advice without any number gets one made of `own` and which of the file it is.
    """
    if work.profile.kind is Kind.REMITTANCE:
        _signs(work)
        _fold(work)
        told = _totals(work)
        if work.profile.name != STANDARD:
            _name(work, own)
            _foot(work, told)
    work.rows = work.rows.drop(ADVICE, strict=False)


def _money(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _paid(row: Row) -> Decimal | None:
    """What is paid for a document, said or worked out."""
    paid, gross = _money(row["paid_amount"]), _money(row["gross_amount"])
    if paid is not None or gross is None:
        return paid
    return gross - (_money(row["deduction_amount"]) or Decimal(0))


def _fold(work: Work) -> None:
    """Take each deduction off its document; its row is gone, its amount is in the document's."""
    if not work.less:
        return
    rows = work.rows.to_dicts()
    lesser = [row for row in rows if row[POSITION] in work.less]
    documents = [row for row in rows if row[POSITION] not in work.less]
    by_number = {(row[ADVICE], row["doc_no"]): row for row in documents if row["doc_no"]}
    signed = any((_paid(row) or Decimal(0)) < 0 for row in lesser)
    folded = set()
    shared = _shared(documents, lesser)
    for row in lesser:
        kind = work.less[row[POSITION]]
        taken = _paid(row)
        taken = _money(row["deduction_amount"]) if taken is None else -taken if signed else abs(taken)
        target = by_number.get((row[ADVICE], row["doc_no"]))
        targets = [target] if target else []
        if target is None and (not row["doc_no"] or _names(row["doc_no"], work.profile.less[kind])):
            before = [
                one for one in documents if one[POSITION] < row[POSITION] and one[ADVICE] == row[ADVICE]
            ]
            targets = before if row[ADVICE] in shared else before[-1:]
        parts = None if taken is None else _parts(targets, taken)
        if parts is None or not targets:
            row["deduction_type"] = row["deduction_type"] or kind
            continue
        for one, part in zip(targets, parts, strict=True):
            _take(one, part, kind)
        folded.add(row[POSITION])
    kept = [row for row in rows if row[POSITION] not in folded]
    work.left_out += len(folded)
    work.rows = pl.DataFrame(kept, schema=work.rows.schema, orient="row")


def _shared(documents: Sequence[Row], lesser: Sequence[Row]) -> set[int]:
    """Advices whose only deductions stand together behind all their documents, of which there are several."""
    found = set()
    for advice in {row[ADVICE] for row in lesser}:
        first = min(row[POSITION] for row in lesser if row[ADVICE] == advice)
        mine = [row[POSITION] for row in documents if row[ADVICE] == advice]
        if len(mine) > 1 and max(mine) < first:
            found.add(advice)
    return found


def _parts(targets: Sequence[Row], taken: Decimal) -> list[Decimal] | None:
    """A deduction's parts for several documents, each at the same rate; None where no rate gives whole pennies."""
    amounts = [_gross(row) for row in targets]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    if len(known) == 1:
        return [taken]
    total = sum(known, Decimal(0))
    places = min(int(taken.normalize().as_tuple().exponent), -2)
    parts = [(taken * one / total).quantize(Decimal(1).scaleb(places)) for one in known] if total else []
    fits = all(part * total == taken * one for part, one in zip(parts, known, strict=False))
    return parts if parts and fits else None


def _gross(row: Row) -> Decimal | None:
    """What a document was before the deduction; None where nothing of it is paid."""
    paid, gross = _paid(row), _money(row["gross_amount"])
    return None if paid is None else paid if gross is None else gross


def _signs(work: Work) -> None:
    """Deductions that are printed as what they do to the sum, `(100.00)`, as amounts that are taken off.

    A row whose three amounts fit neither way is told.
    """
    wanted = ("gross_amount", "deduction_amount", "paid_amount")
    gross, kept, paid = (pl.col(name).cast(pl.Decimal(38, 12), strict=False) for name in wanted)
    minus = (kept != 0) & (gross - kept != paid) & (gross + kept == paid)
    minus = minus.fill_null(value=False)
    neither = (kept != 0) & (gross - kept != paid) & (gross + kept != paid)
    work.say(
        neither.fill_null(value=False),
        "remittance-foots-not",
        "gross less deduction is not what is paid for the document",
        _ASK,
    )
    other = amounts.negated(pl.col("deduction_amount"))
    work.rows = work.rows.with_columns(
        pl.when(minus).then(other).otherwise("deduction_amount").alias("deduction_amount")
    )


def _names(number: str, patterns: Sequence[str]) -> bool:
    """Whether a row has the deduction's name where a document's number would be."""
    cell = pl.Series([number], dtype=pl.String)
    return any(bool(cell.str.contains(pattern).item()) for pattern in patterns)


def _take(target: Row, taken: Decimal, kind: str) -> None:
    paid = _paid(target)
    assert paid is not None
    currency = target["currency"].upper()
    before = _money(target["deduction_amount"]) or Decimal(0)
    gross = _money(target["gross_amount"])
    target["gross_amount"] = controls.money(paid if gross is None else gross, currency)
    target["deduction_amount"] = controls.money(before + taken, currency)
    target["paid_amount"] = controls.money(paid - taken, currency)
    kinds = [one for one in target["deduction_type"].split("; ") if one and before]
    target["deduction_type"] = "; ".join(dict.fromkeys([*kinds, kind]))


def _totals(work: Work) -> set[int]:
    """Each total beside the rows above it; the advices whose total is another."""
    wrong: set[int] = set()
    if not work.stated or work.rows.is_empty():
        return wrong
    rows = [
        (position, advice, _paid({"paid_amount": paid, "gross_amount": gross, "deduction_amount": kept}))
        for position, advice, paid, gross, kept in work.rows.select(
            POSITION, ADVICE, "paid_amount", "gross_amount", "deduction_amount"
        ).iter_rows()
    ]
    payment: dict[int, Decimal] = {}
    before = 0
    for position, amount in sorted(work.stated):
        above = [row for row in rows if row[0] < position]
        if not above:
            continue
        advice = above[-1][1]
        mine = [row for row in above if row[1] == advice]
        all_of_it = sum((row[2] or Decimal(0) for row in mine), Decimal(0))
        last_part = sum((row[2] or Decimal(0) for row in mine if row[0] > before), Decimal(0))
        before = position
        whole = len(mine) == sum(row[1] == advice for row in rows)
        if amount not in (all_of_it, last_part):
            wrong.add(advice)
            payment[advice] = amount  # whatever else is true: so it does not foot, and posts nothing alone
            what = f"the total is {amount}, the rows above it add up to {all_of_it}"
            work.problems.append(Problem("remittance-foots-not", work.grid.at(position), what, _ASK))
        elif amount == all_of_it and whole and advice not in wrong:
            payment[advice] = amount
    stated = pl.col(ADVICE).replace_strict(
        list(payment), [str(one) for one in payment.values()], default="", return_dtype=pl.String
    )
    silent = (pl.col("payment_amount") == "").all().over(ADVICE)
    work.rows = work.rows.with_columns(
        pl.when(silent).then(stated).otherwise(pl.col("payment_amount")).alias("payment_amount")
    )
    return wrong


def _name(work: Work, own: str) -> None:
    """Numbers for advices that have none; a deduction's name only where something is deducted."""
    bare = (pl.col("remittance_id") == "") & (pl.col("payment_reference") == "")
    made = pl.concat_str([pl.lit(f"{own}-"), pl.col(ADVICE).cast(pl.String)])
    work.rows = work.rows.with_columns(
        pl.when(bare).then(made).otherwise(pl.col("remittance_id")).alias("remittance_id")
    )
    if "deduction_type" in work.profile.constants:
        none = ~pl.col("deduction_amount").str.contains("[1-9]")
        work.rows = work.rows.with_columns(
            pl.when(none).then(pl.lit("")).otherwise(pl.col("deduction_type")).alias("deduction_type")
        )


def _foot(work: Work, told: set[int]) -> None:
    """Advices whose lines don't add up to what they say is paid."""
    columns = ("remittance_id", "payment_reference", ADVICE, POSITION, "payment_amount", "currency")
    groups: dict[str, list[tuple[Row, Decimal | None]]] = {}
    for row in work.rows.select(*columns, "paid_amount", "gross_amount", "deduction_amount").iter_rows(
        named=True
    ):
        groups.setdefault(row["remittance_id"] or row["payment_reference"], []).append((row, _paid(row)))
    for group in groups.values():
        said = {row["payment_amount"] for row, _ in group} - {""}
        first = group[0][0]
        if len(said) != 1 or first[ADVICE] in told:
            continue
        stated = Decimal(said.pop())
        total = sum((paid or Decimal(0) for _, paid in group), Decimal(0))
        if total != stated:
            what = (
                f"its {len(group)} lines add up to {total}, {stated} {first['currency']}".rstrip()
                + " is paid"
            )
            work.problems.append(Problem("remittance-foots-not", work.grid.at(first[POSITION]), what, _ASK))
