"""Customers, the names and accounts they can be known by, and what may be a name in a line."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import polars as pl

from recon.match import text
from recon.match.asked import nth
from recon.model import Tables
from recon.problems import Problem
from recon.rules.schema import Rules

CUT = "CUT"  # in place of a legal form; no form is the same
MARKS = r"[\p{P}--[.&/\-]]"  # what a payment system drops from a name (Bacs: it has letters, digits and . & / - only)
KEY_LENGTH_MIN = 4  # a shorter account or vendor number is no evidence


def with_customers(tables: Tables) -> Tables:
    """The same tables with a customer for every open item.

    An item without a customer's number belongs to the name that stands beside it; one without a name, to nobody
    but itself. Otherwise all such items would be one customer's, and one payer could pay another's.
    """
    if (tables.open_items["customer_id"] != "").all():
        return tables
    named = pl.when(pl.col("customer_name").str.strip_chars() != "").then(
        "NAME " + text.upper(pl.col("customer_name"))
    )
    known = pl.when(pl.col("customer_id") != "").then("customer_id")
    items = tables.open_items.with_columns(customer_id=pl.coalesce(known, named, "ITEM " + pl.col("item_id")))
    return replace(tables, open_items=items)


def unknown_tolerances(customers: pl.DataFrame, rules: Rules) -> list[Problem]:
    """Customers whose tolerance is not among the rules'; they have none."""
    wrong = customers.filter(
        (pl.col("tolerance") != "") & ~pl.col("tolerance").is_in(sorted(rules.tolerances))
    )
    return [
        Problem(
            "profile-unknown",
            f"customer {customer_id}",
            "its tolerance_profile is not among the tolerances of the rules; it must pay to the penny",
            f"write one of {', '.join(sorted(rules.tolerances))}, or leave it empty for default",
        )
        for customer_id in wrong["customer_id"].head(20)
    ]


def customers(tables: Tables, items: pl.DataFrame) -> pl.DataFrame:
    """Customers of the file, and those that only the open items name; each once."""
    named = tables.customers.select(
        "customer_id",
        "group_id",
        "name",
        "tax_profile",
        tolerance="tolerance_profile",
        tolerance_used="tolerance_used",
        known=pl.lit(value=True),
    )
    said = items.select("customer_id", "group_id", name="customer_name").unique()
    implied = said.with_columns(
        tax_profile=pl.lit(""),
        tolerance=pl.lit(""),
        tolerance_used=pl.lit(""),
        known=pl.lit(value=False),
    )
    return (
        pl.concat([named, implied])
        .filter(pl.col("customer_id") != "")
        .sort(
            ["customer_id", "known", "name", "group_id", "tax_profile", "tolerance", "tolerance_used"],
            descending=[False, True, False, True, False, False, True],
        )
        # Either file may say the group.
        .with_columns(group_id=pl.col("group_id").max().over("customer_id"))
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(
            owner=pl.when(pl.col("group_id") != "")
            .then("G:" + pl.col("group_id"))
            .otherwise("C:" + pl.col("customer_id"))
        )
    )


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(valid_from=pl.lit(None, dtype=pl.Date), valid_to=pl.lit(None, dtype=pl.Date))


