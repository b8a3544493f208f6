"""Tax deducted at source: what the books claim against what the tax statement (Form 26AS, 168) confirms.

Payer (by its TAN), section and quarter: 10,000 in the books, 8,000 in the statement
    -> amount_differs, 2,000 unconfirmed

The quarter is that of the financial year from April: Q1 is April to June.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.model import ALIASES, MOVEMENTS, TAX_STATEMENT
from recon.problems import Problem
from recon.reports import ledger
from recon.reports.shape import LEVEL, PLAIN, RANK, SUBTOTAL, TOTAL, Column, Inputs, Kind, Made, Part, Report

_SHEET: Final = "TDS receivable"
MATCHED, DIFFERS = "matched", "amount_differs"
BOOKS, STATEMENT = "in_books_not_in_statement", "in_statement_not_in_books"
YEAR, SECTION = "wrong_PAN_or_year", "wrong_section"
_RUPEE: Final = 1  # major units that rounding may make of a sum of one entry
_TITLES: Final = {
    MATCHED: "Matched",
    DIFFERS: "Another amount",
    BOOKS: "In the books, not in the statement",
    STATEMENT: "In the statement, not in the books",
    YEAR: "In the statement under another year",
    SECTION: "In the statement under another section",
}
# Old sections and the codes that replace them from tax year 2026-27 on.
_SECTIONS: Final = {
    "1023": "194C", "1024": "194C", "1026": "194J", "1027": "194J", "1028": "194J", "1006": "194H", "1031": "194Q",
    "1035": "194O", "1008": "194I", "1009": "194I",
}  # fmt: skip
_COLUMNS: Final = (
    Column("level", "Level", f"{LEVEL}line, year or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("customer_id", "Customer", "the customer's number; empty = the TAN is not known", width=13),
    Column("customer_name", "Name", "the customer's name; of a total, what it is of", Kind.LONG, 28),
    Column("tan", "TAN", "of whoever deducted", width=13),
    Column("year", "Year", "financial year", width=10),
    Column("quarter", "Quarter", "of that year: Q1 is April to June", width=9),
    Column("section", "Section", "section, or the one that the code replaces", width=10),
    Column("books", "In the books", "tax that the books claim", Kind.MONEY, 15),
    Column(
        "statement",
        "In the statement",
        "tax that the statement has; provisional and unmatched too",
        Kind.MONEY,
        15,
    ),
    Column("confirmed", "Final", "the part of it that is booked as final", Kind.MONEY, 15),
    Column("unconfirmed", "Unconfirmed", "books less statement", Kind.MONEY, 15),
    Column("days", "Days", "since the last day of the quarter", Kind.NUMBER, 8),
    Column("outcome", "Outcome", "outcome code", file_only=True),
    Column("meaning", "What it means", "the outcome in words", Kind.LONG, 30),
)
_OUTCOMES: Final = (
    Column("level", "Level", f"{LEVEL}outcome or total", file_only=True),
    Column("currency", "Currency", "ISO 4217 code", width=9, optional=True),
    Column("meaning", "Outcome", "in words", width=40),
    Column("lines", "Lines", "payers, quarters and sections", Kind.NUMBER, 9),
    Column("books", "In the books", "tax that the books claim", Kind.MONEY, 17),
    Column("statement", "In the statement", "tax that the statement has", Kind.MONEY, 17),
    Column("unconfirmed", "Unconfirmed", "books less statement", Kind.MONEY, 17),
)


def make(inputs: Inputs) -> Made:
    """Each payer, quarter and section with its outcome; totals by year and outcome."""
    rows = reconciled(inputs)
    parts = (
        Part("outcomes", "By outcome", _OUTCOMES, _by_outcome(rows), _SHEET),
        Part("", "By payer, quarter and section", _COLUMNS, _told(rows), "TDS by payer"),
    )
    problems = []
    strangers = rows.filter(pl.col("customer_id") == "")
    if strangers.height:
        what = f"{strangers['tan'].n_unique():,} TANs of the tax statement are of no customer who is known"
        hint = "add the TAN to the aliases of its customer, or customer_id to the tax statement"
        problems.append(Problem("report-data", "tax_statement", what, hint))
    problems += [
        Problem(
            "report-data",
            f"tax_statement, {pan}",
            "tax was deducted for more than one PAN of ours",
            "look which is right",
        )
        for pan in _pans(inputs)[1:]
    ]
    left = dict(rows.group_by("currency").agg(pl.col("unconfirmed_minor").sum()).sort("currency").iter_rows())
    said = ", ".join(ledger.text(inputs, (str(currency), ""), int(minor)) for currency, minor in left.items())
    facts = (
        f"Unconfirmed credit: {said or 'none'}. Credits of a quarter appear one to three months behind it.",
    )
    return Made(parts, facts, tuple(problems))


def _pans(inputs: Inputs) -> list[str]:
    return inputs["tax_statement"].filter(pl.col("pan") != "")["pan"].unique().sort().to_list()


def plain_section(text: pl.Expr) -> pl.Expr:
    """A section by its letters: `194 J(b)` is 194J, code 1027 is the section that it replaces.

    Only of 194J are A and B behind it its clauses: 194IA, 194LB and others are sections of their own.
    """
    bare = text.str.to_uppercase().str.replace_all(r"[^0-9A-Z()]", "").str.replace(r"\(.*$", "")
    old = bare.str.replace(r"^194J[AB]$", "194J")
    return old.replace(_SECTIONS)


def _quartered(rows: pl.DataFrame, day: str) -> pl.DataFrame:
    """With the financial year and quarter of a day, and the quarter's last day."""
    at = pl.col(day)
    april = at.dt.year() - (at.dt.month() < 4).cast(pl.Int32)  # noqa: PLR2004 - April
    quarter = (at.dt.month().cast(pl.Int32) + 8) % 12 // 3 + 1
    name = pl.concat_str(
        [april.cast(pl.String), pl.lit("-"), ((april + 1) % 100).cast(pl.String).str.zfill(2)]
    )
    return rows.with_columns(
        year=name,
        quarter=pl.concat_str([pl.lit("Q"), quarter.cast(pl.String)]),
        ends=at.dt.truncate("3mo").dt.offset_by("2mo").dt.month_end(),
    )


