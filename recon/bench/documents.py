"""All documents that a generated ledger issued, as columns: a ledger of a million is made in seconds.

Only a random stream of doubles is drawn, with whole-number arithmetic behind it, so that the same seed gives the
same documents on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.bench.payers import Flavour, Payers

Ints = NDArray[np.int64]
OPEN_SHARE: Final = 0.4  # of the documents issued: numbers are dense, a typo often hits another real document
FIRST_ISSUE_DAYS: Final = 210
LAST_ISSUE_DAYS: Final = 12
CREDIT_SHARE: Final = 0.02
LISTED_SHARE: Final = 0.7  # amounts that come from a price list, so that amounts repeat
# Weekly rates of the care rate card in pence; invoices are one, two, four or five weeks of one of them.
RATES: Final = (
    85_000,
    98_750,
    112_500,
    126_000,
    138_045,
    155_000,
    169_925,
    185_000,
    210_400,
    245_050,
    310_000,
    420_000,
)
WEEKS: Final = (1, 2, 4, 4, 4, 5)
FNC_WEEK: Final = 25_406  # funded nursing care, 2025/26 (domain, 3.5)
# Taxable values of India's price list in paise (of rupees): screening packages and retainers.
PACKAGES: Final = (2_500_000, 4_000_000, 5_000_000, 7_500_000, 8_500_000, 10_000_000, 12_500_000, 20_000_000)
HEADS: Final = (1, 1, 2, 3, 5)
GST: Final = 18
WHOLE: Final = 5_000  # taxable values in steps of 50 rupees: GST and TDS come out in whole rupees
WARDS: Final = ("ASH", "ELM", "OAK", "YEW", "FIR", "BAY")
USERS: Final = range(1001, 7000)


@dataclass(frozen=True)
class Series:
    """One number series of the ledger: `{n}` stands for the number, `{h}` and `{w}` for what follows from it."""

    name: str
    form: str
    first: int
    weight: float
    reads: str  # pattern of its numbers without separators, the number as its group
    bare: bool = False  # digits only: a bare short number, which needs the payer too
    long: bool = False  # longer than the rail's 18 characters

    @cached_property
    def head(self) -> str:
        """What its numbers without separators begin with."""
        return key(self.form.partition("{")[0])

    def text(self, number: int) -> str:
        """The document number. 1042 -> `INV-001042`."""
        return self.form.format(n=number, h=100 + number % 37, w=WARDS[number % len(WARDS)])


INV: Final = Series("INV", "INV-{n:06d}", 9_000, 0.45, r"INV(\d{6,})")
OA: Final = Series("OA", "OA-{n:05d}", 11, 0, r"OA(\d{5,})")
SISTER: Final = Series("EH", "EH-{n:06d}", 7_000, 0, r"EH(\d{6,})")  # the sister company's
UK_SERIES: Final = (
    INV,
    Series("SI", "SI{n:05d}", 40_000, 0.20, r"SI(\d{5,})"),
    Series("CF", "CF/25/{n:05d}", 1_001, 0.12, r"CF25(\d{5,})"),
    Series("HC", "HC{h:03d}-{n:05d}", 1_201, 0.08, r"HC\d{3}(\d{5,})"),
    Series("digits", "{n:07d}", 3_100_000, 0.10, r"(\d{7,})", bare=True),
    Series("long", "HOSP-26-03-{n:06d}-{w}", 1, 0.05, r"HOSP2603(\d{6,})[A-Z]{3}", long=True),
    OA,
    SISTER,
)
INDIA_SERIES: Final = (
    Series("INV", "INV-{n:06d}", 4_000, 0.45, r"INV(\d{6,})"),
    Series("HS", "HS/25-26/{n:05d}", 1_201, 0.30, r"HS2526(\d{5,})"),
    Series("WP", "WP2526-{n:05d}", 1_501, 0.15, r"WP2526(\d{5,})"),
    Series("digits", "{n:07d}", 7_100_000, 0.10, r"(\d{7,})", bare=True),
    OA,
    SISTER,
)
_NO_KEY: Final = re.compile(r"[^0-9A-Z]+")
_LAST_NUMBER: Final = re.compile(r"(\d+)\D*$")
_READS: Final = {
    series.reads: re.compile(series.reads) for each in (UK_SERIES, INDIA_SERIES) for series in each
}


def all_series(flavour: Flavour) -> tuple[Series, ...]:
    """The number series of a flavour's ledger."""
    return UK_SERIES if flavour == "uk" else INDIA_SERIES


def key(text: str) -> str:
    """A document number without what people leave out or add: letters and digits, upper case."""
    return _NO_KEY.sub("", text.upper())


def bare(text: str) -> str:
    """The last number of a document number, without leading noughts."""
    found = _LAST_NUMBER.search(text)
    return found.group(1).lstrip("0") if found else ""


def read(series: Series, squeezed: str) -> int | None:
    """The number that a key has in this series, or none. `INV001042` -> 1042."""
    if not squeezed.startswith(series.head):
        return None
    found = _READS[series.reads].fullmatch(squeezed)
    return int(found.group(1)) if found else None


