"""Bank files of random layouts, made of rows that are known: what a guess must get back out of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from recon.resources import folder
from recon.rules.headings import Headings, parse_headings

WORDS = parse_headings(
    (folder("rules") / "words" / "headings.yaml").read_text(encoding="utf-8"), "headings.yaml"
)
PAYERS = (
    "NORTHSIDE CARE LTD INV-1001",
    "DD UTILITY",
    "BGC COUNTY COUNCIL 4000123456",
    "CHQ PAID",
    "FPI MR TEST 77",
)
FORMS = ("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d-%b-%Y", "%d.%m.%y", "%d %b %y")
TITLES = (["Acme Bank plc"], ["Statement of account"], ["Account holder", "A Test Company"])
FOOTERS = (["End of statement"], ["Closing balance"], ["This is a computer generated statement"])


@dataclass(frozen=True)
class Layout:
    """How a file is written: everything that differs from bank to bank."""

    rows: tuple[tuple[date, Decimal, str], ...]
    form: str
    decimal: str
    grouped: bool
    rule: str  # signed, turned, pair, swapped, sides
    balance: bool
    newest_first: bool
    delimiter: str
    titles: int
    footers: int
    order: int
    names: tuple[int, ...]

    def day(self, day: date) -> str:
        """A day as this layout writes it."""
        return day.strftime(self.form)

    def money(self, amount: Decimal) -> str:
        """An amount as this layout writes it."""
        text = f"{amount:,.2f}" if self.grouped else f"{amount:.2f}"
        return text.replace(",", "_").replace(".", ",").replace("_", ".") if self.decimal == "," else text

    def columns(self) -> list[tuple[str, list[str]]]:
        """Role and cells of each column, in the file's order."""
        rows = sorted(self.rows, key=lambda row: row[0])
        after, balances = Decimal("500.00"), []
        for _, amount, _ in rows:
            after += amount
            balances.append(after)
        lines = list(zip(rows, balances, strict=True))[:: -1 if self.newest_first else 1]
        money = [amount for (_, amount, _), _ in lines]
        made = [
            ("booking_date", [self.day(day) for (day, _, _), _ in lines]),
            ("narrative", [text for (_, _, text), _ in lines]),
        ]
        into = [self.money(amount) if amount > 0 else "" for amount in money]
        out = [self.money(-amount) if amount < 0 else "" for amount in money]
        if self.rule in ("signed", "turned"):
            sign = -1 if self.rule == "turned" else 1
            made.append(("amount", [self.money(sign * amount) for amount in money]))
        elif self.rule == "sides":
            made.append(("amount", [self.money(abs(amount)) for amount in money]))
            made.append(("indicator", ["CR" if amount > 0 else "DR" for amount in money]))
        else:
            sides = [out, into] if self.rule == "swapped" else [into, out]
            made += [("credit", sides[0]), ("debit", sides[1])]
        if self.balance:
            made.append(("balance", [self.money(behind) for _, behind in lines]))
        turn = self.order % len(made)
        return made[turn:] + made[:turn]

    def heading(self) -> list[str]:
        """Names for the columns, out of the table of words, no two alike."""
        names: list[str] = []
        for (role, _), number in zip(self.columns(), self.names, strict=False):
            words = [word for word in headings(WORDS, role) if word not in names]
            names.append(words[number % len(words)])
        return names

    def text(self) -> str:
        """The file."""
        columns = self.columns()
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\n")
        writer.writerows(TITLES[: self.titles])
        writer.writerow([name.title() for name in self.heading()])
        writer.writerows(zip(*(cells for _, cells in columns), strict=True))
        writer.writerows(FOOTERS[: self.footers])
        return stream.getvalue()

    def write(self, path: Path) -> Path:
        """The file, written."""
        path.write_text(self.text(), encoding="utf-8", newline="")
        return path

    def truth(self, key: str, options: Sequence[str]) -> str:
        """The right answer to a question."""
        if key == "dates":
            return self.form
        if key == "sign":
            return "turned" if self.rule in ("turned", "swapped") else "as_written"
        answer = {"kind": "bank", "credit_words": "CR"}[key]
        assert answer in options
        return answer


def headings(words: Headings, role: str) -> list[str]:
    """Words for a column that mean nothing else in a bank's file."""
    meant = words.bank[role]
    others = {word for other, known in words.bank.items() if other != role for word in known}
    return [word for word in meant if word not in others]


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Any layout with three to twenty-five lines of money in and out."""
    first = draw(st.dates(date(2024, 1, 1), date(2026, 6, 30)))
    sizes = draw(st.lists(st.integers(1, 2_000_000), min_size=3, max_size=25))
    signs = draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    steps = draw(st.lists(st.integers(0, 9), min_size=len(sizes), max_size=len(sizes)))
    rows, day = [], first
    for number, (size, credit, step) in enumerate(zip(sizes, signs, steps, strict=True)):
        day += timedelta(days=step)
        amount = Decimal(size if credit else -size).scaleb(-2)
        rows.append((day, amount, f"{PAYERS[number % len(PAYERS)]} {number}"))
    rule = draw(st.sampled_from(["signed", "pair", "sides", "swapped", "turned"]))
    balance = True if rule in ("swapped", "turned") else draw(st.booleans())
    return Layout(
        rows=tuple(rows),
        form=draw(st.sampled_from(FORMS)),
        decimal=draw(st.sampled_from([".", ","])),
        grouped=draw(st.booleans()),
        rule=rule,
        balance=balance,
        newest_first=draw(st.booleans()),
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        titles=draw(st.integers(0, len(TITLES))),
        footers=draw(st.integers(0, len(FOOTERS))),
        order=draw(st.integers(0, 5)),
        names=tuple(draw(st.lists(st.integers(0, 30), min_size=6, max_size=6))),
    )
