"""Step 6: tell. Each line's outcome, what is allocated and why, and what a person must look at.

    line 0: set {INV-1042} score 16, auto, no rival   -> auto, allocation 4,200.00, MT-REF1
    line 1: two sets as good as each other            -> suggested, EX-ITEM, the other as alternative
    line 2: nothing                                   -> exception EX-UNID, the whole amount

The words come from the same columns that decided (weights, codes, rivals), never from a second look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from recon.match.frames import Chosen, Found, Proposals, Ready
from recon.match.reasons import evidence_code, reasons
from recon.match.words import WORDS_OF_CODE
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, Outcome, Result, Status, money_expr
from recon.problems import Problem
from recon.rules.schema import Rules

TOGETHER = " + "
APART = " | "


def tell(ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, rules: Rules) -> Result:
    """The result tables in inner form; asserts that each line's money is conserved."""
    sets = _settled(_within_year(chosen, ready, rules))
    alternatives = _alternatives(ready, weighed, chosen, rules)
    proposed = sets.filter(pl.col("outcome") != Outcome.EXCEPTION)
    allocations = _allocations(ready, chosen, proposed)
    unmatched = _unmatched(ready, found, weighed, chosen, proposed)
    on_account = unmatched.filter(pl.col("holder") != "")
    held = on_account.select(
        "line",
        amount="amount",
        status=pl.lit(str(Status.SUGGESTED)),
        confidence=pl.lit(0.0),
        rule=pl.lit("on_account"),
        reasons=pl.format("held on account of customer {}; {}", "holder", "detail"),
    )
    allocations = pl.concat([allocations, _held(held)], how="diagonal")
    exceptions = pl.concat(
        [_queries(proposed, alternatives), _open_exceptions(unmatched, alternatives)], how="diagonal"
    )
    lines = _lines(ready, proposed, unmatched)
    result = Result(
        lines=_finished(lines, ready, LINES.inner_schema),
        allocations=_finished(allocations, ready, ALLOCATIONS.inner_schema),
        exceptions=_finished(exceptions, ready, EXCEPTIONS.inner_schema),
        problems=tuple(_once([*ready.problems, *found.problems, *weighed.problems, *chosen.problems])),
    )
    _assert_conserved(result, ready)
    return result


def _once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _within_year(chosen: Chosen, ready: Ready, rules: Rules) -> Chosen:
    """The chosen sets; small differences beyond what a customer may have in a year are not posted by themselves."""
    names = sorted(rules.tolerances)
    items = ready.items.select("item", "customer_id", "currency")
    used = chosen.legs.filter(pl.col("deduction_type") == "TOL").join(items, on="item", maintain_order="left")
    used = used.join(
        ready.customers.select("customer_id", "tolerance"), on="customer_id", maintain_order="left"
    )
    used = used.join(chosen.sets.select("proposal", "line"), on="proposal", maintain_order="left").sort(
        "line"
    )
    caps = [
        (name, currency, int(rules.tolerances[name].per_year * 10**scale))
        for name in names
        for currency, scale in sorted(ready.scales.items())
    ]
    schema = {"tolerance": pl.String, "currency": pl.String, "cap": pl.Int64}
    capped = used.with_columns(
        tolerance=pl.when(pl.col("tolerance") == "").then(pl.lit("default")).otherwise("tolerance")
    ).join(
        pl.DataFrame(caps, schema=schema, orient="row"),
        on=["tolerance", "currency"],
        how="left",
        maintain_order="left",
    )
    total = pl.col("deduction").abs().cum_sum().over("customer_id", "currency")
    beyond = capped.filter((total > pl.col("cap")).fill_null(value=False))["proposal"].unique()
    over = pl.col("proposal").is_in(beyond.implode())
    codes = pl.concat_list("codes", pl.lit(["EX-TOLPAT"])).list.unique(maintain_order=True)
    return replace(
        chosen,
        sets=chosen.sets.with_columns(
            auto=pl.col("auto") & ~over, codes=pl.when(over).then(codes).otherwise("codes")
        ),
    )


