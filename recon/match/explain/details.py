"""What stands behind each code of a line, in ids and amounts: which candidate was near, and why it was turned down.

    (line 3, EX-NEAR)   -> "nearest: K60 (94 alike)"
    (line 7, EX-REMSUM) -> "the remittance says 10000.00, 9500.00 was paid: 500.00 less"

Ids, amounts and days of our own tables only; never text of the bank line.
"""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match import disputes
from recon.match.asked import beside
from recon.match.explain.others import Others
from recon.match.frames import Chosen, Found, Proposals, Ready
from recon.model import money_expr
from recon.rules.schema import Rules

NEAR_MAX = 3  # candidates that are told
SCHEMA = pl.Schema({"line": pl.Int64, "code": pl.String, "more": pl.String})


def behind(
    ready: Ready,
    found: Found,
    weighed: Proposals,
    chosen: Chosen,
    unmatched: pl.DataFrame,
    among: Others,
    rules: Rules,
) -> pl.DataFrame:
    """What can be said to each line's codes, as (line, code, more); one row for each line and code.

    Args:
        ready: lines and items.
        found: payers, near names, closed items.
        weighed: all sets.
        chosen: what was chosen, and who lost to whom.
        unmatched: line, payer, codes, amount, currency, advice_codes; the lines without a proposal.
        among: other lines.
        rules: limits.
    """
    coded = unmatched.select("line", "payer", "amount", "currency", code="codes").explode("code")
    parts = [
        _near(found, rules),
        _totals(ready, found),
        _paid_before(ready, found, among),
        _expired(found),
        _inherited(chosen),
        _difference(ready, weighed, chosen, unmatched),
        _strangers(ready, found, weighed, chosen, unmatched),
        disputes.stated(ready, found, chosen),
        _again(ready, unmatched),
        _several(found),
        _crowded(found, rules),
        _foreign(ready, found),
        _dates(ready, found),
        _counted(weighed),
        _no_item(ready, coded, rules),
        _same_amount(coded, among),
    ]
    told = pl.concat([part.select(list(SCHEMA)).cast(SCHEMA) for part in parts]).drop_nulls("more")
    # Most have one thing to tell.
    several = told.filter(pl.struct("line", "code").is_duplicated())
    more = several.group_by("line", "code", maintain_order=True).agg(
        more=pl.col("more").unique(maintain_order=True).str.join("; ")
    )
    return pl.concat([told.join(several, on=["line", "code"], how="anti", maintain_order="left"), more])


def _few(frame: pl.DataFrame, text: pl.Expr, code: str, words: str) -> pl.DataFrame:
    """The first few texts of each line, after some words; how many more there are is said."""
    listed = frame.with_columns(one=text).unique(["line", "one"], keep="first", maintain_order=True)
    told = listed.group_by("line", maintain_order=True).agg(
        shown=pl.col("one").head(NEAR_MAX).str.join(", "), beyond=pl.len().cast(pl.Int64) - NEAR_MAX
    )
    more = pl.when(pl.col("beyond") > 0).then(fill(" and {} more", "beyond")).otherwise(pl.lit(""))
    return told.select("line", code=pl.lit(code), more=pl.concat_str(pl.lit(words), "shown", more))


def _money(name: str, ready: Ready) -> pl.Expr:
    return money_expr(pl.col(name), ready.scales)


def _near(found: Found, rules: Rules) -> pl.DataFrame:
    """Customers whose name is near, and how near."""
    alike = found.near.sort("line", "likeness", "customer_id", descending=[False, True, False])
    # What kept the nearest from being followed; one that is followed stands among the payers.
    followed = found.payers.filter(pl.col("how") == "fuzzy").select("line", "customer_id", "how")
    alike = alike.join(followed, on=["line", "customer_id"], how="left", maintain_order="left")
    low = pl.col("how").is_null() & (pl.col("likeness") < rules.payers.score_min)
    need = pl.when(low).then(pl.lit(f", the rules need {rules.payers.score_min:g}")).otherwise(pl.lit(""))
    text = fill("{} ({} alike{})", "customer_id", pl.col("likeness").floor().cast(pl.Int64), need)
    part = found.payers.filter(pl.col("how") == "part").sort("line", "customer_id")
    return pl.concat(
        [
            _few(alike, text, "EX-NEAR", "nearest: "),
            _few(part, pl.col("customer_id"), "EX-NEAR", "only a part of the text is the name of "),
        ]
    )


