"""The generic journal: one CSV with a row for each leg, for ledgers that import any journal.

Columns as in domain reference §5.4: batch_id, journal_no, line, entity, posting_date, value_date, account,
customer_id, doc_ref, applied_to_item, debit, credit, currency, fx, narrative, bank_line_id, rule_id, prepared_by,
approved_by.
"""

from __future__ import annotations

import polars as pl

from recon.posting.journal import INNER_ONLY, LEGS

CONTROLS = r"[\pC\x{2028}\x{2029}]+"  # what no line of text has: control characters, directions, line ends
COLUMNS = ("batch_id", *(name for name in LEGS.names if name not in INNER_ONLY))


def table(legs: pl.DataFrame, batch_id: str) -> pl.DataFrame:
    """The legs as the file has them: all text, nothing that a spreadsheet could run."""
    plain = legs.with_columns(pl.lit(batch_id).alias("batch_id")).select(COLUMNS)
    amounts = ("debit", "credit")
    texts = [
        pl.col(name).cast(pl.String).fill_null("") if name in amounts else clean(pl.col(name)).alias(name)
        for name in COLUMNS
    ]
    return plain.select(texts)


def text(legs: pl.DataFrame, batch_id: str) -> str:
    """The file: UTF-8 CSV with a heading, ISO dates, amounts with a point."""
    return table(legs, batch_id).with_columns(pl.all().replace("", None)).write_csv(line_terminator="\n")


def clean(column: pl.Expr) -> pl.Expr:
    """Text without control characters; what begins like a formula gets an apostrophe before it.

    The apostrophe keeps an id readable that really begins so; leaving the sign out would make it another id.
    """
    plain = column.cast(pl.String).fill_null("").str.replace_all(CONTROLS, " ").str.strip_chars()
    return pl.when(plain.str.contains(r"^[=+\-@＝＋－＠]")).then(pl.lit("'") + plain).otherwise(plain)  # noqa: RUF001 - full-width signs are formulas to some spreadsheets