def _settled(chosen: Chosen) -> pl.DataFrame:
    """The chosen sets with their outcome; a rival or a low confidence makes a suggestion."""
    auto = pl.col("auto") & (pl.col("rivals") == 0)
    rival = (
        pl.when(pl.col("rivals") == 0)
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .when((pl.col("owners") > 1) | (pl.col("rival_owner") != pl.col("owner")))
        .then(pl.lit(["EX-CUST"]))
        .otherwise(pl.lit(["EX-ITEM"]))
    )
    codes = pl.concat_list("codes", rival).list.unique(maintain_order=True)
    # A suggestion always says what kept it from being posted.
    codes = pl.when(~auto & (codes.list.len() == 0)).then(pl.lit(["EX-ITEM"])).otherwise(codes)
    # Sets without any reference of which several fit are no proposal; the money goes on account.
    vague = (pl.col("rule") == "combination") & (pl.col("rivals") > 0)
    outcome = (
        pl.when(auto)
        .then(pl.lit(Outcome.AUTO))
        .when(vague)
        .then(pl.lit(Outcome.EXCEPTION))
        .otherwise(pl.lit(Outcome.SUGGESTED))
    )
    # Readings that are as good share the confidence between them.
    shared = (pl.col("confidence") / (1 + pl.col("rivals"))).round(4)
    return chosen.sets.with_columns(codes=codes, outcome=outcome.cast(pl.String), confidence=shared)


def _allocations(ready: Ready, chosen: Chosen, proposed: pl.DataFrame) -> pl.DataFrame:
    """One row for each item and deduction, and one for what goes on account."""
    told = reasons(evidence_code(proposed))
    about = told.select(
        "proposal", "line", "confidence", "rule", "reasons", "on_account", "surplus", status="outcome"
    )
    legs = chosen.legs.join(about, on="proposal", maintain_order="left").join(
        ready.items.select("item", "item_id"), on="item", maintain_order="left"
    )
    settled = legs.with_columns(amount="cash")
    rest = about.filter((pl.col("on_account") != 0) & (pl.col("surplus") == "")).with_columns(
        amount="on_account"
    )
    return pl.concat(
        [
            settled.select(
                "line",
                "item_id",
                "amount",
                "deduction",
                "deduction_type",
                "status",
                "confidence",
                "rule",
                "reasons",
            ),
            _held(rest.select("line", "amount", "status", "confidence", "rule", "reasons")),
        ],
        how="diagonal_relaxed",
    )


def _held(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        item_id=pl.lit(""), deduction=pl.lit(0, dtype=pl.Int64), deduction_type=pl.lit("")
    )


