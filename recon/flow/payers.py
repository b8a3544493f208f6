"""What the engine would take for the payer of a line: its name, account and numbers, as they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from recon import model
from recon.learn.patterns import pattern, references
from recon.match import text
from recon.match.prepare import people
from recon.model import ALIASES, BANK_LINES, CUSTOMERS, Kind
from recon.rules.schema import Rules

PAYERS: Final = {
    "line_id": pl.String(),
    "day": pl.Date(),
    "payer": pl.String(),  # the longest run of words that may be a name; of the counterparty, if the bank says one
    "account": pl.String(),  # the counterparty's account, letters and digits
    "numbers": pl.List(pl.String()),  # other long numbers of the line
    "references": pl.List(
        pl.String()
    ),  # words of letters and digits, or of many digits, that may be a payer's own
}
_NUMBER: Final = r"[A-Z]{0,5}\d{6,}"  # shorter ones are dates, amounts and the like
_TEXTS: Final = ("counterparty", "reference", "narrative")
_OWN: Final = ("doc_no", "po_no", "service_user_ref", "contract_id", "plan_id")  # what an item is called by


_MENTIONS: Final = dict.fromkeys(("line_id", "kind", "subject", "meaning"), pl.String())


class Names:
    """Who is known by which name, account or number on a day, by what the files say."""

    def __init__(self, frames: Mapping[Kind, pl.DataFrame], rules: Rules) -> None:
        items = frames[Kind.ITEMS]
        owners = items.select("customer_id", "customer_name").unique(maintain_order=True)
        self._tables = model.Tables(
            bank_lines=BANK_LINES.empty(),
            open_items=owners.with_columns(pl.all().fill_null("")),
            customers=model.inside(frames[Kind.CUSTOMERS], CUSTOMERS, {}),
            aliases=model.inside(frames[Kind.ALIASES], ALIASES, {}),
        )
        self._rules = rules
        self.names = people.names(self._tables, self._tables.customers, rules)
        self._named = people.naming(self.names, rules)
        numbers = items.select(doc=pl.col("doc_no").fill_null("").str.to_uppercase()).unique()["doc"]
        self._starts = numbers.str.extract(r"^([A-Z]+)", 1).drop_nulls().unique(maintain_order=True)
        plain = numbers.str.replace_all(r"[^A-Z0-9]", "")
        self._no_letters = [*rules.references.labels, *self._starts]
        self._items = items
        self._documents = pl.DataFrame(
            {"number": pl.concat([plain, plain.str.extract(r"(\d+)$", 1)])}
        ).unique()

    def known(self) -> pl.DataFrame:
        """What the files say: kind, subject, meaning."""
        accounts = people.accounts(self._tables)
        taxes = (
            self._tables.customers.select(subject="customer_id", meaning=pl.col("tax_profile").str.split(";"))
            .explode("meaning")
            .with_columns(pl.col("meaning").str.strip_chars())
            .filter(pl.col("meaning").fill_null("") != "")
        )
        parts = [
            self.names.select(kind=pl.lit("alias"), subject="key", meaning="customer_id"),
            accounts.select(kind=pl.lit("account"), subject="plain", meaning="customer_id"),
            accounts.select(kind=pl.lit("reference"), subject="plain", meaning="customer_id"),
            taxes.select("subject", "meaning", kind=pl.lit("tax")).select("kind", "subject", "meaning"),
            self._patterns(accounts),
        ]
        return pl.concat(parts).unique(maintain_order=True)

    def _patterns(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Patterns of what the files call items and payers by: kind, subject, meaning."""
        named = [self._items.select("customer_id", said=name) for name in _OWN if name in self._items.columns]
        every = pl.concat([*named, accounts.select("customer_id", said="plain")]).drop_nulls().unique()
        found = every.select(
            meaning="customer_id", reference=references(text.upper(pl.col("said")), ())
        ).explode("reference")
        told = found.drop_nulls().select(
            pl.lit("pattern").alias("kind"), pattern(pl.col("reference")).alias("subject"), "meaning"
        )
        return told.unique(maintain_order=True)

    def spoken(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The references in lines that may be a payer's own and are no document's: line_id, reference."""
        whole = text.upper(pl.concat_str([pl.col(name).fill_null("") for name in _TEXTS], separator=" "))
        found = lines.select("line_id", reference=references(whole, self._no_letters)).explode("reference")
        numbers = self._documents.rename({"number": "reference"})
        return found.drop_nulls().join(numbers, on="reference", how="anti", maintain_order="left")

    def of(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The payers of bank lines (outer form), as PAYERS; each line once."""
        inner = lines.select("line_id", "booking_date", "counterparty_account", *_TEXTS).with_columns(
            pl.col("counterparty_account", *_TEXTS).fill_null("")
        )
        inner = inner.unique("line_id", keep="first", maintain_order=True).with_row_index("line")
        inner = inner.with_columns(pl.col("line").cast(pl.Int64))
        told = inner.with_columns(pl.lit("").alias("reference"), pl.lit("").alias("narrative"))
        alone = self._runs(told.filter(pl.col("counterparty") != ""))
        rest = self._runs(inner.join(alone, on="line", how="anti", maintain_order="left"))
        runs = pl.concat([alone, rest])
        made = (
            inner.join(runs, on="line", how="left", maintain_order="left")
            .join(self._numbers(inner), on="line", how="left", maintain_order="left")
            .join(
                self.spoken(inner).group_by("line_id", maintain_order=True).agg(references="reference"),
                on="line_id",
                how="left",
                maintain_order="left",
            )
            .select(
                "line_id",
                day="booking_date",
                payer=pl.col("payer_text").fill_null(""),
                account=text.upper(pl.col("counterparty_account")).str.replace_all("[^A-Z0-9@]", ""),
                numbers=pl.col("numbers").fill_null([]),
                references=pl.col("references").fill_null([]),
            )
        )
        return made.cast(pl.Schema(PAYERS))

    def mentions(self, lines: pl.DataFrame, lessons: pl.DataFrame) -> pl.DataFrame:
        """Where something learned stands in a line, or may: line_id, kind, subject, meaning.

        It finds all that the engine may find, and a little more: a name that is cut as payment systems cut it, an
        account or a number with whatever marks in it.

        Args:
            lines: bank lines, outer form.
            lessons: model.LEARNED; few.
        """
        whole = pl.concat_str([pl.col(name).fill_null("") for name in _TEXTS], separator=" ")
        payers = self._rules.payers
        told = lines.select(
            "line_id",
            name=pl.lit(" ") + text.name_key(whole, payers.drop_words, payers.same_words),
            plain=text.upper(
                pl.concat_str(whole, pl.lit(" "), pl.col("counterparty_account").fill_null(""))
            ).str.replace_all("[^A-Z0-9@]", ""),
        )
        shortest = min(self._rules.references.rail_lengths, default=0)
        found = [pl.DataFrame(schema=_MENTIONS)]
        alike = self.spoken(lines).select("line_id", subject=pattern(pl.col("reference"))).unique()
        for kind, subject, meaning in lessons.select("kind", "subject", "meaning").iter_rows():
            cut = subject[:shortest].rstrip() if shortest and len(subject) > shortest else subject
            if kind == "alias":
                stands = pl.col("name").str.contains(" " + cut, literal=True)
            else:
                stands = pl.col("plain").str.contains(subject, literal=True)
            if kind == "pattern":
                stands = pl.col("line_id").is_in(
                    alike.filter(pl.col("subject") == subject)["line_id"].implode()
                )
            named = told.filter(stands).select("line_id", kind=pl.lit(kind), subject=pl.lit(subject))
            found.append(named.with_columns(meaning=pl.lit(meaning)))
        return pl.concat(found)

    def _numbers(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The long numbers of each line that are no document's: line, numbers."""
        whole = text.upper(pl.concat_str(*_TEXTS, separator=" "))
        found = lines.select("line", number=whole.str.extract_all(rf"\b{_NUMBER}\b")).explode("number")
        theirs = found.drop_nulls().join(self._documents, on="number", how="anti", maintain_order="left")
        return theirs.group_by("line", maintain_order=True).agg(
            numbers=pl.col("number").unique(maintain_order=True)
        )

    def _runs(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The longest run of words of each line that may be a name: line, payer_text."""
        if lines.is_empty():
            return pl.DataFrame(schema={"line": pl.Int64, "payer_text": pl.String})
        _grams, runs = people.name_grams(lines, self._named, self._starts, self._rules)
        return runs
