"""Sets of items that a remittance advice states, to the penny.

    advice 0000451207: INV-1 5,000.00, INV-2 6,600.00; line 11,600.00 linked by its number
        -> set (line, remittance), legs (INV-1 5,000.00), (INV-2 6,600.00)

The advice is followed as it stands: what it pays is cash, what it keeps back under a known name is a deduction, and
all else stays open. Whatever does not fit (unknown, closed, foreign or over-paid items, a total that is not the
cash) becomes a code.
"""

from __future__ import annotations

import polars as pl

from recon.match.combine import mixed, stated
from recon.match.combine.tolerances import unit_of
from recon.match.deductions import PER_CENT, PPM
from recon.match.frames import Found, Ready
from recon.rules.schema import Rules


def sets_of(ready: Ready, found: Found, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The set of each linked line, all its advices together.

    Returns:
        sets: line, owner, customer_id, links (`number`, `number_cut`, `total`), on_account, short,
            codes, size, usable (False:
            the cash is not what the advice says; nothing is allocated by it).
        legs: line, item, cash, deduction, deduction_type.
    """
    linked = found.links
    heads = linked.join(ready.remittances, on="remit", maintain_order="left")
    lines = ready.lines.select("line", "amount", "currency")
    theirs = lines.select("line", line_currency="currency")
    heads = heads.join(theirs, on="line", maintain_order="left")
    summed = (
        heads.group_by("line", maintain_order=True)
        .agg(
            pl.col("total").sum(),
            pl.col("summed").sum(),
            links=pl.col("how").first(),
            one_total=pl.col("one_total").all(),
            foreign=((pl.col("currency") != "") & (pl.col("currency") != pl.col("line_currency"))).any(),
            payers=pl.col("payer_owner").drop_nulls().unique(),
        )
        .join(lines, on="line", maintain_order="left")
    )
    rows = mixed.split(_rows(linked, ready, lines), ready, rules)
    rows = stated.doubted(rows.with_columns(settles=stated.settles(ready, rules)), ready, rules)
    legs = _legs(rows, rules)
    settled = legs.group_by("line", "item", maintain_order=True).agg(
        pl.col("cash").sum(), pl.col("deduction").sum(), pl.col("open").first()
    )
    beyond = ((pl.col("cash") + pl.col("deduction")) * pl.col("open").sign()) > pl.col("open").abs()
    settled = settled.with_columns(over=beyond, short=pl.col("open") - pl.col("cash") - pl.col("deduction"))
    per_line = settled.group_by("line", maintain_order=True).agg(
        size=pl.len(),
        over=pl.col("over").any(),
        short=pl.col("short").sum(),
        shorts=(pl.col("short") != 0).any(),
    )
    state = rows.group_by("line", maintain_order=True).agg(
        owner=pl.col("owner").drop_nulls().first(),
        owners=pl.col("owner").drop_nulls().n_unique(),
        customer_id=pl.coalesce("customer_id", "closed_customer").drop_nulls().first(),
        unknown=(pl.col("item").is_null() & ~pl.col("closed")).any(),
        closed=(pl.col("item").is_null() & pl.col("closed")).any(),
        negative=((pl.col("paid") < 0) & pl.col("guessed")).any(),
        reasons=(((pl.col("deduction_type") != "") & ~pl.col("settles")) | pl.col("mixed")).any(),
        retained=(pl.col("said_type").str.to_uppercase().str.contains("RETEN")).any(),
        rate_off=(pl.col("doubt") == "EX-TDSRATE").any(),
        no_rate=(pl.col("doubt") == "EX-TDSPROF").any(),
        late=pl.col("late").any(),
        shared=pl.col("shared").any(),
        missing=pl.when(pl.col("item").is_null()).then(pl.col("paid")).otherwise(0).sum(),
    )
    sets = summed.join(state, on="line", how="left", maintain_order="left").join(
        per_line, on="line", how="left", maintain_order="left"
    )
    agrees = (pl.col("total") == pl.col("amount")) & (pl.col("summed") == pl.col("amount"))
    whole = agrees & ~pl.col("over").fill_null(value=False) & pl.col("size").is_not_null()
    stranger = (pl.col("payers").list.len() > 0) & ~pl.col("payers").list.contains(pl.col("owner"))
    checks = [
        (~agrees | ~pl.col("one_total"), "EX-REMSUM"),
        (pl.col("foreign"), "EX-CCY"),
        (pl.col("unknown"), "EX-REMUNK"),
        (pl.col("closed"), "EX-REMPAID"),
        (pl.col("closed"), "EX-DUPPAY"),
        (pl.col("negative"), "EX-REMNEG"),
        ((pl.col("owners") > 1) | stranger, "EX-XCUST"),
        (pl.col("shared"), "EX-CUST"),
        (pl.col("over"), "EX-OVERALLOC"),
        (pl.col("retained"), "EX-RETEN"),
        (pl.col("late"), "EX-DISCLATE"),
        (pl.col("rate_off"), "EX-TDSRATE"),
        (pl.col("no_rate"), "EX-TDSPROF"),
        (pl.col("reasons") & ~pl.col("retained") & ~pl.col("late"), "EX-DISPUTE"),
        (pl.col("shorts") & ~pl.col("reasons"), "EX-SHORT"),
    ]
    codes = pl.concat_list(
        [pl.when(fits.fill_null(value=False)).then(pl.lit(code)) for fits, code in checks]
    ).list.drop_nulls()
    sets = sets.with_columns(
        codes=codes,
        usable=whole,
        on_account=pl.col("missing").fill_null(0),
        short=pl.col("short").fill_null(0),
        size=pl.col("size").fill_null(0),
    )
    kept = legs.join(sets.filter("usable"), on="line", how="semi", maintain_order="left")
    return (
        sets.select(
            "line", "owner", "customer_id", "links", "on_account", "short", "codes", "size", "usable"
        ),
        kept.select("line", "item", "cash", "deduction", "deduction_type"),
    )


def _rows(linked: pl.DataFrame, ready: Ready, lines: pl.DataFrame) -> pl.DataFrame:
    """Advice lines with the open item each means; a recovery without a number takes the credit of its amount."""
    items = ready.items.select("item", "open", "owner", "customer_id", "currency")
    lines = lines.join(
        ready.lines.select("line", "booking_date"), on="line", maintain_order="left"
    ).with_columns(unit=unit_of(ready))
    full = (
        ready.keys.filter(pl.col("kind") == "full")
        .select("key", "item")
        .join(items, on="item", maintain_order="left")
    )
    rows = (
        linked.select("line", "remit")
        .join(ready.advice, on="remit", maintain_order="left")
        .join(lines, on="line", maintain_order="left")
    )
    hits = rows.join(
        full, left_on=["doc_key", "currency"], right_on=["key", "currency"], how="left", maintain_order="left"
    )
    # A number that several items carry means the one with the amount.
    fits = (pl.col("open") == pl.col("gross").fill_null(pl.col("paid") + pl.col("deduction"))).fill_null(
        value=False
    )
    hits = hits.with_columns(fits=fits)
    # Of two customers' documents with this number and amount neither is meant more than the other.
    shared = pl.col("owner").filter("fits").n_unique().over("line", "row") > 1
    hits = hits.with_columns(shared=shared).sort(
        "line", "row", "fits", "item", descending=[False, False, True, False], nulls_last=True
    )
    hits = hits.unique(["line", "row"], keep="first", maintain_order=True).with_columns(
        guessed=pl.lit(value=False)
    )
    main = hits.group_by("line", maintain_order=True).agg(main=pl.col("owner").drop_nulls().first())
    lost = hits.filter(pl.col("item").is_null() & (pl.col("paid") < 0)).join(
        main, on="line", maintain_order="left"
    )
    credit = lost.drop("item", "open", "owner", "customer_id").join(
        items.rename({"owner": "main"}).with_columns(paid=pl.col("open")),
        on=["main", "paid", "currency"],
        maintain_order="left",
    )
    credit = credit.filter(pl.len().over("line", "row") == 1).select(
        "line", "row", found="item", found_open="open", found_owner="main", found_customer="customer_id"
    )
    hits = hits.join(credit, on=["line", "row"], how="left", maintain_order="left").with_columns(
        item=pl.coalesce("item", "found"),
        open=pl.coalesce("open", "found_open"),
        owner=pl.coalesce("owner", "found_owner"),
        customer_id=pl.coalesce("customer_id", "found_customer"),
        guessed=pl.col("found").is_not_null(),
    )
    known_closed = ready.closed_keys.unique("key", keep="first", maintain_order=True).select(
        doc_key="key", closed=pl.lit(value=True), closed_customer="customer_id"
    )
    hits = hits.join(known_closed, on="doc_key", how="left", maintain_order="left").with_columns(
        pl.col("closed").fill_null(value=False), paid=pl.col("paid").fill_null(0)
    )
    return _late(hits, ready)


def _late(rows: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Rows with `late`: a discount that the item's own terms no longer give, or not that much."""
    terms = ready.items.select("item", "issue_date", "discount_percent", "discount_days")
    told = rows.join(terms, on="item", how="left", maintain_order="left")
    discount = pl.col("deduction_type").str.to_uppercase().str.contains("DISC") & (pl.col("deduction") != 0)
    in_time = (pl.col("booking_date") - pl.col("issue_date")).dt.total_days() <= pl.col("discount_days")
    parts = (pl.col("discount_percent") * PER_CENT).round(0).cast(pl.Int128)
    earned = (pl.col("open").abs().cast(pl.Int128) * parts + PPM - 1) // PPM
    refused = ~in_time.fill_null(value=True) | (pl.col("deduction").abs() > earned)
    late = discount & pl.col("discount_percent").is_not_null() & refused
    return told.with_columns(late=late.fill_null(value=False))


def _legs(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """One leg for each item and kind of deduction; the cash stands on the first."""
    typed = rows.with_columns(kind=stated.kind_of(rules)).filter(pl.col("item").is_not_null())
    kept = pl.when("settles").then("deduction").otherwise(0)
    return (
        typed.with_columns(deduction=kept, kind=pl.when(kept != 0).then("kind").otherwise(pl.lit("")))
        .group_by("line", "item", "kind", maintain_order=True)
        .agg(cash=pl.col("paid").sum(), deduction=pl.col("deduction").sum(), open=pl.col("open").first())
        .rename({"kind": "deduction_type"})
        .sort("line", "item", "deduction_type")
    )