def _owners(inputs: Inputs) -> pl.DataFrame:
    """Whose each TAN is (tan, owner): the statement itself first, then aliases and books."""
    aliases = inputs.get("aliases", ALIASES).select(tan=_tan("alias"), owner="customer_id")
    moved = inputs.get("movements", MOVEMENTS).select(tan=_tan("tan"), owner="customer_id")
    stated = inputs.get("tax_statement", TAX_STATEMENT).select(tan=_tan("tan"), owner="customer_id")
    every = pl.concat([stated, aliases, moved]).filter((pl.col("tan") != "") & (pl.col("owner") != ""))
    return every.unique(maintain_order=True)


def _tan(name: str) -> pl.Expr:
    return pl.col(name).str.to_uppercase().str.replace_all(r"[^0-9A-Z]", "")


def _books(inputs: Inputs) -> pl.DataFrame:
    """Tax that the books claim, by whom, year, quarter and section.

    It is that of the movements of type `tax`; where there are none, what was accepted with bank lines as TDS.
    """
    moved = inputs.get("movements", MOVEMENTS).filter(
        (pl.col("type") == "tax") & (pl.col("date") <= inputs.as_of)
    )
    rows = moved.select(
        "currency", "customer_id", "section", tan=_tan("tan"), day="date", minor=-pl.col("amount_minor")
    )
    if rows.is_empty():
        held = inputs["standing"].filter(
            (pl.col("deduction_type") == "TDS") & (pl.col("booking_date") <= inputs.as_of)
        )
        rows = held.select(
            "currency",
            "customer_id",
            section=pl.lit(""),
            tan=pl.lit(""),
            day="booking_date",
            minor="deduction_minor",
        )
    return _quartered(rows, "day").with_columns(section=plain_section(pl.col("section")))


