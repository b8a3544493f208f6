"""Lines without a proposal: what is odd about them, and the customer on whose account the money may be held.

line "NEWCLIENT PF-0007", sure payer, nothing open   -> EX-PROF, EX-ADV; on account of NEWCLIENT
line "R PATEL PAYMENT", nobody's name                -> EX-UNID, EX-PII; on nobody's account
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.match import contest, persons
from recon.match.explain.others import Others, sure
from recon.match.frames import BY_PAYER, CONFIRMED, Chosen, Found, Proposals, Ready
from recon.rules.schema import Rules

WHOLE = (*CONFIRMED, "name", "name_cut")


def unmatched_lines(
    ready: Ready,
    found: Found,
    weighed: Proposals,
    chosen: Chosen,
    proposed: pl.DataFrame,
    among: Others,
    rules: Rules,
) -> pl.DataFrame:
    """Open lines without a proposal, with `codes`, and `holder`, the customer or nobody."""
    lines = ready.lines.filter(pl.col("state") == "open").join(
        proposed.select("line"), on="line", how="anti", maintain_order="left"
    )
    lines = _known(lines, ready, found, weighed, chosen)
    lines = _flagged(lines, ready, found, weighed, chosen, among, rules)
    lines = lines.with_columns(codes=_codes())
    lines = lines.with_columns(
        codes=pl.when(pl.col("codes").list.len() == 0).then(pl.lit(["EX-UNID"])).otherwise("codes")
    )
    holder = (
        pl.when((pl.col("amount") > 0) & ~pl.col("codes").list.contains("EX-INJ") & ~pl.col("elsewhere"))
        .then(pl.coalesce("payer", "closed_customer", pl.col("advice_customer")))
        .fill_null("")
    )
    return lines.with_columns(holder=holder)


def _known(
    lines: pl.DataFrame, ready: Ready, found: Found, weighed: Proposals, chosen: Chosen
) -> pl.DataFrame:
    """The lines with what is known beside their text: payer, the line that has their item, advice, closed items."""
    beaten = chosen.losers.join(weighed.sets.select("proposal", "rule"), on="proposal", maintain_order="left")
    closed = found.closed.group_by("line", maintain_order=True).agg(
        closed_customer=pl.col("customer_id").first()
    )
    many = ready.once("open items", lambda: _open_items(ready))
    orders = (
        found.references.filter(pl.col("how") == "order")
        .join(ready.items.select("item", "open"), on="item", maintain_order="left")
        .group_by("line", maintain_order=True)
        .agg(ordered_sum=pl.col("open").sum())
    )
    for frame in (
        sure(found),
        beaten.drop("proposal"),
        closed,
        orders,
        weighed.refused,
        _weak(weighed, lines),
    ):
        lines = lines.join(frame, on="line", how="left", maintain_order="left")
    return lines.join(many, on="payer", how="left", maintain_order="left")


def _open_items(ready: Ready) -> pl.DataFrame:
    """How many items each payer has open: (payer, open_items)."""
    counted = ready.items.group_by("owner").agg(open_items=pl.len())
    return ready.customers.select("owner", payer="customer_id").join(counted, on="owner").drop("owner")


def _weak(weighed: Proposals, lines: pl.DataFrame) -> pl.DataFrame:
    """The best set of named documents of each line, however weak: (line, weak, weak_codes).

    A stranger's document that the line names is worth a word even where it says too little to be proposed.
    """
    sets = weighed.sets.join(lines, on="line", how="semi", maintain_order="left")
    named = sets.filter((pl.col("how") == "exact") & pl.col("said").str.contains("^[A-Z]"))
    best = named.sort("line", "score", "proposal", descending=[False, True, False])
    best = best.unique("line", keep="first", maintain_order=True)
    return best.select("line", weak="proposal", weak_codes="codes")


def _flagged(
    lines: pl.DataFrame,
    ready: Ready,
    found: Found,
    weighed: Proposals,
    chosen: Chosen,
    among: Others,
    rules: Rules,
) -> pl.DataFrame:
    """The lines with one true or false for each thing that may be odd."""
    several = found.payers.filter(pl.col("owners") > 1)
    unlike = found.payers.filter(pl.col("how").is_in(["part", "fuzzy"]))
    named = found.references.filter(pl.col("how").is_in(["exact", "order"]))
    confirmed = found.payers.filter(pl.col("sure") & pl.col("how").is_in(CONFIRMED))
    # Of several sets that add up none is chosen; they are shown.
    shown = weighed.sets.filter(contest.ambiguous()).join(chosen.others, on="proposal", how="semi")
    marks = {
        "several": pl.concat([several.select("line"), found.crowded]),
        "vague": pl.concat([chosen.sets.select("line"), shown.select("line")]),
        "ordered": found.references.filter(pl.col("how") == "order"),
        "dated": found.dates,
        "near": pl.concat([found.near.select("line"), unlike.select("line")]),
        "clear": pl.concat([several.filter(pl.col("how").is_in(WHOLE)).select("line"), found.crowded]),
        "closed": found.closed,
        "given_up": found.closed.filter("written"),
        "expired": found.expired,
        "ended": found.expired.filter((pl.col("booking_date") > pl.col("valid_to")).fill_null(value=False)),
        "foreign": _foreign(ready, found),
        "elsewhere": found.elsewhere,
        "identified": pl.concat([named.select("line"), confirmed.select("line")]),
        "neighbour": among.near,
        "again": _settled_before(lines, ready),
    }
    flags = {name: pl.col("line").is_in(frame["line"].unique().implode()) for name, frame in marks.items()}
    return lines.with_columns(
        **flags,
        person=persons.said(rules),
        pooled=_says(rules.payers.shared_payers),
        proforma=_says(rules.references.proformas),
        advance=_says(rules.controls.advances),
    )


def _says(patterns: Sequence[str]) -> pl.Expr:
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    return pl.col("text").str.contains(f"(?im){whole}") if whole else pl.lit(value=False)


def _foreign(ready: Ready, found: Found) -> pl.DataFrame:
    """Lines that name an item of another currency."""
    return (
        found.references.filter(pl.col("how") == "exact")
        .join(ready.items.select("item", item_currency="currency"), on="item", maintain_order="left")
        .join(ready.lines.select("line", "currency"), on="line", maintain_order="left")
        .filter(pl.col("item_currency") != pl.col("currency"))
    )


def _settled_before(lines: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Lines of a payer of whose items an earlier run settled one of this very amount."""
    before = ready.closed_keys.filter("listed").join(
        ready.customers.select("customer_id", "owner"), on="customer_id", maintain_order="left"
    )
    return lines.join(before.select("owner", "amount").unique(), on=["owner", "amount"], how="semi")


