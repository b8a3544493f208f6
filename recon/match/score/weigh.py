"""Step 4: weigh. One weight column for each piece of evidence of a set, and whatever speaks against posting it.

    set 0: reference exact, amount exact, payer by name
        -> w_prior -10, w_reference +14, w_payer +6, w_amount +6, w_date 0; score 16; auto

The score is the sum of the columns (bits of evidence, as Fellegi and Sunter add them), and the confidence is
1 / (1 + 2^-score). Nothing else decides, so the explanation can be read off the same columns.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from recon.match import companies, disputes, heirs, persons, plans
from recon.match.asked import amended
from recon.match.frames import BY_PAYER, CONFIRMED, WEIGHTS, Found, Proposals, Ready, confidence_of
from recon.match.score import exchange
from recon.rules.schema import Rules

WHOLE_NAMES = ("name", "name_cut")


def weigh(ready: Ready, found: Found, proposals: Proposals, rules: Rules) -> Proposals:
    """The same sets with their weights, score, confidence, contradiction codes and whether they may be `auto`."""
    sets, legs = exchange.told(proposals.sets, proposals.legs, ready, rules)
    sets = disputes.explained(sets, legs, ready)
    sets = _with_payer(sets, found)
    sets = heirs.judged(sets, legs, ready, found)
    sets = _with_items(sets, legs, ready, found, rules)
    sets = sets.join(_texts(ready, found, rules), on="line", maintain_order="left").with_columns(
        surplus=pl.when(pl.col("kind") == "over")
        .then("surplus")
        .when((pl.col("kind") == "rate") & (pl.col("on_account") > 0))
        .then(pl.lit(exchange.CODE))
        .otherwise(pl.lit(""))
    )
    named = pl.when(pl.col("surplus") != "").then(pl.concat_list("surplus")).otherwise(pl.col("codes"))
    sets = sets.with_columns(codes=named)
    sets = _with_others(sets, legs, found, ready)
    weights = rules.weights
    reference = {
        "exact": weights.reference_exact,
        "order": weights.reference_order,
        "lookalike": weights.reference_lookalike,
        "cut": weights.reference_cut,
        "bare": weights.reference_bare,
        "short": weights.reference_bare,
        "typo": weights.reference_typo,
        "number": weights.remittance_number,
        "number_cut": weights.remittance_number,
        "total": weights.remittance_total,
        "total_part": weights.remittance_total,
        "totals": weights.remittance_total,
        "period": weights.period_named,
        "statement": weights.period_named,
    }
    payer = {
        "account": weights.payer_account,
        "alias": weights.payer_alias,
        "vendor": weights.payer_alias,
        "name": weights.payer_name,
        "name_cut": weights.payer_name,
        "fuzzy": weights.payer_fuzzy,
        "part": weights.payer_fuzzy,
        "person": weights.payer_fuzzy,
        heirs.HEIR: weights.payer_fuzzy,
        "other": weights.payer_other,
    }
    amount = {
        "exact": weights.amount_exact,
        "deduction": weights.amount_deduction,
        "discount": weights.amount_deduction,
        "rate": weights.amount_deduction,
        "tolerance": weights.amount_tolerance,
        "part": weights.amount_part,
        "over": weights.amount_over,
    }
    by_amount = pl.col("rule").is_in(["payer_amount", "payer_name", "split"]) & pl.col("unique")
    sets = sets.with_columns(
        w_prior=pl.lit(weights.prior),
        w_reference=_weight("how", reference),
        w_payer=_weight("payer_how", payer),
        w_amount=_weight("kind", amount) + pl.when(by_amount).then(weights.amount_unique).otherwise(0.0),
        w_date=pl.when("early").then(weights.date_early).otherwise(0.0),
    )
    sets = _judged(sets, rules)
    return replace(proposals, sets=sets, legs=legs)


def _weight(column: str, table: dict[str, float]) -> pl.Expr:
    return pl.col(column).replace_strict(
        list(table), list(table.values()), default=0.0, return_dtype=pl.Float64
    )


def _with_payer(sets: pl.DataFrame, found: Found) -> pl.DataFrame:
    """How the line's payer agrees with the owner of the set's items: `payer_how`, or `other`, or empty."""
    mine = found.payers.select("line", "owner", payer_how="how", payer_sure="sure").unique(
        ["line", "owner"], keep="first", maintain_order=True
    )
    # Where the payer is one of several, none of whom is the owner, it is another customer all the same.
    whole = found.payers.filter(pl.col("how").is_in([*CONFIRMED, *WHOLE_NAMES, heirs.HEIR]))
    whole = whole.select("line", "owner", told=pl.lit(value=True)).unique(maintain_order=True)
    joined = (
        sets.join(mine, on=["line", "owner"], how="left", maintain_order="left")
        .join(whole, on=["line", "owner"], how="left", maintain_order="left")
        .join(
            whole.select("line", spoken=pl.lit(value=True)).unique(),
            on="line",
            how="left",
            maintain_order="left",
        )
    )
    other = pl.col("spoken").fill_null(value=False) & ~pl.col("told").fill_null(value=False)
    return joined.with_columns(
        payer_how=pl.when(other).then(pl.lit("other")).otherwise(pl.col("payer_how").fill_null("")),
        payer_sure=pl.col("payer_sure").fill_null(value=False) & ~other,
    ).drop("told", "spoken")


def _with_items(
    sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready, found: Found, rules: Rules
) -> pl.DataFrame:
    """What the items of a set say against it: barred, issued after the payment, of a common amount, ...

    Also of several entities, of another customer of the payer's group (`sister`), or with a closed twin (`twin`).
    """
    items = ready.items.with_columns(entity=companies.of_item(rules)).select(
        "item", "open", "same", "bar", "bar_code", "issue_date", "doc_type", "entity", "customer_id"
    )
    paying = found.payers.select("line", "customer_id", pays=pl.lit(value=True))
    paying = heirs.body(ready, paying).unique(maintain_order=True)
    twins = found.twins.with_columns(twin=pl.lit(value=True))
    mine = plans.kept(sets, legs, found.plans)["proposal"].implode()
    keeps = pl.col("proposal").is_in(mine) & (pl.col("bar") == plans.BAR)
    about = (
        legs.join(heirs.body(ready, items), on="item", maintain_order="left")
        .with_columns(
            pl.when(keeps).then(pl.lit("")).otherwise(name).alias(name) for name in ("bar", "bar_code")
        )
        .join(sets.select("proposal", "line"), on="proposal", maintain_order="left")
        .join(paying, on=["line", "customer_id"], how="left", maintain_order="left")
        .join(twins, on=["line", "item"], how="left", maintain_order="left")
        .join(
            ready.lines.select("line", "booking_date", company=companies.of_account(rules)),
            on="line",
            maintain_order="left",
        )
        .group_by("proposal", maintain_order=True)
        .agg(
            unique=(pl.col("same") == 1).all(),
            bars=pl.col("bar").filter(pl.col("bar") != "").unique(maintain_order=True),
            bar_codes=pl.col("bar_code").filter(pl.col("bar_code") != "").unique(maintain_order=True),
            early=(pl.col("issue_date") > pl.col("booking_date")).any().fill_null(value=False),
            credit=(pl.col("open") < 0).any(),
            entities=pl.col("entity").filter(pl.col("entity") != "").n_unique(),
            foreign=(
                (pl.col("entity") != "") & (pl.col("company") != "") & (pl.col("entity") != pl.col("company"))
            ).any(),
            sister=pl.col("pays").is_null().any(),
            twin=pl.col("twin").is_not_null().any(),
            kept_back=pl.col("deduction_type")
            .filter(pl.col("deduction_type") != "")
            .unique(maintain_order=True),
        )
    )
    return sets.join(about, on="proposal", how="left", maintain_order="left").with_columns(
        plan_kept=pl.col("proposal").is_in(mine)
    )


def _texts(ready: Ready, found: Found, rules: Rules) -> pl.DataFrame:
    """What a line itself says.

    Returns (line, insolvent, uncleared, taken_back, surplus: the code of what is over, closed: booked in a closed
    period, cut_off: of value in another month than booked, elsewhere: names another company's document).
    """
    surplus = pl.lit("")
    for rule in reversed(rules.surpluses):
        surplus = (
            pl.when(pl.col("text").str.contains(f"(?i){rule.pattern}"))
            .then(pl.lit(rule.code))
            .otherwise(surplus)
        )
    day = pl.col("booking_date")
    closed = (
        day <= date.fromisoformat(rules.controls.closed_to)
        if rules.controls.closed_to
        else pl.lit(value=False)
    )
    return ready.lines.select(
        "line",
        "insolvent",
        "uncleared",
        "taken_back",
        surplus=surplus,
        person=persons.said(rules),
        closed=closed.fill_null(value=False),
        cut_off=(pl.col("value_date").dt.truncate("1mo") != day.dt.truncate("1mo")).fill_null(value=False),
        elsewhere=pl.col("line").is_in(found.elsewhere["line"].implode()),
    )


def _with_others(sets: pl.DataFrame, legs: pl.DataFrame, found: Found, ready: Ready) -> pl.DataFrame:
    """What the line names besides the items of a set: `names_own`, `names_other`, `advised_other`, ... (see `flags`).

    `documents_...` count document numbers only, with their letters, and not those that the set's own items share.
    """
    strong = found.references.filter(pl.col("how").is_in(["exact", "order"])).select(
        "line", "item", "how", "said"
    )
    strong = strong.join(
        ready.items.select("item", "currency", named_owner="owner"), on="item", maintain_order="left"
    )
    strong = strong.join(
        ready.lines.select("line", line_currency="currency"), on="line", maintain_order="left"
    )
    asked = sets.select("proposal", "line", "owner").join(strong, on="line", maintain_order="left")
    own = legs.select("proposal", "item").unique()
    mine = asked.join(own, on=["proposal", "item"], how="semi").select("proposal", "said").unique()
    beyond = (
        asked.join(own, on=["proposal", "item"], how="anti", maintain_order="left")
        .join(
            mine.with_columns(shared=pl.lit(value=True)),
            on=["proposal", "said"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            document=(pl.col("how") == "exact")
            & pl.col("said").str.contains("^[A-Z]")
            & pl.col("shared").is_null()
        )
    )
    same = pl.col("named_owner") == pl.col("owner")
    named = beyond.group_by("proposal", maintain_order=True).agg(
        names_own=same.any(),
        names_other=(~same).any(),
        documents_own=(same & pl.col("document")).any(),
        documents_other=(~same & pl.col("document")).any(),
        names_foreign=(pl.col("currency") != pl.col("line_currency")).any(),
    )
    unknown = found.unknown.select("line", names_unknown=pl.lit(value=True))
    dated = found.dates.select("line", dated=pl.lit(value=True)).unique(maintain_order=True)
    joined = sets.join(named, on="proposal", how="left", maintain_order="left")
    joined = joined.join(unknown, on="line", how="left", maintain_order="left").join(
        dated, on="line", how="left", maintain_order="left"
    )
    flags = (
        "names_own",
        "names_other",
        "names_foreign",
        "names_unknown",
        "dated",
        "documents_own",
        "documents_other",
    )
    return joined.with_columns(
        *(pl.col(name).fill_null(value=False) for name in flags),
        advised_other=pl.col("proposal").is_in(_beside_advice(sets, legs)["proposal"].implode()),
    )


def _beside_advice(sets: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """Sets with an item that the advice does not pay of which the line says the number: (proposal)."""
    advised = sets.filter((pl.col("rule") == "remittance") & (pl.col("how") == "number"))
    items = legs.select("proposal", "item").unique()
    meant = advised.select("proposal", "line").join(items, on="proposal").select("line", "item")
    asked = sets.join(advised, on="proposal", how="anti").join(advised, on="line", how="semi")
    paid = asked.select("proposal", "line").join(items, on="proposal")
    return paid.join(meant, on=["line", "item"], how="anti").select("proposal").unique()


def _against(sets: pl.DataFrame, flags: list[tuple[pl.Expr, str]]) -> pl.DataFrame:
    """The sets with `against`, the codes of the flags that are up, in their order.

    The flags that are up are a number of so many bits, and few such numbers come: each one's list is made once.
    """
    bits = [
        pl.when(flag).then(pl.lit(1 << place, dtype=pl.Int64)).otherwise(pl.lit(0, dtype=pl.Int64))
        for place, (flag, _code) in enumerate(flags)
    ]
    marked = sets.with_columns(up=pl.sum_horizontal(bits))
    numbers = marked["up"].unique().sort()
    lists = [[code for place, (_flag, code) in enumerate(flags) if up >> place & 1] for up in numbers]
    told = pl.DataFrame({"up": numbers, "against": pl.Series(lists, dtype=pl.List(pl.String))})
    return marked.join(told, on="up", how="left", maintain_order="left")


def _judged(sets: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """May the set be posted by itself? And the codes of what speaks against it."""
    use = rules.evidence.model_dump()
    posting = [name for name, switch in use.items() if switch["auto"]]
    confirmed = pl.col("payer_how").is_in(CONFIRMED)
    known = pl.col("payer_sure") & pl.col("payer_how").is_in([*CONFIRMED, *WHOLE_NAMES])
    rule = pl.col("rule")
    needs = (
        # One short number may be anything; among several items of one amount it says too little.
        pl.when((pl.col("how") == "short") & (pl.col("size") == 1))
        .then(confirmed & pl.col("unique"))
        # The legal name and an amount that no other item has would post without any number.
        .when(rule.is_in(["reference_bare", "reference_typo"]))
        .then(confirmed | (known & pl.col("unique") & (pl.col("kind") == "exact")))
        .when(rule == "split")
        .then(confirmed)
        .when(rule == "order")
        .then((pl.col("size") == 1) & (known | (pl.col("carriers") == 1)))
        .when(rule.is_in(["reference_cut", "reference_lookalike"]))
        .then(known | (pl.col("carriers") == 1))
        .when(rule == "payer_amount")
        .then(known & (pl.col("unique") | (pl.col("kind") != "exact")))
        .when(rule == "combination")
        .then(confirmed)
        .when(rule == "combination_supported")
        .then(known)
        # An advice whose payer the text has as a part only is for a person to see.
        .when(pl.col("how") == "total_part")
        .then(pl.lit(value=False))
        .otherwise(pl.lit(value=True))
    )
    stranger = pl.col("payer_how") == "other"
    by_payer = rule.is_in(BY_PAYER)
    flags = [
        (by_payer & pl.col("names_foreign"), "EX-CCY"),
        (stranger | (by_payer & pl.col("names_other") & ~pl.col("names_foreign")), "EX-XCUST"),
        (~by_payer & pl.col("documents_other"), "EX-XCUST"),
        ((rule == "remittance") & pl.col("documents_own"), "EX-ITEM"),
        (pl.col("advised_other"), "EX-ITEM"),
        (
            rule.is_in(["payer_amount", "combination_supported"]) & pl.col("sister") & ~stranger,
            "EX-XCUST",
        ),
        ((pl.col("payer_how") == heirs.HEIR) & pl.col("sister"), "EX-XCUST"),
        # A split says who may have the debt, not whose this one is: only its reference or place does.
        ((pl.col("payer_how") == heirs.HEIR) & by_payer | pl.col("untimely"), "EX-SUCC"),
        ((pl.col("entities") > 1) | pl.col("foreign") | pl.col("elsewhere"), "EX-ENTITY"),
        (pl.col("twin"), "EX-DUPPAY"),
        (pl.col("taken_back"), "EX-RET"),
        (by_payer & pl.col("names_own") & ~pl.col("names_foreign"), "EX-ITEM"),
        (by_payer & pl.col("names_unknown"), "EX-CORRUPT"),
        (by_payer & pl.col("dated"), "EX-COINC"),
        (pl.col("early"), "EX-ADV"),
        (pl.col("insolvent"), "EX-INSOLV"),
        (pl.col("uncleared"), "EX-UNCLR"),
        (pl.col("closed"), "EX-PERIOD"),
        (pl.col("closed"), "EX-CUTOFF"),
    ]
    barred = pl.col("bar_codes").list.len().fill_null(0) > 0
    opposed = pl.any_horizontal([flag for flag, _code in flags]).fill_null(value=False) | barred
    # An initial and a surname are a name, though not whose.
    named_so = (
        pl.when(pl.col("payer_how") == "person").then(pl.lit(["EX-PII"])).otherwise(pl.lit(["EX-NEAR"]))
    )
    lacking = (
        pl.when(needs | (pl.col("codes").list.len() > 0))
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .when(rule == "reference_typo")
        .then(pl.lit(["EX-CORRUPT"]))
        .when((rule == "split") & ~confirmed | (rule == "reference_bare") & ~known)
        .then(pl.lit(["EX-UNID"]))
        .when((rule == "payer_name") | (pl.col("how") == "total_part"))
        .then(named_so)
        .when(~opposed)
        .then(pl.lit(["EX-ITEM"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    switched_off = (
        pl.when(rule == "payer_name")
        .then(named_so)
        .when(rule.is_in(["combination", "combination_supported"]))
        .then(pl.lit(["EX-NOREM"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    codes = pl.concat_list(
        "codes",
        "against",
        pl.col("bar_codes").fill_null([]),
        lacking,
        pl.when(rule.is_in(posting)).then(pl.lit([], dtype=pl.List(pl.String))).otherwise(switched_off),
    ).list.unique(maintain_order=True)
    # Most sets have no code; lists are built only for those that may have one.
    sets = sets.with_columns(opposed=opposed, needs=needs.fill_null(value=False), posting=rule.is_in(posting))
    plain = ~pl.col("opposed") & pl.col("needs") & pl.col("posting") & (pl.col("codes").list.len() == 0)
    sets = amended(
        sets, ~plain, lambda some: some.with_columns(codes=_against(some, flags).select(codes).to_series())
    )
    sets = sets.with_columns(
        w_against=pl.when(pl.col("codes").list.len() > 0).then(rules.weights.contradiction).otherwise(0.0)
    )
    sets = sets.with_columns(score=pl.sum_horizontal(WEIGHTS).round(6))
    sets = sets.with_columns(confidence=confidence_of(pl.col("score")))
    sets = sets.with_columns(
        auto=pl.col("auto")
        & pl.col("posting")
        & pl.col("needs")
        & ~pl.col("opposed")
        & (pl.col("confidence") >= rules.thresholds.auto),
    ).drop("opposed", "needs", "posting")
    # A person's name that is all a line has keeps nothing from posting; but who reviews it should know.
    bare_name = pl.col("rule").is_in(BY_PAYER) & ~pl.col("payer_how").is_in(CONFIRMED) & ~pl.col("auto")
    told = pl.concat_list("codes", pl.lit(["EX-PII"])).list.unique(maintain_order=True)
    return amended(sets, bare_name & pl.col("person"), lambda some: some.with_columns(codes=told))
