"""Step 3: search. The sets of open items that may explain a line, and how each would be settled.

    line 0 (4,200.00), reference to item 0 (4,200.00 open)        -> set 0: reference, item 0, cash 4,200.00, exact
    line 1 (108,000.00), reference to item 5 (118,000.00, TDS 10%) -> set 1: reference, cash 108,000.00, TDS 10,000.00
    line 2 (900.00), payer K21, nothing named                     -> sets 2, 3: combination, 400 + 500 and 600 + 300

Every set conserves its line's money: cash on items plus what goes on account is the amount.
"""

from __future__ import annotations

import polars as pl

from recon.fill import fill
from recon.match import short
from recon.match.asked import amended, nth
from recon.match.combine import amounts, credit_notes, excess, months, remitted, unnamed
from recon.match.frames import Found, Proposals, Ready
from recon.match.heirs import HEIR
from recon.rules.schema import Rules

RULE_OF = {
    "exact": "reference",
    "order": "order",
    "lookalike": "reference_lookalike",
    "cut": "reference_cut",
    "bare": "reference_bare",
    "short": "reference_bare",
    "typo": "reference_typo",
}
SINGLE_KINDS = ("exact", "deduction", "discount")
SET_COLUMNS = [
    "line",
    "rule",
    "kind",
    "how",
    "said",
    "carriers",
    "owner",
    "size",
    "on_account",
    "short",
    "auto",
    "codes",
    "reason",
    "counted",
    "chance",
]
LEG_COLUMNS = ["item", "cash", "deduction", "deduction_type"]
EQUAL_MAX = 8  # items of one amount that a line is tried with, where a payer has more


def search(ready: Ready, found: Found, rules: Rules) -> Proposals:
    """All sets of all lines; see `frames.Proposals` for the columns."""
    advised, refused = _advised(ready, found, rules)
    named, held = excess.held(_named(ready, found, rules), ready, found, rules)
    refused = pl.concat([refused, held.join(refused, on="line", how="anti", maintain_order="left")])
    # A line whose advice can't be followed, or that names a closed item or another company's, is not explained by
    # its amount alone.
    barred = pl.concat([refused.select("line"), found.closed.select("line"), found.elsewhere]).unique()
    offers = _offers(ready, found).join(barred, on="line", how="anti", maintain_order="left")
    single = _paid(ready, found, rules, offers)
    busy = pl.concat([named[0].select("line"), advised[0].select("line")]).unique()
    alone = offers.join(
        pl.concat([busy, single[0].select("line")]), on="line", how="anti", maintain_order="left"
    )
    split = _split(ready, rules, alone)
    busy = pl.concat([busy, split[0].select("line"), barred]).unique()
    exact = pl.when((pl.col("kind") == "exact").any()).then(pl.lit("exact")).otherwise(pl.lit("less"))
    paid = single[0].group_by("line", maintain_order=True).agg(kind=exact)
    combined, reached = unnamed.sets_of(ready, found, rules, busy, paid)
    single, combined = _contested(single, combined)
    parts = [named, advised, single, split, combined]
    sets, legs = _numbered([_switched(part, rules) for part in parts])
    _assert_whole(sets, legs, ready)
    return Proposals(sets=sets, legs=legs, refused=refused, reached=tuple(reached))


def _contested(
    single: tuple[pl.DataFrame, pl.DataFrame], combined: tuple[pl.DataFrame, pl.DataFrame]
) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Single items and sums of items that explain the same line: neither posts by itself."""
    both = single[0].select("line").join(combined[0].select("line"), on="line", how="semi")["line"]
    unsure = pl.col("line").is_in(both.unique().implode())
    return [(_doubted(sets, unsure), legs) for sets, legs in (single, combined)]


def _doubted(sets: pl.DataFrame, flag: pl.Expr) -> pl.DataFrame:
    """The sets, those that are flagged as no more than one reading of several."""
    codes = pl.concat_list("codes", pl.lit(["EX-ITEM"])).list.unique(maintain_order=True)
    return amended(sets, flag, lambda some: some.with_columns(auto=pl.lit(value=False), codes=codes))


def _switched(part: tuple[pl.DataFrame, pl.DataFrame], rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Only sets whose rule may propose."""
    proposing = [name for name, use in rules.evidence.model_dump().items() if use["propose"]]
    sets = part[0].filter(pl.col("rule").is_in(proposing))
    uncounted = {"counted": pl.lit(None, pl.Int64), "chance": pl.lit(None, pl.Float64)}
    sets = sets.with_columns(**{name: value for name, value in uncounted.items() if name not in sets.columns})
    return sets, part[1].join(
        sets.select("group", "reading"), on=["group", "reading"], how="semi", maintain_order="left"
    )