def reconciled(inputs: Inputs) -> pl.DataFrame:
    """A row for each payer, year, quarter and section: the columns of the file but level, rank and meaning."""
    owners = _owners(inputs)
    tans = owners.unique("owner", keep="first", maintain_order=True).rename(
        {"owner": "customer_id", "tan": "own_tan"}
    )
    first = owners.unique("tan", keep="first", maintain_order=True)
    books = _books(inputs)
    stated = (
        inputs["tax_statement"]
        .with_columns(tan=_tan("tan"))
        .join(first, on="tan", how="left", maintain_order="left")
    )
    day = pl.coalesce("transaction_date", "booking_date").fill_null(inputs.as_of)
    dated = stated.rename({"year": "year_said"}).with_columns(day=day).filter(pl.col("day") <= inputs.as_of)
    said = pl.col("year_said").str.extract(r"(\d{4})", 1)
    stated = _quartered(dated, "day").with_columns(
        customer_id=pl.when(pl.col("customer_id") != "")
        .then("customer_id")
        .otherwise(pl.col("owner").fill_null("")),
        section=plain_section(pl.col("section")),
        other_year=(said.is_not_null() & (said != pl.col("year").str.slice(0, 4))).fill_null(value=False),
    )
    key = ["currency", "customer_id", "year", "quarter", "section"]
    # Books that name no section claim that of the statement, where it has one alone of that quarter.
    quarter = ["currency", "customer_id", "year", "quarter"]
    only = stated.group_by(quarter).agg(
        only=pl.col("section").min(), several=pl.col("section").n_unique() > 1
    )
    only = only.filter(~pl.col("several") & (pl.col("customer_id") != ""))
    books = books.join(only, on=quarter, how="left", maintain_order="left").with_columns(
        section=pl.when(pl.col("section") == "").then(pl.col("only").fill_null("")).otherwise("section")
    )
    # Payers who are not known are told apart by their TAN.
    who = pl.when(pl.col("customer_id") == "").then("tan").otherwise(pl.lit("")).alias("stranger")
    final = pl.col("booking_status").is_in(["F", "O", ""])
    tax = pl.col("tax_deducted_minor")
    in_books = (
        books.with_columns(who)
        .group_by([*key, "stranger"])
        .agg(
            books_minor=pl.col("minor").sum(),
            entries=pl.len().cast(pl.Int64),
            ends=pl.col("ends").max(),
            tan=pl.col("tan").max(),
        )
    )
    in_statement = stated.with_columns(who).group_by([*key, "stranger"]).agg(
        statement_minor=tax.sum(), confirmed_minor=tax.filter(final).sum(), ends_there=pl.col("ends").max(),
        tan_there=pl.col("tan").max(), other_year=pl.col("other_year").any(),
    )  # fmt: skip
    both = in_books.join(in_statement, on=[*key, "stranger"], how="full", coalesce=True, nulls_equal=True)
    whole = (
        inputs.named(both)
        .join(tans, on="customer_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("books_minor", "statement_minor", "confirmed_minor", "entries").fill_null(0),
            tan=pl.coalesce(
                *(pl.when(pl.col(one) != "").then(one) for one in ("tan", "tan_there", "own_tan"))
            ).fill_null(""),
            days=(pl.lit(inputs.as_of) - pl.coalesce("ends", "ends_there")).dt.total_days().clip(0),
            unconfirmed_minor=pl.col("books_minor").fill_null(0) - pl.col("statement_minor").fill_null(0),
        )
    )
    return _judged(whole, inputs).sort(
        "currency", "customer_id", "tan", "year", "quarter", "section", descending=False
    )


