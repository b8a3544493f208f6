"""The tables that pass between the steps of the engine, in one place.

Rows are known by small integers inside: `line` and `item` count from 0 in an order that does not hang on the
order of the input. Money is integers of minor units throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from recon.match.asked import Index
from recon.model import TOLERATED
from recon.problems import Problem
from recon.together import Once

# Rules that go by the payer and the amount, not by what a line names; and payers that a person has confirmed.
BY_PAYER: Final = ("payer_amount", "payer_name", "combination", "combination_supported", "split")
CONFIRMED: Final = ("account", "alias", "vendor")
REFERENCES: Final = pl.Schema(
    {
        "line": pl.Int64,
        "item": pl.Int64,
        "how": pl.String,  # exact, order, lookalike, cut, bare, short, typo
        "said": pl.String,  # as the line says it
        "at": pl.Int32,  # first atom in the line; -1 where a whole word was read
        "size": pl.Int32,
    }
)


# Columns of bits; their sum is the score.
WEIGHTS: Final = (
    "w_prior",
    "w_reference",
    "w_payer",
    "w_amount",
    "w_date",
    "w_against",
)


def confidence_of(score: pl.Expr) -> pl.Expr:
    """How sure a score makes us, from 0 to 1, to four places."""
    return (1.0 / (1.0 + (2.0**-score))).round(4)


PAID_BEFORE = pl.Schema(
    {"doc_no": pl.String, "customer_id": pl.String, "paid_by": pl.String, "paid_on": pl.Date}
)


_WHO = {"customer_id": pl.String}


def _no(schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(schema))


@dataclass(frozen=True)
class Heirs:
    """What `heirs.of` makes of successions, as of the last day of the lines.

    bodies: customer_id, body; who each customer is that was renamed or merged.
    offers: payer, customer_id, of, since; whose items (owner `of`, once of customer_id) a payer may pay for that a
        split gave some of them, from which day on.
    kin: owner, kin; owners whose lines go together, since they offer one another their items.
    told: customer_id, text; what became of a customer.
    homes: item, text; items of a split body that went to a successor by their place.
    days: those between the lines' first and last on which something changed; items_then (until, item, then) and
        payers_then (until, customer_id, then): other owners before one of them.
    """

    bodies: pl.DataFrame
    offers: pl.DataFrame
    kin: pl.DataFrame
    told: pl.DataFrame
    homes: pl.DataFrame
    days: tuple[date, ...] = ()
    items_then: pl.DataFrame = field(
        default_factory=lambda: _no({"until": pl.Date, "item": pl.Int64, "then": pl.String})
    )
    payers_then: pl.DataFrame = field(
        default_factory=lambda: _no({"until": pl.Date, **_WHO, "then": pl.String})
    )


@dataclass(frozen=True)
class Ready:
    """What `prepare.clean` makes: cleaned rows and the keys they can be joined by.

    lines: line, line_id, account, booking_date, value_date, amount, currency, type, text (upper case, for
        references), spoken (without dates, telephones and the like), state
        (`open`, `duplicate`, `settled`, `not_receivable`, `paired`, `returned`), class_id, class_code, hostile,
        insolvent, uncleared, taken_back.
    items: item, item_id, customer_id, owner (customer or group), doc_no, doc_type, currency, open, gross, net,
        cis_base, retention, same (items of this currency and open amount),
        spoken (from `link.heard` on: some line names it),
        issue_date, due_date, entity, discount_percent, discount_days, bar (why it can't be `auto`, or empty),
        bar_code.
    keys: key, item, kind (`full`, `bare`, `order`), raw (until `link.heard`); a document number or order reference of
        an open item.
    closed_keys: key, raw, doc_no, customer_id, amount, listed, written; document numbers of closed items.
    customers: customer_id, group_id, name, tolerance, tolerance_used.
    names: key, customer_id, kind (`alias`, `name`, `name_cut`), form (legal form), valid_from, valid_to.
    accounts: key, customer_id, kind (`account`, `vendor`), valid_from, valid_to.
    remittances: remit, remittance_id, payer, payer_owner (the one customer or group of that name), payment_date, raw,
        key (of the payment number), total, one_total, summed, unread, currency, foots.
    advice: remit, row, doc_key, gross, deduction, deduction_type, paid.
    starts: letters that the ledger's numbers begin with; openings: these, and what their spellings begin with.
    longest: atoms of the longest number.
    tolerated: customer_id, currency, booking_date, amount_minor; small differences that earlier runs gave.
    paid: doc_no, customer_id, paid_by (a line's id), paid_on; the receipts of earlier runs for what is closed.
    heirs: what became of customers; None where nothing did.
    once: what is worked out of the ledger once for all parts of the lines.
    """

    lines: pl.DataFrame
    items: pl.DataFrame
    keys: pl.DataFrame
    closed_keys: pl.DataFrame
    customers: pl.DataFrame
    names: pl.DataFrame
    accounts: pl.DataFrame
    remittances: pl.DataFrame
    advice: pl.DataFrame
    starts: pl.Series
    openings: pl.Series
    longest: int
    scales: Mapping[str, int]
    tolerated: pl.DataFrame = field(default_factory=TOLERATED.empty)
    paid: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAID_BEFORE))
    problems: tuple[Problem, ...] = ()
    heirs: Heirs | None = None
    once: Once = field(default_factory=Once)

    @property
    def prefixes(self) -> pl.Series:
        """The letters that this ledger's document numbers begin with."""
        return self.once("prefixes", self._prefixes)

    def _prefixes(self) -> pl.Series:
        closed = self.closed_keys["raw"].str.extract(r"^([A-Z]+)", 1).drop_nulls()
        return pl.concat([self.forms["prefix"], closed]).unique(maintain_order=True)

    @property
    def forms(self) -> pl.DataFrame:
        """The letters that this ledger's open document numbers begin with, and what follows them.

        Returns (prefix, low, high, runs): the fewest and the most digits, and how many runs of them most have.
        """
        return self.once("forms of numbers", self._forms)

    def _forms(self) -> pl.DataFrame:
        # Keys are of digits, dashes and capitals, which sort so.
        lettered = self.full.filter(pl.col("raw") >= "A").select(
            prefix=pl.col("raw").str.extract(r"^([A-Z]+)", 1),
            digits=pl.col("raw").str.count_matches("[0-9]"),
            runs=pl.col("raw").str.count_matches("[0-9]+"),
        )
        return lettered.group_by("prefix", maintain_order=True).agg(
            low=pl.col("digits").min(),
            high=pl.col("digits").max(),
            runs=pl.col("runs").mode().max().cast(pl.Int64),
        )

    @property
    def full(self) -> pl.DataFrame:
        """The keys that are whole document numbers: (item, raw, key). It is made anew each time."""
        return self.keys.filter(pl.col("kind") == "full").drop("kind")

    def indexed(self, name: str, make: Callable[[], pl.DataFrame], key: str = "key") -> Index:
        """A table of the whole ledger that each part asks for a few of its keys; made once, under this name."""
        return self.once(name, lambda: Index(make(), key))

    def keyed(self, few: pl.Series) -> pl.DataFrame:
        """The rows of `keys` whose key is among a few."""
        return self.indexed("keys by key", lambda: self.keys).of(few)

    def documents(self, few: pl.Series) -> pl.DataFrame:
        """As `keyed`, of document numbers only, whole or without their letters."""
        return self.keyed(few).filter(pl.col("kind").is_in(["full", "bare"]))

    def closed_keyed(self, few: pl.Series) -> pl.DataFrame:
        """The rows of `closed_keys` whose key is among a few."""
        return self.indexed("closed keys by key", lambda: self.closed_keys).of(few)

    def known(self, few: pl.Series) -> pl.DataFrame:
        """Those of a few keys that an item has, open or closed: (key)."""
        return pl.concat([self.keyed(few).select("key"), self.closed_keyed(few).select("key")])


@dataclass(frozen=True, kw_only=True)
class Spelled(Ready):
    """Some of the lines, with what their text may say; all else is the whole ledger's.

    lines: as in Ready, with payer_text (its longest run of words).
    atoms: line, at, atom, digit, gap, after; the runs of letters and digits of a line.
    grams: line, at, size, raw, key, opened, closed, piece, field_end, tight, labelled, before; what may be a
        reference.
    name_grams: line, at, size, key, whole, form; what may be a name in a line.
    said: as `keys`, those that some gram is; said_closed: as `closed_keys`, likewise.
    """

    atoms: pl.DataFrame
    grams: pl.DataFrame
    name_grams: pl.DataFrame
    said: pl.DataFrame
    said_closed: pl.DataFrame


@dataclass(frozen=True)
class Met:
    """What `candidates.find` makes of some of the lines.

    Most as in Found; beside it:
    numbered: line, remit, how; the remittances that a line names by number.
    texts: line, payer_text.
    wide: line, fan; lines with a reference that too many items share.
    everything: line, owner, count; lines that name more of an owner's items than count as evidence.
    """

    references: pl.DataFrame
    payers: pl.DataFrame
    numbered: pl.DataFrame
    closed: pl.DataFrame
    near: pl.DataFrame
    expired: pl.DataFrame
    unknown: pl.DataFrame
    dates: pl.DataFrame
    twins: pl.DataFrame
    elsewhere: pl.DataFrame
    crowded: pl.DataFrame
    plans: pl.DataFrame
    texts: pl.DataFrame
    wide: pl.DataFrame
    everything: pl.DataFrame


@dataclass(frozen=True)
class Found:
    """What `candidates.link` makes: which lines, items and customers may meet at all.

    references: as REFERENCES.
    payers: line, customer_id, owner, how (`account`, `alias`, `vendor`, `name`, `name_cut`, `person`, `fuzzy`,
        `part`), tier, sure, owners (how many customers or groups the best evidence fits).
    links: line, remit, how (`number`, `number_cut`, `total`, `total_part`, `totals`).
    closed: line, doc_no, customer_id, written; references to items that are closed, and whether they were written
        off.
    near: line, customer_id, likeness; customers whose names are near, but not equal.
    expired: line, customer_id, valid_from, valid_to, booking_date; lines that use a name which was valid on another
        day only.
    unknown: line, said; lines that name a number in the ledger's own form that no open item has.
    dates: line, item; a bare number that reads as a date, and by chance is an item's.
    twins: line, item; an item that is named, of whose number there is also a closed one of the line's amount.
    elsewhere: line; lines that name a document of another company of ours.
    crowded: line; lines whose payer's name, account or number more customers have than count as evidence.
    plans: line, item; items of which the line names the repayment plan that no other item is on.
    texts: line, payer_text; the line's longest run of words.
    """

    references: pl.DataFrame
    payers: pl.DataFrame
    links: pl.DataFrame
    closed: pl.DataFrame
    near: pl.DataFrame
    expired: pl.DataFrame
    unknown: pl.DataFrame
    dates: pl.DataFrame
    twins: pl.DataFrame
    elsewhere: pl.DataFrame
    crowded: pl.DataFrame
    plans: pl.DataFrame
    texts: pl.DataFrame
    problems: tuple[Problem, ...] = ()


REACHED_MAX: Final = 20  # limits of one kind that are told


class Reached(NamedTuple):
    """A limit that kept something of a line from being sought: which kind of limit, the line, and what is told."""

    kind: int
    line: int
    problem: Problem


@dataclass(frozen=True)
class Proposals:
    """What `combine.search` makes and `score.weigh` completes: the sets of items that may explain each line.

    sets: proposal, line, rule, kind (`exact`, `deduction`, `discount`, `tolerance`, `part`, `over`, `rate`), how (the
        kind of reference, link or payer evidence it comes from), said, carriers (items that carry what was said),
        owner, size, on_account, short, auto, codes, reason, counted (sets without references that add up) and chance
        (how many of them an unrelated amount would be expected to hit); and from `score.weigh` on: payer_how,
        payer_sure, unique, bars, bar_codes, early, credit, kept_back, insolvent, uncleared, w_prior, w_reference,
        w_payer, w_amount, w_date, w_against, score, confidence.
    legs: proposal, item, cash, deduction, deduction_type.
    refused: line, advice_codes, advice_customer; lines whose remittance can't be followed, and why.
    reached: the limits that were reached, by kind and line.
    """

    sets: pl.DataFrame
    legs: pl.DataFrame
    refused: pl.DataFrame
    reached: tuple[Reached, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is told of the limits."""
        return tuple(one.problem for one in self.reached)


@dataclass(frozen=True)
class Chosen:
    """What `assign.choose` makes: at most one set for each line, no item settled beyond its open amount.

    sets: as in Proposals, with rivals (readings of the line that are as good), runner (the next best set) and margin
        (bits to it).
    legs: of the chosen sets.
    losers: line, proposal, winner (the line that has the item), of lines whose best set was taken by another.
    others: line, proposal, rank; the line's other readings, best first.
    """

    sets: pl.DataFrame
    legs: pl.DataFrame
    losers: pl.DataFrame
    others: pl.DataFrame
    problems: tuple[Problem, ...] = ()
