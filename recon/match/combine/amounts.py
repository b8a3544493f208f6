"""Why a receipt is what it is: exactly what is open, less a deduction, within the tolerance, a part, or too much.

    members (group 0, item 0: open 118,000.00, net 100,000.00, profile `TDS 10%`), amount 108,000.00
        -> readings (group 0, deduction), legs (item 0, cash 108,000.00, deduction 10,000.00 TDS)

All in integers of minor units. A deduction is computed on the item's base and rounded half up, to the minor unit or
to the whole unit, as payers do (domain: TDS is rounded to the rupee).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from recon.fill import fill
from recon.match.combine.tolerances import caps_of, over_of, tolerance_of, unit_of
from recon.match.deductions import PER_CENT, PPM, plan_table, ppm
from recon.match.frames import Ready
from recon.rules.schema import Rules

# What a reading does to the books, and the rule of `evidence` that switches it.
READING_SCHEMA: Final = pl.Schema(
    {
        "group": pl.Int64(),
        "reading": pl.Int64(),
        "kind": pl.String(),  # exact, deduction, discount, tolerance, part, over
        "on_account": pl.Int64(),
        "short": pl.Int64(),  # what stays open on the items
        "auto": pl.Boolean(),
        "codes": pl.List(pl.String),
        "reason": pl.String(),
    }
)
LEG_SCHEMA: Final = pl.Schema(
    {
        "group": pl.Int64,
        "reading": pl.Int64,
        "item": pl.Int64,
        "cash": pl.Int64,
        "deduction": pl.Int64,
        "deduction_type": pl.String,
    }
)
NOUGHT = pl.lit(0, dtype=pl.Int64)
MEMBERS = ("group", "line", "item", "amount", "currency", "booking_date")


def explain(members: pl.DataFrame, ready: Ready, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every way in which a group of items explains its line's amount, best kinds only.

    Args:
        members: (group, line, item, amount, currency, booking_date), one row for each item of each group.
        ready: for the items and customers.
        rules: tolerances, deductions and which of them may be used.

    Returns readings and legs, as READING_SCHEMA and LEG_SCHEMA. A group that is explained exactly has no other
    reading; one that a deduction explains has no tolerance or part; several deductions that fit all stay.
    """
    rows = members.join(
        ready.items.select(
            "item",
            "open",
            "gross",
            "net",
            "cis_base",
            "retention",
            "issue_date",
            "due_date",
            "customer_id",
            "discount_percent",
            "discount_days",
        ),
        on="item",
        maintain_order="left",
    ).join(
        ready.customers.select("customer_id", "tax_profile", "tolerance"),
        on="customer_id",
        how="left",
        maintain_order="left",
    )
    totals = rows.group_by("group", maintain_order=True).agg(
        pl.col("line").first(),
        pl.col("amount").first(),
        pl.col("currency").first(),
        size=pl.len(),
        total=pl.col("open").sum(),
    )
    done: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    left = totals
    for step in (_exact, _kept_back, _tolerated, _questioned, _rest):
        readings, legs = step(rows, left, ready, rules)
        done.append(
            (
                readings.select(list(READING_SCHEMA)).cast(READING_SCHEMA),
                legs.select(list(LEG_SCHEMA)).cast(LEG_SCHEMA),
            )
        )
        left = left.join(readings.select("group"), on="group", how="anti", maintain_order="left")
    readings = pl.concat([readings for readings, _ in done])
    legs = pl.concat([legs for _, legs in done]).filter((pl.col("cash") != 0) | (pl.col("deduction") != 0))
    _assert_conserved(readings, legs, totals)
    return readings, legs


def _assert_conserved(readings: pl.DataFrame, legs: pl.DataFrame, totals: pl.DataFrame) -> None:
    summed = legs.group_by("group", "reading").agg(pl.col("cash").sum())
    check = readings.join(summed, on=["group", "reading"], how="left").join(totals, on="group")
    wrong = check.filter(pl.col("cash").fill_null(0) + pl.col("on_account") != pl.col("amount"))
    assert wrong.is_empty(), f"a reading does not conserve money: {wrong.head(3).rows()}"