def _unmatched(
    ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, proposed: pl.DataFrame
) -> pl.DataFrame:
    """Open lines without a proposal: their codes, what is missing, and the customer that may hold the money."""
    lines = ready.lines.filter(pl.col("state") == "open").join(
        proposed.select("line"), on="line", how="anti", maintain_order="left"
    )
    sure = (
        found.payers.filter("sure")
        .join(
            ready.customers.select("customer_id", "owner"),
            on="customer_id",
            how="left",
            suffix="_own",
            maintain_order="left",
        )
        .unique("line", keep="first", maintain_order=True)
        .select("line", payer="customer_id")
    )
    vague = chosen.sets.select("line", vague=pl.lit(value=True))
    # An order that several items carry, of which none and not all are paid.
    orders = found.references.filter(pl.col("how") == "order")
    ordered = orders.select("line", ordered=pl.lit(value=True)).unique(maintain_order=True)
    dated = found.dates.select("line", dated=pl.lit(value=True)).unique(maintain_order=True)
    several = (
        found.payers.filter(pl.col("owners") > 1)
        .select("line", several=pl.lit(value=True))
        .unique(maintain_order=True)
    )
    beaten = chosen.losers.join(
        weighed.sets.select("proposal", "rule", lost_owner="owner"), on="proposal", maintain_order="left"
    )
    near = found.near.select("line", near=pl.lit(value=True)).unique(maintain_order=True)
    part = (
        found.payers.filter(pl.col("how").is_in(["part", "fuzzy"]))
        .select("line", near=pl.lit(value=True))
        .unique(maintain_order=True)
    )
    near = pl.concat([near, part]).unique(maintain_order=True)
    closed = found.closed.group_by("line", maintain_order=True).agg(
        closed=pl.lit(value=True), closed_customer=pl.col("customer_id").first()
    )
    expired = found.expired.select("line", expired=pl.lit(value=True))
    items = ready.items.select("item", item_currency="currency")
    foreign = (
        found.references.filter(pl.col("how") == "exact")
        .join(items, on="item", maintain_order="left")
        .join(ready.lines.select("line", "currency"), on="line", maintain_order="left")
        .filter(pl.col("item_currency") != pl.col("currency"))
        .select("line", foreign=pl.lit(value=True))
        .unique(maintain_order=True)
    )
    many = (
        ready.items.select("owner", "currency")
        .join(ready.customers.select("owner", payer="customer_id"), on="owner")
        .group_by("payer")
        .agg(open_items=pl.len())
    )
    for frame, on in (
        (sure, "line"),
        (several, "line"),
        (vague, "line"),
        (ordered, "line"),
        (dated, "line"),
        (beaten.drop("proposal"), "line"),
        (near, "line"),
        (closed, "line"),
        (expired, "line"),
        (foreign, "line"),
        (weighed.refused, "line"),
        (many, "payer"),
    ):
        lines = lines.join(frame, on=on, how="left", maintain_order="left")
    lines = lines.with_columns(pl.col("vague", "ordered", "dated").fill_null(value=False))
    flag = {
        name: pl.col(name).fill_null(value=False)
        for name in ("several", "near", "closed", "expired", "foreign")
    }
    known = pl.col("payer").is_not_null()
    lost = pl.col("winner").is_not_null()
    checks = [
        (pl.col("hostile"), "EX-INJ"),
        (pl.col("amount") < 0, "EX-REFUND"),
        (lost & pl.col("rule").is_in(["payer_amount", "payer_name", "combination", "split"]), "EX-ITEM"),
        (lost & ~pl.col("rule").is_in(["payer_amount", "payer_name", "combination", "split"]), "EX-DUPPAY"),
        (flag["closed"] & ~lost, "EX-DUPPAY"),
        (flag["foreign"], "EX-CCY"),
        (flag["expired"], "EX-ALIASEXP"),
        (flag["near"] & ~known, "EX-NEAR"),
        (flag["several"], "EX-CUST"),
        (pl.col("vague") | pl.col("ordered"), "EX-ITEM"),
        (pl.col("dated"), "EX-COINC"),
        (
            known
            & ~lost
            & ~flag["closed"]
            & ~pl.col("vague")
            & ~pl.col("ordered")
            & pl.col("advice_codes").is_null(),
            "EX-NOITEM",
        ),
        (known & (pl.col("open_items") > 1) & ~lost & pl.col("advice_codes").is_null(), "EX-NOREM"),
    ]
    codes = pl.concat_list(
        [pl.when(fits.fill_null(value=False)).then(pl.lit(code)) for fits, code in checks]
    ).list.drop_nulls()
    lines = lines.with_columns(
        codes=pl.concat_list(pl.col("advice_codes").fill_null([]), codes).list.unique(maintain_order=True)
    )
    # A line whose payer is not known says so too, whatever else is odd about it.
    nameless = (
        ~known
        & pl.col("closed_customer").is_null()
        & pl.col("advice_codes").is_null()
        & (pl.col("amount") > 0)
    )
    nameless = nameless & ~flag["several"] & ~flag["expired"] & ~flag["foreign"] & ~lost
    with_unid = pl.concat_list(
        "codes", pl.when(nameless).then(pl.lit(["EX-UNID"])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    lines = lines.with_columns(codes=with_unid.list.unique(maintain_order=True))
    lines = lines.with_columns(
        codes=pl.when(pl.col("codes").list.len() == 0).then(pl.lit(["EX-UNID"])).otherwise("codes")
    )
    holder = (
        pl.when((pl.col("amount") > 0) & ~pl.col("codes").list.contains("EX-INJ"))
        .then(pl.coalesce("payer", "closed_customer", pl.col("advice_customer")))
        .fill_null("")
    )
    return lines.with_columns(holder=holder, detail=_detail("codes"))


def _detail(column: str) -> pl.Expr:
    words = pl.element().replace_strict(
        list(WORDS_OF_CODE), list(WORDS_OF_CODE.values()), default=pl.element(), return_dtype=pl.String
    )
    return pl.col(column).list.eval(words).list.join("; ")


def _alternatives(ready: Ready, weighed: Proposals, chosen: Chosen, rules: Rules) -> pl.DataFrame:
    """Other readings of each line in words: `INV-1 400.00 + INV-2 500.00 | ...`, as (line, alternatives)."""
    shown = chosen.others.sort("line", "rank").filter(
        pl.int_range(pl.len()).over("line") < rules.limits.alternatives
    )
    legs = weighed.legs.join(shown.select("proposal", "line", "rank"), on="proposal", maintain_order="left")
    named = legs.join(ready.items.select("item", "item_id", "currency"), on="item", maintain_order="left")
    cash = named.group_by("line", "rank", "item_id", "currency", maintain_order=True).agg(
        pl.col("cash").sum()
    )
    texts = cash.with_columns(text=pl.format("{} {}", "item_id", money_expr(pl.col("cash"), ready.scales)))
    joined = (
        texts.group_by("line", "rank", maintain_order=True)
        .agg(pl.col("text").str.join(TOGETHER))
        .sort("line", "rank")
    )
    return joined.group_by("line", maintain_order=True).agg(alternatives=pl.col("text").str.join(APART))


def _queries(proposed: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """A row for each code of a suggestion; a surplus that the text names stands on its code's row."""
    asked = proposed.filter(pl.col("outcome") == Outcome.SUGGESTED).join(
        alternatives, on="line", how="left", maintain_order="left"
    )
    rows = asked.select("line", "surplus", "on_account", "alternatives", code="codes").explode("code")
    rest = (
        pl.when((pl.col("code") == pl.col("surplus")) & (pl.col("surplus") != ""))
        .then("on_account")
        .otherwise(0)
    )
    return rows.select(
        "line", "code", amount=rest, detail=_word("code"), alternatives=pl.col("alternatives").fill_null("")
    )


def _word(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(
        list(WORDS_OF_CODE), list(WORDS_OF_CODE.values()), default=pl.col(column), return_dtype=pl.String
    )


def _open_exceptions(unmatched: pl.DataFrame, alternatives: pl.DataFrame) -> pl.DataFrame:
    """A row for each code; the first carries what is neither allocated nor on account."""
    rows = unmatched.join(alternatives, on="line", how="left", maintain_order="left").with_columns(
        rest=pl.when(pl.col("holder") == "").then("amount").otherwise(0), code="codes"
    )
    rows = rows.explode("code").with_columns(first=pl.int_range(pl.len()).over("line") == 0)
    return rows.select(
        "line",
        "code",
        amount=pl.when("first").then("rest").otherwise(0),
        detail=_word("code"),
        alternatives=pl.col("alternatives").fill_null(""),
    )


def _lines(ready: Ready, proposed: pl.DataFrame, unmatched: pl.DataFrame) -> pl.DataFrame:
    """Each line with its one outcome."""
    told = evidence_code(proposed).select(
        "line",
        "outcome",
        code=pl.when(pl.col("outcome") == Outcome.AUTO)
        .then(pl.col("mt").list.first())
        .otherwise(pl.col("codes").list.first()),
    )
    open_ = unmatched.select(
        "line", outcome=pl.lit(str(Outcome.EXCEPTION)), code=pl.col("codes").list.first()
    )
    aside = ready.lines.filter(pl.col("state") != "open").select(
        "line",
        outcome=pl.when(pl.col("state").is_in(["duplicate", "settled"]))
        .then(pl.lit(str(Outcome.DUPLICATE)))
        .otherwise(pl.lit(str(Outcome.NOT_RECEIVABLE))),
        code=pl.when(pl.col("state") == "duplicate")
        .then(pl.lit("EX-DUPLINE"))
        .when(pl.col("state") == "settled")
        .then(pl.lit("EX-IDEMP"))
        .otherwise("class_code"),
    )
    every = pl.concat([told, open_, aside])
    assert every.height == ready.lines.height, "a line has no outcome, or two"
    return every.join(ready.lines.select("line", "amount"), on="line", maintain_order="left")


def _finished(frame: pl.DataFrame, ready: Ready, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The table as others know it: line ids, the lines' currency, the columns and order of the model."""
    named = frame.join(ready.lines.select("line", "line_id", "currency"), on="line", maintain_order="left")
    money = {name.removesuffix("_minor"): name for name in schema if name.endswith("_minor")}
    named = named.rename({name: inner for name, inner in money.items() if name in named.columns})
    order = [name for name in ("line", "code", "item_id", "deduction_type") if name in named.columns]
    # An exception's codes stay in the order of their weight.
    order = ["line"] if "alternatives" in schema else order
    return named.sort(order, maintain_order=True).select(list(schema)).cast(pl.Schema(dict(schema)))


def _assert_conserved(result: Result, ready: Ready) -> None:
    """Money in is money out: allocated + on account + exception is the amount of every open line."""
    live = ready.lines.filter(pl.col("state") == "open").select("line_id", "amount")
    allocated = result.allocations.group_by("line_id").agg(allocated=pl.col("amount_minor").sum())
    excepted = result.exceptions.group_by("line_id").agg(excepted=pl.col("amount_minor").sum())
    check = live.join(allocated, on="line_id", how="left").join(excepted, on="line_id", how="left")
    total = pl.col("allocated").fill_null(0) + pl.col("excepted").fill_null(0)
    wrong = check.filter(total != pl.col("amount"))
    assert wrong.is_empty(), f"money is not conserved: {wrong.head(3).rows()}"