def _totals(ready: Ready, found: Found) -> pl.DataFrame:
    """What the advices of a line say, what was paid, and the difference."""
    heads = found.links.join(ready.remittances.drop("currency"), on="remit", maintain_order="left")
    summed = heads.group_by("line", maintain_order=True).agg(pl.col("total", "summed").sum())
    lines = ready.lines.select("line", "amount", "currency")
    both = summed.join(lines, on="line", maintain_order="left")
    both = both.with_columns(off=pl.col("amount") - pl.col("total"), apart=pl.col("summed") - pl.col("total"))
    way = pl.when(pl.col("off") < 0).then(pl.lit("less")).otherwise(pl.lit("more"))
    cash = pl.when(pl.col("off") != 0).then(
        fill(
            "the remittance says {}, {} was paid: {} {}",
            _money("total", ready),
            _money("amount", ready),
            money_expr(pl.col("off").abs(), ready.scales),
            way,
        )
    )
    rows = pl.when(pl.col("apart") != 0).then(
        fill("its total is {}, its lines are {}", _money("total", ready), _money("summed", ready))
    )
    told = pl.concat_str([cash, rows], separator="; ", ignore_nulls=True)
    return both.select("line", code=pl.lit("EX-REMSUM"), more=pl.when(told != "").then(told))


def _paid_before(ready: Ready, found: Found, among: Others) -> pl.DataFrame:
    """The receipt that has the item already, or the closed document that is named."""
    mine = ready.lines.select("line")
    shared = among.contested.join(mine, on="line", how="semi", maintain_order="left")
    shared = beside(shared, among.lines.rename({"line": "winner"}), "winner")
    first = fill("{} is paid by line {} of {}", "item_id", "line_id", "booking_date")
    later = among.contested.filter(pl.col("line") < pl.col("winner"))
    later = later.select("item_id", line="winner", other="line")
    later = later.join(mine, on="line", how="semi", maintain_order="left")
    later = beside(later, among.lines.rename({"line": "other"}), "other")
    named = fill("line {} of {} names {} too", "line_id", "booking_date", "item_id")
    closed = found.closed.sort("line", "doc_no").join(
        ready.closed_keys.select("doc_no", "customer_id", "listed").unique(
            ["doc_no", "customer_id"], keep="first", maintain_order=True
        ),
        on=["doc_no", "customer_id"],
        how="left",
        maintain_order="left",
    )
    closed = _receipts(closed, ready)
    earlier = pl.when(pl.col("listed") | (pl.col("receipt") != "")).then(pl.lit(", in an earlier run"))
    past = fill("{} of {}{}{}", "doc_no", "customer_id", earlier.otherwise(pl.lit("")), "receipt")
    given_up = closed.filter("written")
    twins = found.twins.join(
        ready.items.select("item", "item_id", "doc_no"), on="item", maintain_order="left"
    )
    return pl.concat(
        [
            _few(shared, first, "EX-DUPPAY", ""),
            _few(shared, first, "EX-ITEM", ""),
            _few(later, named, "EX-DUPPAY", ""),
            _few(closed, past, "EX-DUPPAY", "closed: "),
            _few(given_up, fill("{} of {}", "doc_no", "customer_id"), "EX-WOREC", "written off: "),
            _few(twins, pl.col("item_id"), "EX-DUPPAY", "a closed item has the number and the amount of "),
        ]
    )


def _again(ready: Ready, unmatched: pl.DataFrame) -> pl.DataFrame:
    """The payer's items of the line's amount that an earlier run settled, and by which line."""
    before = ready.closed_keys.filter("listed").join(
        ready.customers.select("customer_id", "owner"), on="customer_id", maintain_order="left"
    )
    lines = unmatched.filter("again", ~pl.col("closed")).select("line", "owner", "amount")
    both = lines.join(before, on=["owner", "amount"], maintain_order="left")
    both = _receipts(both.sort("line", "doc_no"), ready)
    return _few(both, pl.col("doc_no") + pl.col("receipt"), "EX-DUPPAY", "paid in an earlier run: ")