def _none() -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.DataFrame(schema=READING_SCHEMA), pl.DataFrame(schema=LEG_SCHEMA)


def _reading(
    frame: pl.DataFrame, kind: str, *, auto: pl.Expr, codes: pl.Expr | None = None, reason: pl.Expr
) -> pl.DataFrame:
    """Readings of a frame that may have `reading`, `on_account` and `short` already."""
    have = set(frame.columns)
    return frame.with_columns(
        kind=pl.lit(kind),
        auto=auto,
        codes=codes if codes is not None else pl.lit([], dtype=pl.List(pl.String)),
        reason=reason,
        **{name: NOUGHT for name in ("reading", "on_account", "short") if name not in have},
    )


def _whole_legs(rows: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Each item settled whole by cash."""
    return rows.join(groups.select("group"), on="group", how="semi", maintain_order="left").with_columns(
        reading=NOUGHT, cash=pl.col("open"), deduction=NOUGHT, deduction_type=pl.lit("")
    )


def _exact(
    rows: pl.DataFrame, left: pl.DataFrame, _ready: Ready, _rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = left.filter(pl.col("total") == pl.col("amount"))
    return _reading(found, "exact", auto=pl.lit(value=True), reason=pl.lit("amount exact")), _whole_legs(
        rows, found
    )


def _kept_back(
    rows: pl.DataFrame, left: pl.DataFrame, ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deductions of the profile, else the discount of the terms; where both give the same cash, neither is sure."""
    taxed, tax_legs = _deducted(rows, left, ready, rules)
    cut, cut_legs = _discounted(rows, left, ready, rules)
    both = taxed.join(cut.filter(pl.col("kind") == "discount"), on="group", how="semi", maintain_order="left")
    unsure = pl.col("group").is_in(both["group"].implode())
    taxed = taxed.with_columns(
        auto=pl.col("auto") & ~unsure,
        codes=pl.when(unsure).then(pl.lit(["EX-TDSAMB"])).otherwise("codes"),
    )
    columns, legs = list(READING_SCHEMA), list(LEG_SCHEMA)
    return (
        pl.concat([frame.select(columns).cast(READING_SCHEMA) for frame in (taxed, _without(cut, taxed))]),
        pl.concat([frame.select(legs).cast(LEG_SCHEMA) for frame in (tax_legs, _without(cut_legs, taxed))]),
    )


def _without(frame: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    return frame.join(groups.select("group"), on="group", how="anti", maintain_order="left")


def _deducted(
    rows: pl.DataFrame, left: pl.DataFrame, ready: Ready, rules: Rules, *, beyond: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deductions on every item of the group, at the rates that the profile allows (or, `beyond`, does not)."""
    short = left.filter(pl.col("amount") < pl.col("total"))
    plans = plan_table(ready, rules, beyond=beyond)
    if not rules.evidence.deduction.propose or short.is_empty() or plans.is_empty():
        return _none()
    # One profile for the whole group: what one customer may keep back says nothing of another's items.
    alike = rows.filter(pl.col("tax_profile").fill_null("").n_unique().over("group") == 1)
    wide = alike.join(short.select("group", "size", "total"), on="group", maintain_order="left").join(
        plans, on="tax_profile", maintain_order="left"
    )
    if wide.is_empty():
        return _none()
    base = (
        pl.when(pl.col("base") == "cis_base")
        .then(pl.col("cis_base"))
        .when(pl.col("base") == "amount")
        .then(pl.col("gross"))
        .otherwise(pl.coalesce("net", "gross"))
    )
    # A base above the document's own amount is a mistake of the data; nothing can be computed from it.
    base = pl.when(base.abs() <= pl.col("gross").abs()).then(base).cast(pl.Int128)
    # A part of the item may be settled already: the deduction is on the part that is open.
    share = (
        pl.when((pl.col("gross") != pl.col("open")) & (pl.col("gross") != 0))
        .then(base * pl.col("open") // pl.col("gross"))
        .otherwise(base)
    )
    unit = unit_of(ready)
    wide = wide.with_columns(part=share * pl.col("rate_ppm")).with_columns(
        fine=((pl.col("part") + PPM // 2) // PPM).cast(pl.Int64),
        coarse=((pl.col("part") + unit * (PPM // 2)) // (unit * PPM) * unit).cast(pl.Int64),
        slack=pl.col("rounding_ppm") * unit // PPM,
    )
    keys = ["group", "plan"]
    sums = (
        wide.group_by(keys, maintain_order=True)
        .agg(
            pl.col("amount", "total", "size", "currency").first(),
            pl.col("fine").sum(),
            pl.col("coarse").sum(),
            pl.col("fine").null_count().alias("unknown"),
            slack=pl.col("slack").max(),
            ok=pl.col("ok").all(),
            note=pl.col("note").first(),
            legs=pl.col("leg").n_unique(),
            said=fill("{} {}%", "type", (pl.col("rate_ppm") / PER_CENT))
            .unique(maintain_order=True)
            .str.join(" + "),
        )
        .filter(pl.col("unknown") == 0)
        .with_columns(
            off_fine=pl.col("amount") - (pl.col("total") - pl.col("fine")),
            off_coarse=pl.col("amount") - (pl.col("total") - pl.col("coarse")),
        )
    )
    reach = pl.col("slack") * pl.col("size")
    use_coarse = (pl.col("off_coarse") == 0) | ((pl.col("off_fine") != 0) & (pl.col("slack") > 0))
    sums = sums.with_columns(
        coarse_used=use_coarse, off=pl.when(use_coarse).then("off_coarse").otherwise("off_fine")
    )
    fits = sums.filter((pl.col("off").abs() <= reach) & ((pl.col("fine") != 0) | (pl.col("coarse") != 0)))
    # Two deductions that give the same cash can't be told apart; one that fits exactly beats one that is rounded.
    fits = fits.filter(pl.col("off").abs() == pl.col("off").abs().min().over("group"))
    fits = fits.with_columns(
        reading=pl.int_range(pl.len()).over("group"), explanations=pl.len().over("group")
    )
    several = pl.col("explanations") > 1
    codes = (
        pl.when(pl.col("note") != "")
        .then(pl.concat_list(pl.col("note")))
        .when(several)
        .then(pl.lit(["EX-TDSAMB"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    readings = _reading(
        fits.with_columns(short=NOUGHT, on_account=NOUGHT),
        "deduction",
        auto=pl.col("ok") & ~several & (pl.col("note") == "") & rules.evidence.deduction.auto,
        codes=codes,
        reason=fill("amount is what is open less {}", "said"),
    )
    taken = wide.join(fits.select(*keys, "reading", "coarse_used", "off"), on=keys, maintain_order="left")
    taken = taken.with_columns(deduction=pl.when("coarse_used").then("coarse").otherwise("fine"))
    last = (pl.col("item") == pl.col("item").last().over("group", "reading")) & (pl.col("leg") == 0)
    kept_back = pl.col("deduction").sum().over("group", "reading", "item")
    cash = (
        pl.when(pl.col("leg") == 0)
        .then(pl.col("open") - kept_back + pl.when(last).then("off").otherwise(0))
        .otherwise(0)
    )
    legs = taken.with_columns(cash=cash, deduction_type="type")
    rounding = legs.filter(last & (pl.col("off") != 0)).with_columns(
        cash=NOUGHT, deduction=-pl.col("off"), deduction_type=pl.lit("ROUND")
    )
    return readings, pl.concat([legs, rounding])


def _discounted(
    rows: pl.DataFrame, left: pl.DataFrame, _ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Early-settlement discount by the items' own terms: in time it settles, late it does not."""
    short = left.filter(pl.col("amount") < pl.col("total"))
    wide = rows.join(short.select("group", "total", "size"), on="group", maintain_order="left")
    wide = wide.filter(pl.col("discount_percent").is_not_null().all().over("group"))
    if not rules.evidence.deduction.propose or wide.is_empty():
        return _none()
    ppm = (pl.col("discount_percent") * PER_CENT).round(0).cast(pl.Int128)
    wide = wide.with_columns(
        deduction=((pl.col("open") * ppm + PPM // 2) // PPM).cast(pl.Int64),
        in_time=(pl.col("booking_date") - pl.col("issue_date")).dt.total_days() <= pl.col("discount_days"),
    )
    sums = wide.group_by("group", maintain_order=True).agg(
        pl.col("amount", "total", "size").first(), pl.col("deduction").sum(), in_time=pl.col("in_time").all()
    )
    # Half a penny is rounded up or down, by each payer in its own way.
    off = pl.col("amount") - (pl.col("total") - pl.col("deduction"))
    found = sums.with_columns(off=off).filter(pl.col("off").is_between(0, 1))
    found = found.with_columns(
        pl.col("in_time").fill_null(value=False), deduction=pl.col("deduction") - pl.col("off")
    )
    last = pl.col("item") == pl.col("item").max().over("group")
    wide = wide.join(found.select("group", "off"), on="group", maintain_order="left").with_columns(
        deduction=pl.col("deduction") - pl.when(last).then("off").otherwise(0)
    )
    timely = found.filter("in_time")
    early = _reading(
        timely,
        "discount",
        auto=pl.lit(rules.evidence.deduction.auto),
        reason=pl.lit("amount is what is open less the discount of its terms, in time"),
    )
    early_legs = wide.join(
        timely.select("group"), on="group", how="semi", maintain_order="left"
    ).with_columns(reading=NOUGHT, cash=pl.col("open") - pl.col("deduction"), deduction_type=pl.lit("DISC"))
    late = found.filter(~pl.col("in_time")).with_columns(short=pl.col("deduction"))
    refused = _reading(
        late,
        "part",
        auto=pl.lit(value=False),
        codes=pl.lit(["EX-DISCLATE"]),
        reason=pl.lit("discount taken after its date"),
    )
    refused_legs = wide.join(
        late.select("group"), on="group", how="semi", maintain_order="left"
    ).with_columns(
        reading=NOUGHT, cash=pl.col("open") - pl.col("deduction"), deduction=NOUGHT, deduction_type=pl.lit("")
    )
    columns = list(READING_SCHEMA)
    legs = list(LEG_SCHEMA)
    return pl.concat([early.select(columns), refused.select(columns)], how="vertical_relaxed"), pl.concat(
        [early_legs.select(legs), refused_legs.select(legs)], how="vertical_relaxed"
    )


def _tolerated(
    rows: pl.DataFrame, left: pl.DataFrame, ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A small difference, within the cap and the share of the customer's tolerance; booked on the largest item."""
    if not rules.evidence.tolerance.propose or left.is_empty():
        return _none()
    named = tolerance_of(rows).join(
        rows.group_by("group", maintain_order=True).agg(
            pl.col("item").sort_by("open", "item").last().alias("bearer")
        ),
        on="group",
        maintain_order="left",
    )
    caps = left.join(named, on="group", maintain_order="left")
    absolute, share = caps_of(ready, rules)
    off = pl.col("amount") - pl.col("total")
    found = caps.filter(
        (pl.col("total") > 0)
        & ((off < 0) | over_of(rules))
        & (off.abs() <= absolute)
        & (off.abs().cast(pl.Int128) * PPM <= pl.col("total").cast(pl.Int128) * share)
    )
    readings = _reading(
        found,
        "tolerance",
        auto=pl.lit(rules.evidence.tolerance.auto),
        reason=pl.lit("amount within the tolerance"),
    )
    legs = _whole_legs(rows, found).join(
        found.select("group", "bearer", off=off), on="group", maintain_order="left"
    )
    at_bearer = pl.col("item") == pl.col("bearer")
    return readings, legs.with_columns(
        cash=pl.col("cash") + pl.when(at_bearer).then("off").otherwise(0),
        deduction=pl.when(at_bearer).then(-pl.col("off")).otherwise(0),
        deduction_type=pl.when(at_bearer).then(pl.lit("TOL")).otherwise(pl.lit("")),
    )


def _questioned(
    rows: pl.DataFrame, left: pl.DataFrame, ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A deduction that can be named but is not allowed: another rate, or the right one on the amount with tax."""
    return _deducted(rows, left, ready, rules, beyond=True)


def _rest(
    rows: pl.DataFrame, left: pl.DataFrame, ready: Ready, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is left is a part payment or an over-payment; what is short stays open, what is over goes on account."""
    usable = left.filter((pl.col("total") > 0) & (pl.col("amount") > 0))
    over = (
        usable.filter(pl.col("amount") > pl.col("total"))
        if rules.evidence.over_payment.propose
        else usable.clear()
    )
    part = (
        usable.filter(pl.col("amount") < pl.col("total"))
        if rules.evidence.part_payment.propose
        else usable.clear()
    )
    over = over.with_columns(on_account=pl.col("amount") - pl.col("total"))
    over_readings = _reading(
        over,
        "over",
        auto=pl.lit(rules.evidence.over_payment.auto),
        codes=pl.lit(["EX-OVER"]),
        reason=pl.lit("more than is open; the rest on account"),
    )
    over_legs = _whole_legs(rows, over)
    part = part.with_columns(short=pl.col("total") - pl.col("amount"))
    known = part.join(
        rows.group_by("group").agg(
            pl.col("retention", "gross").sum(),
            pl.col("tax_profile").first().fill_null(""),
            net=pl.coalesce("net", "gross").sum(),
        ),
        on="group",
        maintain_order="left",
    ).join(tolerance_of(rows), on="group", maintain_order="left")
    absolute, _share = caps_of(ready, rules)
    rates = sorted({ppm(rule) for rule in rules.deductions if rule.type == "TDS"} | {100_000})
    looks_taxed = pl.any_horizontal(
        [
            ((pl.coalesce("net", "gross").cast(pl.Int128) * rate + PPM // 2) // PPM).cast(pl.Int64)
            == pl.col("short")
            for rate in rates
        ]
    )
    codes = (
        pl.when((pl.col("retention") > 0) & (pl.col("short") == pl.col("retention")))
        .then(pl.lit(["EX-RETEN"]))
        .when((pl.col("net") < pl.col("gross")) & (pl.col("amount") == pl.col("net")))
        .then(pl.lit(["EX-DISPUTE"]))
        .when(looks_taxed & (pl.col("tax_profile") == ""))
        .then(pl.lit(["EX-SHORT", "EX-TDSPROF"]))
        .when(pl.col("short") <= absolute)
        .then(pl.lit(["EX-TOLCAP"]))
        .otherwise(pl.lit(["EX-SHORT"]))
    )
    part_readings = _reading(
        known,
        "part",
        auto=pl.lit(rules.evidence.part_payment.auto),
        codes=codes,
        reason=pl.lit("less than is open; the rest stays open"),
    )
    part_legs = _filled(rows.join(part.select("group"), on="group", how="semi", maintain_order="left"))
    columns = list(READING_SCHEMA)
    legs = list(LEG_SCHEMA)
    return pl.concat(
        [over_readings.select(columns), part_readings.select(columns)], how="vertical_relaxed"
    ), pl.concat([over_legs.select(legs), part_legs.select(legs)], how="vertical_relaxed")


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Credit notes whole, then the items in order of their due dates, until the money is used up."""
    ordered = rows.sort("group", pl.col("open") > 0, "due_date", "issue_date", "item", nulls_last=True)
    before = pl.col("open").cum_sum().over("group") - pl.col("open")
    room = (pl.col("amount") - before).clip(0)
    cash = pl.when(pl.col("open") < 0).then(pl.col("open")).otherwise(pl.min_horizontal("open", room))
    return ordered.with_columns(reading=NOUGHT, cash=cash, deduction=NOUGHT, deduction_type=pl.lit(""))
