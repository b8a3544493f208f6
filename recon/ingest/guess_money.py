"""Where a bank line's amount and sign come from, settled by the running balance and not by the heading.

Every way that the columns allow is tried against every column that may be a balance: a balance less its line's amount
must be the balance of the line before, whichever way round the file runs. The same with the sign turned says that
the heading's debit is money in; or that the account is overdrawn and its balance is printed without a minus. Which of
the two it is stands nowhere in the file, so that is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise, permutations
from typing import Final

from recon.ingest import amounts, guess_roles
from recon.ingest.guess_cells import Cells
from recon.ingest.guess_words import Words
from recon.model import Kind

ROWS_MAX: Final = 400  # lines by which the ways are compared
_COLUMNS_MAX: Final = 10  # columns of numbers that are tried
_PROVED: Final = 0.7  # of the steps of a running balance
_COVERS: Final = 8.0  # an amount in every line counts so much against names
_CLEARER: Final = 0.25  # by so much better than with the sign turned
_MOST: Final = 0.8
_SOME: Final = 0.5
Numbers = list[Decimal | None]


@dataclass(frozen=True)
class Way:
    """One way to an amount with its sign, and how far the running balance bears it out."""

    credit: str = ""
    debit: str = ""
    signed: str = ""
    other: str = ""  # a second column with a sign; each line has an amount in one of them
    unsigned: str = ""
    indicator: str = ""
    credit_words: tuple[str, ...] = ()
    odd_words: tuple[str, ...] = ()  # of the column of sides: what nobody knows besides known ones
    turned: bool = False  # the signed amount is the other way round
    balance: str = ""
    steps: int = 0  # steps of the running balance that hold
    of: int = 0  # of so many
    named: float = 0.0  # how well the columns' names say so
    covers: float = 0.0  # which part of the lines has an amount so
    ask: str = ""  # what only the user knows: "sign", "credit_words", or both with a blank between
    against: bool = False  # the balance holds only with the sign turned against what names and marks say
    broken: bool = False  # there is a column that is called a balance, and it does not hold

    @property
    def proved(self) -> bool:
        """Whether the running balance bears it out."""
        return self.of > 0 and self.steps >= _PROVED * self.of


def settle(columns: Sequence[Cells], words: Words, decimal: str, said: Mapping[str, str]) -> Way | None:
    """The way that the running balance bears out; else the one that the names say; None if there is none.

    Args:
        columns: the table's columns, of rows that are surely lines, in the order of the file.
        words: the table of words.
        decimal: the decimal mark.
        said: what the user says: `amount`, `credit`, `debit`, `indicator`, `balance` -> name of a column.
    """
    tried = _Tried(
        [replace(column, text=column.text.head(ROWS_MAX)) for column in columns], words, decimal, said
    )
    ways = list(tried.ways())
    balances = tried.balances()
    proofs = [proof for way in ways for balance in balances for proof in tried.proofs(way, balance)]
    proved = [way for way in proofs if way.proved]
    if proved:
        best = max(
            proved, key=lambda way: (round(way.steps / way.of, 1), round(way.covers, 1), way.named, way.steps)
        )
        best = replace(best, ask="sign") if best.against else best
        return tried.words_unknown(best)
    if not ways:
        return None
    best = max(ways, key=lambda way: way.named + _COVERS * way.covers)
    named = [balance for balance in balances if tried.named(balance, "balance") > 1]
    doubted = tried.words_unknown(tried.doubts(best))
    if not named or best.signed == named[0].name:
        return doubted
    broken = tried.breaks(best, named[0])
    ask = doubted.ask or (("credit_words" if best.unsigned else "sign") if broken else "")
    return replace(doubted, balance=named[0].name, broken=broken, ask=ask)


class _Tried:
    """The columns of one table with their numbers."""

    def __init__(self, columns: Sequence[Cells], words: Words, decimal: str, said: Mapping[str, str]) -> None:
        self._words, self._said, self._decimal = words, said, decimal
        self._columns = [column for column in columns if guess_roles.nameable(columns, column)]
        money = [column for column in self._columns if self._is_money(column)]
        money.sort(key=lambda column: -max(self.named(column, role) for role in _ROLES))
        self._money = money[:_COLUMNS_MAX]
        self._numbers = {column.cell: _numbers(column, decimal) for column in self._money}
        self._of = {column.name: column for column in self._columns}
        account = max(self._columns, key=lambda column: self.named(column, "account"), default=None)
        keyed = account is not None and self.named(account, "account") > 1
        self._accounts = account.text.to_list() if keyed and account is not None else []

    def named(self, column: Cells, role: str) -> float:
        """How well a column's name says a role."""
        if role in self._said:
            return 9.0 if column.name == self._said[role] else 0.0
        return self._words.score(Kind.BANK, role, column.name)

    def _is_money(self, column: Cells) -> bool:
        named = max(self.named(column, role) for role in _ROLES) > 1
        if column.empty:
            return named
        return not column.days and column.numbers(self._decimal) >= (_SOME if named else _MOST)

    # --- ways

    def ways(self) -> Iterator[Way]:
        """Every way that the columns allow, with how well their names say so."""
        for credit, debit in permutations(self._money, 2):
            named = self.named(credit, "credit") + self.named(debit, "debit")
            both = bool(self.named(credit, "credit") > 1 and self.named(debit, "debit") > 1)
            if self._apart(credit, debit) and (both or self._exclusive(credit, debit)):
                yield self._covered(
                    Way(credit=credit.name, debit=debit.name, named=2 + named if both else named / 4)
                )
            elif self._signs(credit, debit) and self._exclusive(credit, debit):
                yield self._covered(Way(signed=credit.name, other=debit.name, named=1 + named))
        for column in self._money:
            yield from map(self._covered, self._single(column))

    def _single(self, column: Cells) -> Iterator[Way]:
        named = self.named(column, "amount")
        if column.empty or self.named(column, "balance") > max(named, 1):
            return
        called = self._side(column)
        negative = [number < 0 for number in self._numbers[column.cell] if number]
        if called and not (
            negative and all(negative)
        ):  # what is called a debit is none with a sign of its own
            way = Way(credit=column.name) if called == "credit" else Way(debit=column.name)
            yield replace(way, named=self.named(column, called))
        else:
            yield Way(signed=column.name, named=named + column.fractions / 2)
        if any(negative):
            return
        for side in self._columns:
            found = guess_roles.sides(side, self._words)
            if found is not None and (all(found) or self.named(side, "indicator") > 1):
                more = named + self.named(side, "indicator")
                yield Way(
                    unsigned=column.name,
                    indicator=side.name,
                    credit_words=found[0] or self._words.table.credit_words,
                    named=1 + more,
                )
            elif side is not column and _two_words(side):
                said = self.named(side, "indicator") if "indicator" in self._said else 0.0
                more = named / 2 + said
                for word in side.words:
                    yield Way(unsigned=column.name, indicator=side.name, credit_words=(word,), named=more)

    def _side(self, column: Cells) -> str:
        """`credit` or `debit`, if a column is called so rather than an amount; else ""."""
        side = max(("credit", "debit"), key=lambda role: self.named(column, role))
        return side if self.named(column, side) > max(1, self.named(column, "amount")) else ""

    def _apart(self, credit: Cells, debit: Cells) -> bool:
        """Two columns without signs; a minus in columns with names is a reversal, if not all have one."""
        if max(self.named(credit, "balance"), self.named(debit, "balance")) > 1:
            return False
        signs = [[number < 0 for number in self._numbers[one.cell] if number] for one in (credit, debit)]
        if self._side(credit) == "credit" and self._side(debit) == "debit":
            return not any(one and all(one) for one in signs)
        return not any(map(any, signs))

    def _signs(self, first: Cells, second: Cells) -> bool:
        """Whether one column has what came in and the other, with a minus, what went out."""
        into, out = ([one for one in self._numbers[column.cell] if one] for column in (first, second))
        return bool(into) and bool(out) and all(one > 0 for one in into) and all(one < 0 for one in out)

    def _covered(self, way: Way) -> Way:
        line = self._amounts(way)
        return replace(way, covers=sum(bool(number) for number in line) / max(len(line), 1))

    def _exclusive(self, first: Cells, second: Cells) -> bool:
        """Whether nearly each row has an amount in one of two columns and not in both."""
        pairs = list(zip(self._numbers[first.cell], self._numbers[second.cell], strict=True))
        one = sum(bool(left) != bool(right) for left, right in pairs)
        used = sum(bool(left) for left, _ in pairs), sum(bool(right) for _, right in pairs)
        return one >= 0.95 * len(pairs) and min(used) > 0

    # --- the running balance

    def balances(self) -> list[Cells]:
        """Columns that may be a running balance, those that are called so first."""
        if self._said.get("balance") == "":
            return []
        able = [
            column
            for column in self._money
            if not column.empty and column.filled.n_unique() > 1 and self.named(column, "balance") >= 0
        ]
        if self._said.get("balance"):
            able = [column for column in able if column.name == self._said["balance"]]
        return sorted(able, key=lambda column: -self.named(column, "balance"))

    def proofs(self, way: Way, balance: Cells) -> Iterator[Way]:
        """A way, and the same with its sign turned, with the steps of the balance that hold."""
        if balance.name in (way.credit, way.debit, way.signed, way.other, way.unsigned) or way.covers < _SOME:
            return
        line = self._amounts(way)
        after = self._numbers[balance.cell]
        named = way.named + self.named(balance, "balance")
        straight, turned = (_steps(numbers, after, self._accounts) for numbers in (line, _negated(line)))
        of = straight[1]
        if of and abs(straight[0] - turned[0]) >= _CLEARER * of:
            yield replace(way, balance=balance.name, steps=straight[0], of=of, named=named)
            # Where something says the sign, the way stays as that says; the owner is asked (`Way.against`).
            clear = self._clear(way)
            other = way if clear else self._turn(way)
            yield replace(other, balance=balance.name, steps=turned[0], of=of, named=named, against=clear)

    def _clear(self, way: Way) -> bool:
        """Whether names, known words or minuses say which way is money in."""
        if way.unsigned:
            return guess_roles.sides(self._of[way.indicator], self._words) is not None
        if way.credit or way.debit:
            sides = (("credit", way.credit), ("debit", way.debit))
            return all(self._side(self._of[name]) == side for side, name in sides if name)
        return True

    def breaks(self, way: Way, balance: Cells) -> bool:
        """Whether a column that is called a balance has steps, most of which don't hold."""
        if balance.name in (way.credit, way.debit, way.signed, way.other, way.unsigned):
            return False
        held, of = _steps(self._amounts(way), self._numbers[balance.cell], self._accounts)
        return of > 0 and held < _PROVED * of

    def words_unknown(self, way: Way) -> Way:
        """A way by a column of sides, to be asked for if that has words that nobody knows besides known ones."""
        if not way.unsigned or (way.proved and way.steps == way.of):
            return way
        side = self._of[way.indicator]
        known = guess_roles.sides(side, self._words)
        if known is None or len(side.words) == len(known[0]) + len(known[1]):
            return way
        odd = tuple(word for word in side.words if word not in known[0] + known[1])
        return replace(way, ask=f"{way.ask} credit_words".strip(), odd_words=odd)

    def _turn(self, way: Way) -> Way:
        if way.credit or way.debit:
            return replace(way, credit=way.debit, debit=way.credit)
        if way.unsigned:
            others = tuple(word for word in self._of[way.indicator].words if word not in way.credit_words)
            return replace(way, credit_words=others[:8])
        return replace(way, turned=True)

    def _amounts(self, way: Way) -> Numbers:
        """The amount of each line, money in positive."""
        if way.signed:
            first = self._numbers[self._of[way.signed].cell]
            second = self._numbers[self._of[way.other].cell] if way.other else [None] * len(first)
            return [one or two for one, two in zip(first, second, strict=True)]
        if way.unsigned:
            side = self._of[way.indicator].text.str.to_uppercase().str.strip_chars(" .").to_list()
            numbers = self._numbers[self._of[way.unsigned].cell]
            return [
                number if number is None or word in way.credit_words else -number
                for number, word in zip(numbers, side, strict=True)
            ]
        nothing: Numbers = [None] * len(self._columns[0].text)
        credit, debit = (
            self._numbers[self._of[name].cell] if name else nothing for name in (way.credit, way.debit)
        )
        return [(money or Decimal(0)) - (out or Decimal(0)) for money, out in zip(credit, debit, strict=True)]

    def doubts(self, way: Way) -> Way:
        """A way that no balance bears out, with what must be asked."""
        if way.signed:
            numbers = [number for number in self._amounts(way) if number]
            one_sign = len({number > 0 for number in numbers}) == 1
            return replace(
                way, ask="sign" if one_sign or (self._side(self._of[way.signed]) and not way.other) else ""
            )
        if way.unsigned:
            known = guess_roles.sides(self._of[way.indicator], self._words)
            return replace(way, ask="" if known else "credit_words")
        if not (way.credit and way.debit):
            mixed = any(
                number and number < 0 for number in self._numbers[self._of[way.credit or way.debit].cell]
            )
            return replace(way, ask="sign" if mixed else "")
        return replace(way, ask="" if self._clear(way) else "sign")