@dataclass(frozen=True)
class Documents:
    """What was issued in bulk, oldest first. One array per column; amounts in minor units, credits negative."""

    flavour: Flavour
    start: date
    owner: Ints  # place among `Payers.all`
    series: Ints  # place among `all_series`
    number: Ints
    day: Ints  # days after `start`
    amount: Ints
    net: Ints
    open: NDArray[np.bool_]
    credit: NDArray[np.bool_]
    order: Ints  # purchase order, -1 = none
    user: Ints  # service user, -1 = none
    places: tuple[Ints, ...]  # per series: the documents of it, by number

    def find(self, series: int, number: int) -> int:
        """The document's place, or -1."""
        kinds = all_series(self.flavour)
        place = number - kinds[series].first
        return int(self.places[series][place]) if 0 <= place < len(self.places[series]) else -1

    def texts(self) -> pl.Series:
        """All document numbers as the ledger writes them."""
        frame = pl.DataFrame({"series": self.series, "n": self.number})
        number = pl.col("n")
        text = pl.lit("")
        for place, series in enumerate(all_series(self.flavour)):
            head, width, tail = re.fullmatch(r"(.*)\{n:0(\d)d\}(.*)", series.form).groups()  # type: ignore[union-attr]
            parts: list[pl.Expr] = [_filled(head, number), number.cast(pl.String).str.zfill(int(width))]
            if tail:
                parts.append(_filled(tail, number))
            text = pl.when(pl.col("series") == place).then(pl.concat_str(parts)).otherwise(text)
        return frame.select(doc_no=text)["doc_no"]


def _filled(part: str, number: pl.Expr) -> pl.Expr:
    if "{h:03d}" in part:
        return pl.concat_str(
            pl.lit(part.partition("{")[0]),
            (100 + number % 37).cast(pl.String),
            pl.lit(part.partition("}")[2]),
        )
    if "{w}" in part:
        ward = (number % len(WARDS)).replace_strict(dict(enumerate(WARDS)), return_dtype=pl.String)
        return pl.concat_str(pl.lit(part.partition("{")[0]), ward)
    return pl.lit(part)


def issue_all(flavour: Flavour, seed: int, payers: Payers, items: int, as_of: date) -> Documents:
    """Documents of which about so many are open, 40 % of those that were issued."""
    draw = np.random.Generator(np.random.PCG64(seed)).random
    count = round(items / OPEN_SHARE)
    kinds = all_series(flavour)
    owner = _weighted(draw(count), _weights(flavour, payers, draw))
    series = _weighted(draw(count), [kind.weight for kind in kinds])
    places = tuple(np.flatnonzero(series == place) for place in range(len(kinds)))
    number = np.zeros(count, dtype=np.int64)
    for place, kind in enumerate(kinds):
        number[places[place]] = kind.first + np.arange(len(places[place]))
    amount, net = _amounts(flavour, draw, count)
    is_open = draw(count) < OPEN_SHARE
    credit = is_open & (draw(count) < CREDIT_SHARE)
    segments = np.array([payer.segment for payer in payers.all])[owner]
    ordered = (segments == "council") & (draw(count) < 0.5)  # noqa: PLR2004 - every other
    used = np.isin(segments, ["board", "trust", "council"]) & ~ordered & (draw(count) < 0.7)  # noqa: PLR2004 - 70 %
    sign = np.where(credit, -1, 1)
    return Documents(
        flavour,
        as_of - timedelta(days=FIRST_ISSUE_DAYS),
        owner,
        series,
        number,
        np.arange(count) * (FIRST_ISSUE_DAYS - LAST_ISSUE_DAYS) // max(count, 1),
        amount * sign,
        net * sign,
        is_open,
        credit,
        np.where(ordered, 202_600_000 + _below(draw(count), items), -1),
        np.where(used, USERS.start + _below(draw(count), len(USERS)), -1),
        places,
    )


def _weights(flavour: Flavour, payers: Payers, draw: Any) -> list[float]:
    """How much each payer buys; those that cases keep for themselves buy nothing."""
    if flavour == "india":
        sizes = (0.3, 0.6, 1.0, 2.0)
        return [
            0.0 if payer.thin else sizes[int(one * len(sizes))]
            for payer, one in zip(payers.all, draw(len(payers.all)), strict=True)
        ]
    weights = {"board": 12.0, "trust": 4.0, "council": 10.0, "company": 2.0, "person": 1.0, "thin": 0.0}
    return [weights[payer.segment] for payer in payers.all]


def _weighted(drawn: NDArray[np.float64], weights: list[float]) -> Ints:
    edges = np.cumsum(np.array(weights))
    places = np.searchsorted(edges, drawn * edges[-1], side="right")
    found: Ints = np.minimum(places, len(weights) - 1).astype(np.int64)
    return found


def _below(drawn: NDArray[np.float64], limit: int) -> Ints:
    return (drawn * limit).astype(np.int64)


def _amounts(flavour: Flavour, draw: Any, count: int) -> tuple[Ints, Ints]:
    """Gross and net of ordinary documents."""
    listed = draw(count) < LISTED_SHARE
    if flavour == "uk":
        weeks = np.array(WEEKS)[_below(draw(count), len(WEEKS))]
        nursing = draw(count) < 0.05  # noqa: PLR2004 - funded nursing care, one in twenty
        rate = np.where(
            nursing, FNC_WEEK * (1 + _below(draw(count), 6)), np.array(RATES)[_below(draw(count), len(RATES))]
        )
        amount = np.where(listed, rate * weeks, 20_000 + _below(draw(count), 1_480_000))
        return amount, amount
    package = (
        np.array(PACKAGES)[_below(draw(count), len(PACKAGES))]
        * np.array(HEADS)[_below(draw(count), len(HEADS))]
    )
    net = np.where(listed, package, WHOLE * (100 + _below(draw(count), 7_900)))
    return net + net * GST // 100, net