def _numbered(parts: list[tuple[pl.DataFrame, pl.DataFrame]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The parts' sets under one numbering, equal sets of one line once (the first rule that found them)."""
    offset = 0
    all_sets, all_legs = [], []
    for sets, legs in parts:
        numbered = sets.with_row_index("proposal").with_columns(pl.col("proposal").cast(pl.Int64) + offset)
        keyed = legs.join(
            numbered.select("proposal", "group", "reading"), on=["group", "reading"], maintain_order="left"
        )
        all_sets.append(numbered.select("proposal", *SET_COLUMNS))
        all_legs.append(keyed.select("proposal", *LEG_COLUMNS))
        offset += sets.height
    sets, legs = pl.concat(all_sets, how="vertical_relaxed"), pl.concat(all_legs, how="vertical_relaxed")
    if legs["proposal"].n_unique() < sets.height:
        sets = sets.join(legs, on="proposal", how="semi", maintain_order="left")
    again = _again(sets.select("proposal", "line"), legs)
    if again.is_empty():
        return sets, legs
    sets = sets.join(again, on="proposal", how="anti", maintain_order="left")
    return sets, legs.join(again, on="proposal", how="anti", maintain_order="left")


def _again(sets: pl.DataFrame, legs: pl.DataFrame) -> pl.DataFrame:
    """The sets whose legs are those of an earlier one: (proposal). Only sets of one line can be."""
    several = sets.filter(pl.col("line").is_duplicated())
    legs = legs.join(several, on="proposal", maintain_order="left")
    # Most sets have one leg, and are told apart by its columns; others by a text of theirs.
    many = pl.col("proposal").is_duplicated()
    one = legs.filter(~many)
    said = (
        legs.filter(many)
        .sort("proposal", "item", "deduction_type")
        .with_columns(leg=fill("{}:{}:{}:{}", "item", "cash", "deduction", "deduction_type"))
        .group_by("proposal", "line", maintain_order=True)
        .agg(content=pl.col("leg").str.join("|"))
        .sort("proposal")
    )
    leg = ["item", "cash", "deduction", "deduction_type"]
    first = one.sort("proposal").unique(["line", *leg], keep="first", maintain_order=True)
    told = said.unique(["line", "content"], keep="first", maintain_order=True)
    return pl.concat(
        [
            some.select("proposal").join(kept.select("proposal"), on="proposal", how="anti")
            for some, kept in ((one, first), (said, told))
        ]
    )


def _assert_whole(sets: pl.DataFrame, legs: pl.DataFrame, ready: Ready) -> None:
    cash = legs.group_by("proposal").agg(pl.col("cash").sum())
    check = sets.join(cash, on="proposal").join(ready.lines.select("line", "amount"), on="line")
    wrong = check.filter(pl.col("cash") + pl.col("on_account") != pl.col("amount"))
    assert wrong.is_empty(), f"a set does not conserve its line: {wrong.head(3).rows()}"


def _members(pairs: pl.DataFrame, ready: Ready) -> pl.DataFrame:
    """Groups of (group, line, item) with what `amounts.explain` needs; no other currencies, no money out."""
    lines = ready.lines.select("line", "amount", "currency", "booking_date")
    items = ready.items.select("item", item_currency="currency")
    rows = pairs.join(lines, on="line", maintain_order="left").join(items, on="item", maintain_order="left")
    rows = rows.filter((pl.col("amount") > 0) & (pl.col("currency") == pl.col("item_currency")))
    return rows.sort("group", "item")


def _explained(pairs: pl.DataFrame, ready: Ready, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings of groups with the group's own columns (line, owner, how, rule)."""
    members = _members(pairs, ready)
    readings, legs = amounts.explain(members.select(amounts.MEMBERS), ready, rules)
    several = pairs.filter(pl.col("group").is_duplicated())
    columns = ("line", "owner", "how", "rule", "single")
    alone = pairs.join(several, on="group", how="anti", maintain_order="left").select(
        "group", *columns, "carriers", "said", size=pl.lit(1, dtype=pl.UInt32)
    )
    more = several.group_by("group", maintain_order=True).agg(
        pl.col(columns).first(),
        pl.col("carriers").max(),
        said=pl.col("said").unique(maintain_order=True).str.join(" "),
        size=pl.col("item").n_unique(),
    )
    about = pl.concat([alone, more])
    return readings.join(about, on="group", maintain_order="left"), legs


def _grouped(refs: pl.DataFrame) -> pl.DataFrame:
    """References in groups: what a line names in one way of one owner, or one item; of lines that name several.

    Returns the references, a group's on end, with `sub`, which counts the groups up.
    """
    mixed = refs.filter(pl.col("how").is_in(["exact", "cut"])).filter(
        pl.col("how").n_unique().over("line", "owner") > 1
    )
    kinds = pl.concat(
        [refs, mixed.with_columns(how=pl.lit("cut"), mixed=pl.lit(value=True))], how="diagonal"
    ).with_columns(pl.col("mixed").fill_null(value=False))
    # A number that several of the owner's items carry names one of them, not all.
    clear = (
        (pl.col("item").n_unique().over("line", "owner", "how", "said", "mixed") == 1)
        .all()
        .over("line", "owner", "how", "mixed")
    )
    kinds = kinds.with_columns(clear=clear | (pl.col("how") == "order"))
    whole = kinds.filter("clear").with_columns(single=pl.lit(value=False))
    several = pl.col("item").n_unique().over("line", "owner", "how", "mixed") > 1
    alone = kinds.filter(~pl.col("mixed") & (several | ~pl.col("clear"))).with_columns(
        single=pl.lit(value=True)
    )
    keys = ["line", "owner", "how", "single", "one", "word", "mixed"]
    groups = pl.concat(
        [
            whole.with_columns(one=pl.lit(None, dtype=pl.Int64), word=pl.lit("")),
            alone.with_columns(one="item", word="said"),
        ]
    ).sort(keys, descending=[name == "single" for name in keys], nulls_last=True, maintain_order=True)
    return groups.with_columns(sub=pl.struct(keys).rle_id().cast(pl.Int64))


def _named(ready: Ready, found: Found, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sets of the items that a line names: all of one kind and owner together, and each alone."""
    refs = found.references.join(ready.items.select("item", "owner"), on="item", maintain_order="left")
    # Most lines name one thing, which is a group by itself.
    many = refs.filter(pl.col("line").is_duplicated())
    many = many.with_columns(carriers=pl.col("item").n_unique().over("line", "how", "said"))
    many = many.filter(pl.col("item").n_unique().over("line", "owner") <= rules.limits.items_per_line)
    columns = ["line", "item", "owner", "how", "said", "at", "single", "carriers", "sub"]
    lone = refs.filter(~pl.col("line").is_duplicated()).with_columns(
        carriers=pl.lit(1, dtype=pl.UInt32), single=pl.lit(value=False), sub=pl.lit(0, dtype=pl.Int64)
    )
    groups = pl.concat([lone.select(columns), _grouped(many).select(columns)])
    groups = groups.sort("line", "sub", maintain_order=True)
    new = (pl.col("line") != pl.col("line").shift(1)) | (pl.col("sub") != pl.col("sub").shift(1))
    groups = groups.with_columns(group=new.fill_null(value=True).cum_sum().cast(pl.Int64) - 1)
    size = pl.col("item").n_unique().over("group")
    rule = (
        pl.when((pl.col("how") == "exact") & (size > 1))
        .then(pl.lit("reference_list"))
        .otherwise(pl.col("how").replace_strict(list(RULE_OF), list(RULE_OF.values())))
    )
    pairs = groups.with_columns(rule=rule).unique(["group", "item"], keep="first", maintain_order=True)
    pairs = pairs.select("group", "line", "item", "owner", "how", "rule", "single", "said", "carriers")
    noted = credit_notes.taken(pairs, ready)
    readings, legs = _explained(pl.concat([pairs, noted]), ready, rules)
    # A credit note that nobody named is proposed, never posted.
    unsaid = pl.col("group").is_in(noted["group"].implode())
    readings = _doubted(readings, unsaid)
    # One of several named items is a reading only if it alone explains the amount.
    readings = readings.filter(~pl.col("single") | pl.col("kind").is_in(SINGLE_KINDS))
    # An order that several items carry says which of them are paid only if their sum does.
    vague = (pl.col("how") == "order") & (pl.col("size") > 1) & ~pl.col("kind").is_in(SINGLE_KINDS)
    # Nor does a number of few digits.
    readings = readings.filter(~vague & ((pl.col("how") != "short") | pl.col("kind").is_in(SINGLE_KINDS)))
    # Of the items that begin as a number cut off, or end as a bare one, the amount chooses one, if it is one number;
    # else one of several that are named leaves open why the others are.
    one_of = pl.col("how").is_in(["cut", "bare"])
    scattered = many.filter(one_of & (pl.col("at").n_unique().over("line", "owner") > 1))
    chosen = one_of & (pl.col("kind") == "exact")
    chosen = chosen & ~pl.col("line").is_in(scattered["line"].implode())
    readings = _doubted(readings, pl.col("single") & ~chosen)
    readings = _doubted(readings, short.rivalled(readings, legs, ready))
    return readings, legs.join(
        readings.select("group", "reading"), on=["group", "reading"], how="semi", maintain_order="left"
    )


def _advised(
    ready: Ready, found: Found, rules: Rules
) -> tuple[tuple[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """Sets that remittances state; and the lines whose remittance can't be followed."""
    sets, legs = remitted.sets_of(ready, found, rules)
    usable = sets.filter("usable").with_columns(
        group=pl.col("line"),
        reading=pl.lit(0, dtype=pl.Int64),
        rule=pl.lit("remittance"),
        kind=pl.when(pl.col("short") == 0).then(pl.lit("exact")).otherwise(pl.lit("part")),
        how="links",
        said=pl.lit(""),
        carriers=pl.lit(0, dtype=pl.UInt32),
        auto=(pl.col("codes").list.len() == 0) & ~pl.col("links").is_in(["total_part", "totals"]),
        reason=pl.when(pl.col("links") == "totals")
        .then(pl.lit("as two remittances say, which together are the amount"))
        .otherwise(pl.lit("as the remittance says")),
    )
    stated = legs.with_columns(group=pl.col("line"), reading=pl.lit(0, dtype=pl.Int64))
    refused = sets.filter(~pl.col("usable")).select(
        "line", advice_codes="codes", advice_customer="customer_id"
    )
    return (
        usable,
        stated.join(usable.select("group"), on="group", how="semi", maintain_order="left"),
    ), refused


def _offers(ready: Ready, found: Found) -> pl.DataFrame:
    """The payer whose items a line may pay: a sure one, or a clear likeness; not one of several customers."""
    lines = ready.lines.filter((pl.col("state") == "open") & (pl.col("amount") > 0)).select(
        "line", "amount", "currency"
    )
    offers = (
        found.payers.filter(pl.col("owners") == 1)
        .select("line", "owner", how="how")
        .unique(["line", "owner"], keep="first", maintain_order=True)
    )
    return lines.join(offers, on="line", maintain_order="left")


def _paid(
    ready: Ready, found: Found, rules: Rules, offers: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Single items of the payer whose amount is the receipt's, exactly or less a deduction of its profile."""
    items = ready.items.filter(pl.col("open") > 0).select(
        "item", "owner", "currency", "open", "due_date", "spoken"
    )
    named = found.references.filter(pl.col("how").is_in(["exact", "order"])).select("line").unique()
    equal = _equal(
        items,
        offers.with_columns(naming=pl.col("line").is_in(named["line"].implode())),
    )
    taxed = ready.customers.filter(pl.col("tax_profile") != "").select("owner").unique()
    small = items.filter(pl.len().over("owner") <= rules.limits.items_to_post)
    lesser = (
        offers.join(equal, on="line", how="anti", maintain_order="left")
        .join(named, on="line", how="anti", maintain_order="left")
        .join(taxed, on="owner", how="semi", maintain_order="left")
        .join(small, on=["owner", "currency"], maintain_order="left")
        .filter((pl.col("open") > pl.col("amount")) & (pl.col("amount") * 10 >= pl.col("open") * 6))
        .drop("open")
    )
    pairs = pl.concat(
        [equal.select("line", "item", "owner", "how"), lesser.select("line", "item", "owner", "how")]
    )
    uncertain = pl.col("how").is_in(["fuzzy", "part", "person"])
    pairs = pairs.with_columns(
        rule=pl.when(uncertain).then(pl.lit("payer_name")).otherwise(pl.lit("payer_amount")),
        single=pl.lit(value=True),
        said=pl.lit(""),
        carriers=pl.lit(0, dtype=pl.UInt32),
    )
    use = rules.evidence
    wanted = [
        name
        for name, on in (("payer_amount", use.payer_amount.propose), ("payer_name", use.payer_name.propose))
        if on
    ]
    pairs = (
        pairs.filter(pl.col("rule").is_in(wanted))
        .sort("line", "item")
        .with_row_index("group")
        .with_columns(pl.col("group").cast(pl.Int64))
    )
    readings, legs = _explained(pairs, ready, rules)
    readings = readings.filter(pl.col("kind").is_in(SINGLE_KINDS))
    # An amount alone does not speak against the month that the text names.
    apart = months.other(readings, legs, ready).with_columns(apart=pl.lit(value=True))
    readings = readings.join(apart, on=["group", "reading"], how="left", maintain_order="left")
    said = pl.col("reason") + pl.lit(", the text names another month")
    readings = amended(readings, pl.col("apart"), lambda some: some.with_columns(reason=said))
    readings = _doubted(readings, pl.col("apart")).drop("apart")
    return readings, legs.join(
        readings.select("group", "reading"), on=["group", "reading"], how="semi", maintain_order="left"
    )


def _equal(items: pl.DataFrame, offers: pl.DataFrame) -> pl.DataFrame:
    """Lines with the payer's items of their amount; of more than EQUAL_MAX, each line has its own few.

    A payer with thousands of equal items and receipts would make millions of pairs, and they tell nothing more: the
    first receipt is tried with the oldest items, the next from the second oldest on, and so on. Items that a line
    names, and lines that name one (`spoken`, `naming`), come last.
    """
    keys = ["owner", "currency", "amount"]
    asked = offers.select(keys).unique()
    aged = (
        items.rename({"open": "amount"})
        .join(asked, on=keys, how="semi")
        .sort(*keys, "spoken", "due_date", "item", nulls_last=True)
        .with_columns(nth=nth(*keys))
    )
    counts = aged.group_by(keys, maintain_order=True).agg(count=pl.len().cast(pl.Int64))
    lines = offers.sort("naming", "line").join(counts, on=keys, maintain_order="left")
    turn = pl.int_range(pl.len()).over(keys)
    lines = amended(
        lines.with_columns(first=pl.lit(0, dtype=pl.Int64)),
        pl.col("count") > EQUAL_MAX,
        lambda some: some.with_columns(first=pl.min_horizontal(turn, pl.col("count") - EQUAL_MAX)),
    )
    lines = lines.with_columns(
        nth=pl.int_ranges(pl.col("first"), pl.min_horizontal(pl.col("first") + EQUAL_MAX, "count"))
    ).explode("nth")
    return lines.join(aged, on=[*keys, "nth"], maintain_order="left").select("line", "item", *keys, "how")


def _split(ready: Ready, rules: Rules, offers: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Several receipts of one payer on one day that add up to its only open item."""
    if not rules.evidence.split.propose:
        offers = offers.clear()
    offers = offers.filter(pl.col("how") != HEIR)
    offers = offers.filter(pl.len().over("line") == 1).join(
        ready.lines.select("line", "booking_date"), on="line", maintain_order="left"
    )
    same = offers.with_columns(
        total=pl.col("amount").sum().over("owner", "booking_date", "currency"),
        confirmed=pl.col("how")
        .is_in(["account", "alias", "vendor"])
        .all()
        .over("owner", "booking_date", "currency"),
        lines=pl.len().over("owner", "booking_date", "currency"),
    ).filter(pl.col("lines") > 1)
    only = ready.items.filter(pl.len().over("owner") == 1).select("item", "owner", "currency", total="open")
    hits = same.join(only, on=["owner", "currency", "total"], maintain_order="left").with_columns(
        group=pl.col("line"),
        reading=pl.lit(0, dtype=pl.Int64),
        rule=pl.lit("split"),
        said=pl.lit(""),
        carriers=pl.lit(0, dtype=pl.UInt32),
        kind=pl.lit("exact"),
        size=pl.lit(1, dtype=pl.UInt32),
        on_account=pl.lit(0, dtype=pl.Int64),
        short=pl.lit(0, dtype=pl.Int64),
        # One receipt whose payer is not sure leaves the sum open, and so all the others.
        auto=pl.col("confirmed"),
        codes=pl.when("confirmed").then(pl.lit([], dtype=pl.List(pl.String))).otherwise(pl.lit(["EX-UNID"])),
        reason=fill("one of {} receipts of the day that add up to the payer's only open item", "lines"),
    )
    return hits, hits.with_columns(
        cash="amount", deduction=pl.lit(0, dtype=pl.Int64), deduction_type=pl.lit("")
    )