def _split(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return (
        frame.select("customer_id", text=pl.col(column).str.split(";"))
        .explode("text")
        .with_columns(pl.col("text").str.strip_chars())
        .filter(pl.col("text").fill_null("") != "")
    )


def names(tables: Tables, customers: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Every name a customer can be known by, whole and cut to the lengths of payment systems."""
    payers = rules.payers
    legal = pl.concat(
        [
            customers.select("customer_id", text="name"),
            tables.open_items.select("customer_id", text="customer_name"),
        ]
    ).unique(maintain_order=True)
    aliases = pl.concat(
        [
            _dated(_split(tables.customers, "aliases")),
            tables.aliases.select("customer_id", "valid_from", "valid_to", text="alias").select(
                "customer_id", "text", "valid_from", "valid_to"
            ),
        ]
    )
    spoken = pl.concat(
        [_dated(legal).with_columns(kind=pl.lit("name")), aliases.with_columns(kind=pl.lit("alias"))]
    )
    spoken = spoken.filter(pl.col("text").fill_null("") != "")
    forms = [spoken.with_columns(form=text.legal_form(pl.col("text"), payers.drop_words))]
    # Payment systems drop marks before they cut: `KING'S COLLEGE HOSPITAL` is KINGS COLLEGE HOSP.
    capitals = spoken.with_columns(text=text.upper(pl.col("text")))
    marked = capitals.filter(pl.col("text").str.contains(MARKS)).with_columns(
        text=pl.col("text").str.replace_all(MARKS, "").str.replace_all(" +", " ").str.strip_chars()
    )
    written = pl.concat([capitals, marked])
    for length in sorted(set(rules.references.rail_lengths)):
        long = written.filter(pl.col("text").str.len_chars() > length)
        cut = long.with_columns(
            text=pl.col("text").str.slice(0, length),
            kind=pl.when(pl.col("kind") == "name").then(pl.lit("name_cut")).otherwise("kind"),
            form=pl.lit(CUT),  # nothing stands behind a name that was cut
        )
        forms.append(cut)
    keyed = pl.concat(forms).with_columns(
        key=text.name_key(pl.col("text"), payers.drop_words, payers.same_words)
    )
    # An alias that is the name without its legal form has that form: DEVIKA FOODS of Devika Foods LLP is no LP.
    legal_forms = keyed.filter((pl.col("kind") == "name") & (pl.col("form") != "") & (pl.col("form") != CUT))
    legal_forms = legal_forms.group_by("customer_id", "key").agg(own=pl.col("form").unique())
    legal_forms = legal_forms.filter(pl.col("own").list.len() == 1).explode("own")
    keyed = keyed.join(legal_forms, on=["customer_id", "key"], how="left", maintain_order="left")
    bare = (pl.col("kind") == "alias") & (pl.col("form") == "") & pl.col("own").is_not_null()
    keyed = keyed.with_columns(form=pl.when(bare).then("own").otherwise("form")).drop("own")
    # An alias that is cut to what another customer's name is cut to, too, says no more than that name.
    cut_off = pl.col("form") == CUT
    keyed = keyed.with_columns(
        kind=pl.when(cut_off & (pl.col("customer_id").n_unique().over("key", cut_off.alias("cut")) > 1))
        .then(pl.lit("name_cut"))
        .otherwise("kind")
    )
    # A name of nothing but the bank's own words (PAYMENT) is in every line, and names nobody.
    noise = _noise(rules)
    only_noise = pl.col("key").str.split(" ").list.eval(pl.element().str.contains(noise)).list.all()
    keyed = keyed.filter((pl.col("kind") == "alias") | ~only_noise)
    order = pl.col("kind").replace_strict(["alias", "name", "name_cut"], [0, 1, 2], return_dtype=pl.Int8)
    return (
        keyed.filter(pl.col("key").str.len_chars() >= 3)  # noqa: PLR2004 - two letters are no name
        .sort(order, "key", "customer_id", "form", "valid_from", "valid_to")
        .unique(["key", "form", "customer_id", "valid_from", "valid_to"], keep="first", maintain_order=True)
        .select("key", "customer_id", "kind", "form", "valid_from", "valid_to")
    )


def _noise(rules: Rules) -> str:
    """The pattern of words that are no part of a name, whatever the ledger's numbers begin with."""
    labels = [f"^{word.upper()}$" for word in rules.references.labels]
    return "(?i)" + "|".join([*(f"(?:{pattern})" for pattern in rules.payers.not_names), *labels, "^$"])


def account_raws(tables: Tables) -> pl.Series:
    """Accounts and numbers of payers as raw keys, so that lines are searched for them."""
    return _account_texts(tables).select(raw=text.struct_key(pl.col("text")))["raw"]


def _account_texts(tables: Tables) -> pl.DataFrame:
    """Accounts, vendor numbers and aliases that are numbers, as (customer_id, text, kind, valid_from, valid_to)."""
    accounts = _dated(_split(tables.customers, "accounts")).with_columns(kind=pl.lit("account"))
    vendors = _dated(_split(tables.customers, "vendor_no")).with_columns(kind=pl.lit("vendor"))
    numbers = (
        tables.aliases.select("customer_id", text="alias", valid_from="valid_from", valid_to="valid_to")
        .filter(pl.col("text").str.count_matches(r"\d") >= KEY_LENGTH_MIN)
        .with_columns(kind=pl.lit("vendor"))
    )
    return pl.concat([accounts, vendors, numbers])


def accounts(tables: Tables) -> pl.DataFrame:
    """Accounts and numbers of payers as keys: (key, plain, customer_id, kind, valid_from, valid_to)."""
    return (
        _account_texts(tables)
        .with_columns(
            raw=text.struct_key(pl.col("text")),
            plain=text.upper(pl.col("text")).str.replace_all("[^A-Z0-9@]", ""),
        )
        .with_columns(key=text.unzero(pl.col("raw")))
        .filter(pl.col("plain").str.len_chars() >= KEY_LENGTH_MIN)
        .unique(["key", "customer_id", "valid_from", "valid_to"], keep="first", maintain_order=True)
        .select("key", "plain", "customer_id", "kind", "valid_from", "valid_to")
    )


def _departments(names: pl.DataFrame, rules: Rules) -> list[str]:
    """The patterns of departments that no customer's own name fits."""
    known = names["key"].unique()
    return [pattern for pattern in rules.payers.departments if not known.str.contains(f"(?i){pattern}").any()]


class Naming(NamedTuple):
    """What is asked of all names for each part of the lines."""

    firsts: pl.Series  # words that names begin with
    departments: list[str]


def naming(names: pl.DataFrame, rules: Rules) -> Naming:
    """What `name_grams` asks of the names, as `names` returns them."""
    firsts = names["key"].str.extract(r"^(\S+)", 1).drop_nulls().unique(maintain_order=True)
    return Naming(firsts, _departments(names, rules))


def name_grams(
    active: pl.DataFrame, named: Naming, starts: pl.Series, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What may be a name in a line: runs of words that begin like a known name; and its longest run of words."""
    payers = rules.payers
    spoken = active.select(
        "line",
        text=pl.when(pl.col("counterparty") != "")
        .then(text.joined(["counterparty", "narrative", "reference"]))
        .otherwise(text.joined(["narrative", "reference"])),
    )
    # What says that the payer is insolvent, or that all is paid, is no part of its name.
    ends = (*payers.not_phrases, *rules.references.statements, *rules.controls.insolvent)
    ends = (*ends, *named.departments)
    phrases = "|".join(f"(?:{pattern})" for pattern in ends)
    if phrases:
        spoken = spoken.with_columns(text=pl.col("text").str.replace_all(f"(?i){phrases}", " / "))
    noise = "|".join([_noise(rules), *(f"^{start}$" for start in starts)])
    found = text.words(spoken, "line", "text", payers.drop_words, payers.same_words, noise)
    runs = (
        found.with_columns(
            run=(pl.col("border") | pl.col("noise") | pl.col("noise").shift(1))
            .fill_null(value=True)
            .cum_sum()
        )
        .filter(~pl.col("noise"))
        # Words of a run lie together; in order of a number they are, and need no table of hashes.
        .with_columns(group=(nth("line", "run") == 0).cum_sum().set_sorted())
        .group_by("group", maintain_order=True)
        .agg(pl.col("line", "run").first(), pl.col("word").str.join(" ").alias("payer_text"))
        .sort("line", pl.col("payer_text").str.len_chars(), "run", descending=[False, True, False])
        .unique("line", keep="first", maintain_order=True)
        .select("line", "payer_text")
    )
    return text.name_grams(found, "line", named.firsts), runs