_ROLES: Final = ("amount", "credit", "debit", "balance")
_SHORT_WORD: Final = 12


def _numbers(column: Cells, decimal: str) -> Numbers:
    read = amounts.plain(column.text.str.replace(r"^'(.)", "${1}"), decimal).to_list()
    return [Decimal(text) if text else None for text in read]


def _negated(line: Numbers) -> Numbers:
    return [None if number is None else -number for number in line]


def _steps(line: Numbers, after: Numbers, accounts: Sequence[str]) -> tuple[int, int]:
    """How many steps of a running balance hold, and of how many; whichever way round the file runs.

    Banks shuffle the lines of a day, so that each balance before a line has to be the balance after some other.
    """
    best = (0, 0)
    for order in (1, -1):
        links = _links(line[::order], after[::order], accounts[::order])
        in_turn = sum(left[0] == right[0] and left[2] == right[1] for left, right in pairwise(links))
        before = Counter((account, first) for account, first, _ in links)
        behind = Counter((account, last) for account, _, last in links)
        ends = len({account for account, *_ in links})
        held = max(in_turn, len(links) - max((before - behind).total(), ends))
        best = max(best, (held, len(links) - ends))
    return best


def _links(line: Numbers, after: Numbers, accounts: Sequence[str]) -> list[tuple[str, Decimal, Decimal]]:
    """Account, balance before and behind; lines without a balance belong to the next link that has one."""
    links = []
    carried: dict[str, Decimal] = {}
    for index, (amount, behind) in enumerate(zip(line, after, strict=True)):
        account = accounts[index] if accounts else ""
        carried[account] = carried.get(account, Decimal(0)) + (amount or Decimal(0))
        if behind is not None:
            links.append((account, behind - carried.pop(account), behind))
    return links


def _two_words(column: Cells) -> bool:
    """Whether a column may say by one of two words that money came in; two days say nothing."""
    return len(column.words) == 2 and column.length <= _SHORT_WORD and not column.days  # noqa: PLR2004 - as it says