def _codes() -> pl.Expr:
    """The codes of each line, those that weigh most first; see words.WORDS_OF_CODE for what they mean."""
    col = pl.col
    known, lost, advised = (
        col("payer").is_not_null(),
        col("winner").is_not_null(),
        col("advice_codes").is_not_null(),
    )
    by_payer = col("rule").is_in(BY_PAYER)
    early = (col("proforma") | col("advance")) & (col("amount") > 0) & ~advised
    pending = known & ~lost & ~advised & ~col("elsewhere") & ~early
    # A line whose payer is not known says so too, whatever else is odd about it.
    nameless = ~known & col("closed_customer").is_null() & ~advised & (col("amount") > 0) & ~lost
    nameless = nameless & ~col("several") & ~col("expired") & ~col("foreign") & ~col("elsewhere")
    quiet = ~col("closed") & ~col("vague") & ~col("ordered")
    checks = [
        (col("hostile"), "EX-INJ"),
        (col("amount") < 0, "EX-REFUND"),
        (col("elsewhere"), "EX-ENTITY"),
        (lost & by_payer, "EX-ITEM"),
        (lost & ~by_payer, "EX-DUPPAY"),
        (col("given_up") & ~lost, "EX-WOREC"),
        (col("closed") & ~col("given_up") & ~lost, "EX-DUPPAY"),
        (pending & col("again") & quiet, "EX-DUPPAY"),
        (col("foreign"), "EX-CCY"),
        (~lost & ~advised & col("weak_codes").list.contains("EX-XCUST"), "EX-XCUST"),
        (~lost & ~advised & col("weak_codes").list.contains("EX-OVER"), "EX-OVER"),
        (col("expired"), "EX-ALIASEXP"),
        (col("ended"), "EX-SUCC"),
        (col("near") & ~known & ~col("clear"), "EX-NEAR"),
        (pending & col("neighbour"), "EX-NEAR"),
        (col("several"), "EX-CUST"),
        (col("vague") | col("ordered"), "EX-ITEM"),
        (col("ordered") & (col("amount") < col("ordered_sum")), "EX-SHORT"),
        (col("dated"), "EX-COINC"),
        (early & col("proforma"), "EX-PROF"),
        (early, "EX-ADV"),
        (pending & quiet, "EX-NOITEM"),
        (pending & (col("open_items") > 1) & ~col("ordered") & ~col("given_up"), "EX-NOREM"),
        (nameless, "EX-UNID"),
        (nameless & col("pooled"), "EX-BATCH"),
        (col("person") & ~col("identified") & ~advised & (col("amount") > 0) & ~col("hostile"), "EX-PII"),
    ]
    codes = pl.concat_list([pl.when(fits.fill_null(value=False)).then(pl.lit(code)) for fits, code in checks])
    return pl.concat_list(col("advice_codes").fill_null([]), codes.list.drop_nulls()).list.unique(
        maintain_order=True
    )