def _receipts(closed: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Closed documents with `receipt`: the line of an earlier run that paid each, where that is known."""
    told = closed.join(ready.paid, on=["doc_no", "customer_id"], how="left", maintain_order="left")
    by = fill(" by line {} of {}", "paid_by", "paid_on")
    return told.with_columns(receipt=pl.when(pl.col("paid_by").is_not_null()).then(by).otherwise(pl.lit("")))


def _expired(found: Found) -> pl.DataFrame:
    """Whose name it is, and until or from when."""
    until = pl.when(pl.col("booking_date") > pl.col("valid_to")).then(fill("until {}", "valid_to"))
    since = fill("from {} on", "valid_from")
    text = fill("it is a name of {} {}", "customer_id", pl.coalesce(until, since))
    return found.expired.select("line", code=pl.lit("EX-ALIASEXP"), more=text)


def _inherited(chosen: Chosen) -> pl.DataFrame:
    """What became of the customers that a set needs."""
    early = fill("{}, and the line was booked before that", "inherits")
    more = pl.when("untimely").then(early).otherwise("inherits")
    return chosen.sets.select("line", code=pl.lit("EX-SUCC"), more=more)


def _difference(ready: Ready, weighed: Proposals, chosen: Chosen, unmatched: pl.DataFrame) -> pl.DataFrame:
    """By how much a chosen set is short or over."""
    wanted = ["line", "short", "on_account"]
    weak = weighed.sets.join(unmatched.select(proposal="weak"), on="proposal", how="semi")
    sets = pl.concat([chosen.sets.select(wanted), weak.select(wanted)]).join(
        ready.lines.select("line", "amount", "currency"), on="line", maintain_order="left"
    )
    short = fill("{} stays open", _money("short", ready))
    over = fill("{} more than is open", _money("on_account", ready))
    codes = ("EX-SHORT", "EX-DISPUTE", "EX-TOLCAP", "EX-RETEN", "EX-TDSPROF", "EX-DISCLATE")
    return pl.concat(
        [
            *(
                sets.filter(pl.col("short") > 0).select("line", code=pl.lit(code), more=short)
                for code in codes
            ),
            *(
                sets.filter(pl.col("on_account") > 0).select("line", code=pl.lit(code), more=over)
                for code in ("EX-OVER", "EX-INT", "EX-MIXED")
            ),
        ]
    )


def _strangers(
    ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, unmatched: pl.DataFrame
) -> pl.DataFrame:
    """Who pays, and whose items they are."""
    payers = (
        found.payers.sort("line", "tier", "customer_id") if "tier" in found.payers.columns else found.payers
    )
    weak = unmatched.filter(pl.col("weak").is_not_null()).select("line", proposal="weak")
    own = chosen.legs.join(chosen.sets.select("proposal", "line"), on="proposal", maintain_order="left")
    beyond = weighed.legs.join(weak, on="proposal", maintain_order="left")
    owned = (
        pl.concat([frame.select("line", "item") for frame in (own, beyond)])
        .join(ready.items.select("item", "customer_id"), on="item", maintain_order="left")
        .sort("line", "customer_id")
    )
    return pl.concat(
        [
            _few(payers, pl.col("customer_id"), "EX-XCUST", "the payer is "),
            _few(owned, pl.col("customer_id"), "EX-XCUST", "the items are of "),
        ]
    )


def _several(found: Found) -> pl.DataFrame:
    """The customers that a name or number fits."""
    payers = found.payers.filter(pl.col("owners") > 1).sort("line", "customer_id")
    return _few(payers, pl.col("customer_id"), "EX-CUST", "")


def _crowded(found: Found, rules: Rules) -> pl.DataFrame:
    """More customers than are told."""
    more = f"more than {rules.limits.customers_per_name} customers have the name or number"
    return found.crowded.select("line", code=pl.lit("EX-CUST"), more=pl.lit(more))


def _foreign(ready: Ready, found: Found) -> pl.DataFrame:
    """Named items in other currencies."""
    named = found.references.filter(pl.col("how") == "exact").select("line", "item")
    items = ready.items.select("item", "item_id", "open", "currency")
    both = named.join(items, on="item", maintain_order="left").join(
        ready.lines.select("line", paid="currency"), on="line", maintain_order="left"
    )
    text = fill("{} has {} {} open", "item_id", _money("open", ready), "currency")
    return _few(both.filter(pl.col("currency") != pl.col("paid")), text, "EX-CCY", "")


def _dates(ready: Ready, found: Found) -> pl.DataFrame:
    """Items whose number reads as a date."""
    named = found.dates.join(ready.items.select("item", "item_id"), on="item", maintain_order="left")
    return _few(named, pl.col("item_id"), "EX-COINC", "the date reads like ")


def _counted(weighed: Proposals) -> pl.DataFrame:
    """How many sets without references add up."""
    counted = weighed.sets.filter(pl.col("counted") > 1).unique("line", keep="first", maintain_order=True)
    return counted.select(
        "line", code=pl.lit("EX-ITEM"), more=fill("{} sets of the payer's items add up", "counted")
    )


def _no_item(ready: Ready, coded: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The payer's open items that come nearest to the amount."""
    lines = coded.filter(pl.col("code") == "EX-NOITEM").join(
        ready.customers.select(payer="customer_id", owner="owner"), on="payer", maintain_order="left"
    )
    limit = rules.limits.items_per_search
    few = ready.once("owners of few", lambda: ready.items.filter(pl.len().over("owner") <= limit))
    items = few.select("item", "item_id", "owner", "currency", "open")
    both = lines.join(items, on=["owner", "currency"], maintain_order="left").with_columns(
        off=(pl.col("open") - pl.col("amount"))
    )
    nearest = both.sort("line", pl.col("off").abs(), "item")
    side = (
        pl.when(pl.col("off") == 0)
        .then(pl.lit("the amount"))
        .otherwise(
            fill(
                "{} {}",
                money_expr(pl.col("off").abs(), ready.scales),
                pl.when(pl.col("off") > 0).then(pl.lit("more")).otherwise(pl.lit("less")),
            )
        )
    )
    text = fill("{} has {} open ({})", "item_id", _money("open", ready), side)
    return _few(nearest, text, "EX-NOITEM", "nearest: ")


def _same_amount(coded: pl.DataFrame, among: Others) -> pl.DataFrame:
    """Items that have the amount, of which nothing else speaks."""
    lines = coded.filter(pl.col("code") == "EX-UNID")
    both = among.equal.join(lines, on="line", how="semi", maintain_order="left")
    text = fill("{} of {}", "item_id", "customer_id")
    return _few(both, text, "EX-UNID", "nothing but the amount speaks for ")
