"""Small differences of a customer within twelve months: what its tolerance still allows, and what is beyond it.

    cap 50.00, used before 47.00; line short by 4.90   -> suggested, EX-TOLPAT and EX-TOLCAP, the 4.90 stays open
    cap 50.00, used before 45.00; line short by 4.90   -> posted, the 4.90 to the tolerance account

What was used before comes from the store (`Tables.tolerated`), or from the customers file (`tolerance_used`); where
both say something, the greater counts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from recon.match.asked import amended
from recon.match.frames import WEIGHTS, Chosen, Ready, confidence_of
from recon.model import SCALE_MAX
from recon.problems import Problem
from recon.rules.schema import Rules

WINDOW = "-12mo"
UNKNOWN = 10**15  # an amount that can't be read is more than any cap, in parts of SCALE_MAX decimals
KEYS = ["customer_id", "currency"]
FIRST_DAY = date(1900, 1, 1)
REASON = "differs by what is beyond the customer's tolerance of twelve months"


def within_year(chosen: Chosen, ready: Ready, rules: Rules) -> Chosen:
    """The chosen sets; a small difference beyond what the customer may have in twelve months is not given.

    Such a set is only suggested: what is short stays open, what is over goes on account.
    """
    mine = _given(chosen, ready)
    if mine.is_empty():
        return chosen
    stated, problems = _stated(ready)
    spent = _spent(mine, ready).join(stated, on="customer_id", how="left", maintain_order="left")
    total = pl.max_horizontal("total", pl.col("stated").fill_null(0) // _fine(ready) + pl.col("run"))
    capped = spent.with_columns(total=total).join(
        _caps(ready, rules), on=["tolerance", "currency"], how="left", maintain_order="left"
    )
    told = _beyond(capped, ready)
    return _withheld(chosen, told, problems, rules) if told.height or problems else chosen


def _given(chosen: Chosen, ready: Ready) -> pl.DataFrame:
    """What the chosen sets would give, as (proposal, line, day, customer_id, currency, tolerance, spent)."""
    legs = chosen.legs.filter(pl.col("deduction_type") == "TOL")
    items = ready.items.select("item", "customer_id", "currency")
    lines = ready.lines.select("line", day="booking_date")
    return (
        legs.join(items, on="item", maintain_order="left")
        .join(ready.customers.select("customer_id", "tolerance"), on="customer_id", maintain_order="left")
        .join(chosen.sets.select("proposal", "line"), on="proposal", maintain_order="left")
        .join(lines, on="line", maintain_order="left")
        .with_columns(
            spent=pl.col("deduction").abs(),
            tolerance=pl.when(pl.col("tolerance") == "").then(pl.lit("default")).otherwise("tolerance"),
        )
        .select("proposal", "line", "day", *KEYS, "tolerance", "spent")
    )


def _spent(mine: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Each of `mine` with `total` (of the twelve months up to it, itself too) and `run` (of this run up to it)."""
    earlier = ready.tolerated.select(
        *KEYS, day="booking_date", spent=pl.col("amount_minor").abs(), mine=pl.lit(value=False)
    )
    every = pl.concat([earlier, mine.with_columns(mine=pl.lit(value=True))], how="diagonal")
    every = every.with_columns(pl.col("day").fill_null(FIRST_DAY)).sort("mine", "line", nulls_last=True)
    every = every.sort("day", maintain_order=True).with_columns(
        before=pl.col("day").dt.offset_by(WINDOW),
        sum=pl.col("spent").cum_sum().over(KEYS),
        run=pl.when("mine").then("spent").otherwise(0).cum_sum().over(KEYS),
    )
    # What is older than twelve months no longer counts.
    gone = every.group_by(*KEYS, "day", maintain_order=True).agg(gone=pl.col("sum").max())
    dated = every.sort("before", maintain_order=True).join_asof(
        gone.sort("day").rename({"day": "before"}),
        on="before",
        by=KEYS,
        strategy="backward",
        check_sortedness=False,
    )
    return dated.filter("mine").with_columns(total=pl.col("sum") - pl.col("gone").fill_null(0))


def _stated(ready: Ready) -> tuple[pl.DataFrame, list[Problem]]:
    """What the customers file says was used, in parts of SCALE_MAX decimals: (customer_id, stated)."""
    said = ready.customers.filter(pl.col("tolerance_used").str.strip_chars() != "")
    texts = said["tolerance_used"].unique(maintain_order=True).to_list()
    read = {text: _parts(text) for text in texts}
    wrong = [text for text, parts in read.items() if parts is None]
    values = [UNKNOWN if parts is None else parts for parts in read.values()]
    stated = said.select(
        "customer_id",
        stated=pl.col("tolerance_used").replace_strict(texts, values, return_dtype=pl.Int64)
        if texts
        else pl.lit(0, dtype=pl.Int64),
    )
    problems = [
        Problem(
            "value-amount",
            f"customer {customer_id}",
            "its tolerance_used is no amount; no small difference of it is posted",
            "write a plain amount, as 47.00, or leave it empty",
        )
        for customer_id in said.filter(pl.col("tolerance_used").is_in(wrong))["customer_id"].head(20)
    ]
    return stated, problems


def _parts(text: str) -> int | None:
    """An amount in parts of SCALE_MAX decimals; None if it is none."""
    try:
        value = abs(Decimal(text.strip()).scaleb(SCALE_MAX))
    except InvalidOperation:
        return None
    return min(int(value), UNKNOWN) if value.is_finite() else None