def _judged(rows: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The outcome of each row; a section or year that only the other side has, with the same sum, is that mistake."""
    scale = pl.col("currency").replace_strict(dict(inputs.scales), default=2, return_dtype=pl.Int64)
    slack = pl.lit(10, pl.Int64).pow(scale) * _RUPEE * pl.col("entries").clip(1)
    books, there = pl.col("books_minor") != 0, pl.col("statement_minor") != 0
    outcome = (
        pl.when(pl.col("other_year").fill_null(value=False)).then(pl.lit(YEAR))
        .when(books & ~there).then(pl.lit(BOOKS))
        .when(there & ~books).then(pl.lit(STATEMENT))
        .when(pl.col("unconfirmed_minor").abs() <= slack).then(pl.lit(MATCHED))
        .otherwise(pl.lit(DIFFERS))
    )  # fmt: skip
    told = rows.with_columns(outcome=outcome).with_row_index("at")
    amount = pl.when(pl.col("outcome") == BOOKS).then("books_minor").otherwise("statement_minor")
    lone = told.filter(pl.col("outcome").is_in([BOOKS, STATEMENT])).with_columns(amount=amount)
    found: list[pl.DataFrame] = []
    for code, same in ((SECTION, ["year", "quarter"]), (YEAR, ["section"])):
        key = ["currency", "customer_id", "stranger", "amount", *same]
        ours = lone.filter(pl.col("outcome") == BOOKS).unique(key, keep="first", maintain_order=True)
        theirs = lone.filter(pl.col("outcome") == STATEMENT).unique(key, keep="first", maintain_order=True)
        if code == YEAR:
            ours, theirs = (
                one.join(found[0].select("at"), on="at", how="anti", maintain_order="left")
                for one in (ours, theirs)
            )
        pairs = ours.join(theirs, on=key, how="inner", suffix="_other")
        if code == YEAR:
            pairs = pairs.filter(pl.col("year") != pl.col("year_other"))
        ats = pl.concat([pairs["at"], pairs["at_other"]]).unique()
        found.append(pl.DataFrame({"at": ats}).with_columns(better=pl.lit(code)))
    better = pl.concat(found).unique("at", keep="first")
    return told.join(better, on="at", how="left", maintain_order="left").with_columns(
        outcome=pl.coalesce("better", "outcome")
    ).drop("at", "better")  # fmt: skip


def _told(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a total for each year and currency."""
    sums = ["books_minor", "statement_minor", "confirmed_minor", "unconfirmed_minor"]
    plain = rows.with_columns(
        level=pl.lit("line"),
        rank=pl.lit(PLAIN, pl.Int64),
        meaning=pl.col("outcome").replace_strict(_TITLES, default="", return_dtype=pl.String),
    )
    years = rows.group_by("currency", "year").agg(pl.col(sums).sum()).with_columns(
        level=pl.lit("year"), rank=pl.lit(SUBTOTAL, pl.Int64), customer_name=pl.lit("Year ") + pl.col("year")
    )  # fmt: skip
    total = rows.group_by("currency").agg(pl.col(sums).sum()).with_columns(
        level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64), customer_name=pl.lit("Total ") + pl.col("currency")
    )  # fmt: skip
    every = pl.concat([plain, years, total], how="diagonal")
    texts = [one.inner for one in _COLUMNS if one.kind in (Kind.TEXT, Kind.LONG)]
    return (
        every.with_columns(pl.col(texts).fill_null(""))
        .sort("currency", "rank", "year", maintain_order=True)
        .select(*(one.inner for one in _COLUMNS), RANK)
    )


def _by_outcome(rows: pl.DataFrame) -> pl.DataFrame:
    """How much there is of each outcome, in their order."""
    sums = [
        pl.len().cast(pl.Int64).alias("lines"),
        pl.col("books_minor", "statement_minor", "unconfirmed_minor").sum(),
    ]
    order = {code: at for at, code in enumerate(_TITLES)}
    plain = rows.group_by("currency", "outcome").agg(*sums).with_columns(
        at=pl.col("outcome").replace_strict(order, default=9, return_dtype=pl.Int64),
        meaning=pl.col("outcome").replace_strict(_TITLES, default="", return_dtype=pl.String),
        level=pl.lit("outcome"), rank=pl.lit(PLAIN, pl.Int64),
    )  # fmt: skip
    total = rows.group_by("currency").agg(*sums).with_columns(
        at=pl.lit(10, pl.Int64), meaning=pl.lit("Total"), level=pl.lit("total"), rank=pl.lit(TOTAL, pl.Int64)
    )  # fmt: skip
    both = pl.concat([plain.drop("outcome"), total], how="diagonal").sort("currency", "at")
    return both.select(*(one.inner for one in _OUTCOMES), RANK)


REPORT: Final = Report(
    "tds",
    "TDS receivable",
    "Tax deducted at source: what the books claim against what the tax statement confirms.",
    ("tax_statement", "customers", "standing"),
    make,
)