def _fine(ready: Ready) -> pl.Expr:
    """Parts of SCALE_MAX decimals in one minor unit of a row's currency."""
    scales = ready.scales
    return pl.col("currency").replace_strict(
        list(scales),
        [10 ** (SCALE_MAX - scale) for scale in scales.values()],
        default=10 ** (SCALE_MAX - 2),
        return_dtype=pl.Int64,
    )


def _caps(ready: Ready, rules: Rules) -> pl.DataFrame:
    rows = [
        (name, currency, int(rules.tolerances[name].per_year * 10**scale))
        for name in sorted(rules.tolerances)
        for currency, scale in sorted(ready.scales.items())
    ]
    schema = {"tolerance": pl.String, "currency": pl.String, "cap": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _beyond(capped: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """The sets that their customer's cap has no room for, as (proposal, repeated).

    What is withheld is not given, so it takes nothing from the cap: a smaller difference after it may still fit. Only
    customers that come beyond their cap at all are gone through, one difference after the other.
    """
    schema = {"proposal": capped.schema["proposal"], "repeated": pl.Boolean()}
    over = capped.filter(pl.col("total") > pl.col("cap"))
    if over.is_empty():
        return pl.DataFrame(schema=schema)
    rows = capped.join(over.select(KEYS).unique(), on=KEYS, how="semi", maintain_order="left")
    rows = rows.with_columns(stated=pl.col("stated").fill_null(0) // _fine(ready))
    earlier = ready.tolerated.select(
        *KEYS, day=pl.col("booking_date").fill_null(FIRST_DAY), spent=pl.col("amount_minor").abs()
    ).join(rows.select(KEYS).unique(), on=KEYS, how="semi", maintain_order="left")
    past: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for customer, currency, day, spent in earlier.iter_rows():
        past.setdefault((customer, currency), []).append((day, spent))
    mine: dict[tuple[str, str], list[tuple[date, int]]] = {}
    withheld: dict[int, bool] = {}
    for (proposal,), legs in rows.sort("day", "line", maintain_order=True).group_by(
        "proposal", maintain_order=True
    ):
        asked: dict[tuple[str, str], list[tuple[date, int]]] = {}
        for row in legs.iter_rows(named=True):
            key = (row["customer_id"], row["currency"])
            own = asked.setdefault(key, [])
            own.append((row["day"], row["spent"]))
            given = mine.get(key, []) + own
            known = [*past.get(key, []), *given]
            window = sum(spent for day, spent in known if row["before"] < day <= row["day"])
            total = max(window, row["stated"] + sum(spent for _day, spent in given))
            if row["cap"] is not None and total > row["cap"]:
                withheld[proposal] = withheld.get(proposal, False) or total > row["spent"]
        if proposal not in withheld:
            for key, own in asked.items():
                mine.setdefault(key, []).extend(own)
    return pl.DataFrame(list(withheld.items()), schema=schema, orient="row")


def _withheld(chosen: Chosen, told: pl.DataFrame, problems: list[Problem], rules: Rules) -> Chosen:
    """The chosen sets without the tolerances that are beyond the cap, weighed as what they then are."""
    over = pl.col("proposal").is_in(told["proposal"].implode())
    repeated = pl.col("proposal").is_in(told.filter("repeated")["proposal"].implode())
    taken = over & (pl.col("deduction_type") == "TOL")
    # More than is open can't stand on the item without its tolerance.
    surplus = pl.when(pl.col("deduction") < 0).then(pl.col("deduction")).otherwise(0)
    legs = chosen.legs.with_columns(
        cash=pl.when(taken).then(pl.col("cash") + surplus).otherwise("cash"),
        deduction=pl.when(taken).then(0).otherwise("deduction"),
        deduction_type=pl.when(taken).then(pl.lit("")).otherwise("deduction_type"),
    )
    rest = (
        chosen.legs.filter(taken)
        .group_by("proposal")
        .agg(
            more=(-pl.col("deduction")).clip(0).sum(),
            less=pl.col("deduction").clip(0).sum(),
        )
    )
    sets = chosen.sets.join(rest, on="proposal", how="left", maintain_order="left")
    code = pl.when(repeated).then(pl.lit(["EX-TOLPAT", "EX-TOLCAP"])).otherwise(pl.lit(["EX-TOLCAP"]))

    def without(some: pl.DataFrame) -> pl.DataFrame:
        some = some.with_columns(
            auto=pl.lit(value=False),
            codes=pl.concat_list("codes", code).list.unique(maintain_order=True),
            reason=pl.lit(REASON),
            on_account=pl.col("on_account") + pl.col("more").fill_null(0),
            short=pl.col("short") + pl.col("less").fill_null(0),
            kept_back=pl.col("kept_back").list.set_difference(pl.lit(["TOL"])),
            # The amount no longer fits by a tolerance: it is a part, or more than is open.
            w_amount=pl.when(pl.col("more").fill_null(0) > 0)
            .then(rules.weights.amount_over)
            .otherwise(rules.weights.amount_part),
            w_against=pl.lit(rules.weights.contradiction, dtype=pl.Float64),
        )
        some = some.with_columns(score=pl.sum_horizontal(WEIGHTS).round(6))
        return some.with_columns(confidence=confidence_of(pl.col("score")))

    sets = amended(sets, over, without).drop("more", "less")
    return replace(chosen, sets=sets, legs=legs, problems=(*chosen.problems, *problems))
