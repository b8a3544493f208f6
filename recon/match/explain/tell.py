"""Step 6: tell. Each line's outcome, what is allocated and why, and what a person must look at.

    line 0: set {INV-1042} score 16, auto, no rival   -> auto, allocation 4,200.00, MT-REF1
    line 1: two sets as good as each other            -> suggested, EX-ITEM, the other as alternative
    line 2: nothing                                   -> exception EX-UNID, the whole amount

The words come from the same columns that decided (weights, codes, rivals), never from a second look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from recon import together
from recon.fill import fill
from recon.match.asked import amended
from recon.match.distribute import PART_MIN, of_ledger, of_lines, some_of
from recon.match.explain import allowances, details, guesses, readings, wording
from recon.match.explain.others import Others, others, sure
from recon.match.explain.reasons import evidence_code, reasons
from recon.match.explain.unmatched import unmatched_lines
from recon.match.explain.words import RETURNED_ALONE, WORDS_OF_CODE
from recon.match.frames import Chosen, Found, Proposals, Ready
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, Outcome, Result, Status
from recon.rules.schema import Rules
from recon.together import Once

# What any word asks for.
ITEMS_TOLD = ("item", "item_id", "doc_no", "customer_id", "owner", "currency", "open")


@dataclass(frozen=True)
class Outlook:
    """What is told of: the lines, the evidence, the sets, and of the ledger no more than is asked for.

    ready: every line; of the items ITEMS_TOLD, of keys and advices those that a line can meet.
    found: the evidence.
    weighed: every set, by line.
    chosen: the sets that were chosen, with their outcome.
    among: what all lines must be looked at for.
    """

    ready: Ready
    found: Found
    weighed: Proposals
    chosen: Chosen
    among: Others


def outlook(ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, rules: Rules) -> Outlook:
    """What `tell` goes by, so that whoever has the rest of the ledger can let go of it before.

    Args:
        ready: every line and item.
        found: the evidence.
        weighed: every set, by line.
        chosen: the sets that were chosen.
        rules: frozen rules.
    """
    chosen = allowances.within_year(chosen, ready, rules)
    sets = _settled(chosen)
    among = others(ready, found, weighed, chosen, sets, rules)
    told = replace(ready, once=Once(), items=ready.items.select(ITEMS_TOLD))
    return Outlook(told, found, weighed, replace(chosen, sets=sets), among)


def tell(seen: Outlook, rules: Rules, lines_max: int, workers: int = 1) -> Result:
    """The result tables in inner form; asserts that each line's money is conserved.

    Args:
        seen: what there is to tell.
        rules: frozen rules.
        lines_max: lines that are told at a time, by all workers together; the result is the same.
        workers: parts that are told at the same time, by threads, since all parts look into the same tables.
    """
    every = seen.ready.lines.select("line")
    some = together.parts(every, max(lines_max // workers, 1), workers, PART_MIN)
    told = list(together.each(partial(_of_lines, seen, rules), some, workers))
    steps = (seen.ready, seen.found, seen.weighed, seen.chosen, seen.among)
    return Result(
        lines=pl.concat([one.lines for one in told]),
        allocations=pl.concat([one.allocations for one in told]),
        exceptions=pl.concat([one.exceptions for one in told]),
        problems=tuple(dict.fromkeys(problem for step in steps for problem in step.problems)),
    )


def _of_lines(seen: Outlook, rules: Rules, lines: pl.DataFrame) -> Result:
    """The result tables of some lines: (line)."""
    ready, found, weighed, chosen = seen.ready, seen.found, seen.weighed, seen.chosen
    proposed = some_of(weighed.sets, lines)
    weighed = replace(
        weighed,
        sets=proposed,
        legs=some_of(weighed.legs, proposed, "proposal"),
        refused=some_of(weighed.refused, lines),
    )
    sets = some_of(chosen.sets, lines)
    chosen = replace(
        chosen,
        sets=sets,
        legs=some_of(chosen.legs, sets, "proposal"),
        losers=some_of(chosen.losers, lines),
        others=some_of(chosen.others, lines),
    )
    found = of_lines(found, lines)
    # What else a payer has open is asked only for lines without a proposal.
    proposed = sets.filter(pl.col("outcome") != Outcome.EXCEPTION)
    asking = lines.join(proposed, on="line", how="anti", maintain_order="left")
    ledger = of_ledger(ready, found, lines, weighed.legs, asking)
    return _told(ledger, found, weighed, chosen, seen.among, rules)


def _told(
    ready: Ready, found: Found, weighed: Proposals, chosen: Chosen, among: Others, rules: Rules
) -> Result:
    """The result tables of some lines; the chosen sets have their outcome."""
    sets = chosen.sets
    alternatives = readings.alternatives(ready, weighed, chosen, sets, among, rules)
    sets = readings.runners_up(sets, weighed, ready).join(
        alternatives.select("line", "common"), on="line", how="left", maintain_order="left"
    )
    sets = sets.with_columns(lone=wording.lone(rules))
    proposed = sets.filter(pl.col("outcome") != Outcome.EXCEPTION)
    allocations = _allocations(ready, found, chosen, proposed)
    unmatched = unmatched_lines(ready, found, weighed, chosen, proposed, among, rules)
    worded = wording.of(sets, unmatched, ready.lines, rules)
    unmatched = wording.detailed(unmatched, worded)
    on_account = unmatched.filter(pl.col("holder") != "")
    held = on_account.select(
        "line",
        amount="amount",
        status=pl.lit(str(Status.SUGGESTED)),
        confidence=pl.lit(0.0),
        rule=pl.lit("on_account"),
        reasons=fill("held on account of customer {}; {}", "holder", "detail"),
        customer_id="holder",
    )
    allocations = pl.concat([allocations, _held(held)], how="diagonal")
    alternatives = guesses.added(alternatives, unmatched, ready, found, among)
    exceptions = pl.concat(
        [_queries(proposed, alternatives), _open_exceptions(unmatched, alternatives), _returned(ready)],
        how="diagonal",
    )
    behind = _behind(exceptions, ready, found, weighed, chosen, unmatched, among, rules)
    exceptions = _detailed(exceptions, behind, alternatives, worded)
    lines = _lines(ready, proposed, unmatched)
    result = Result(
        lines=_finished(lines, ready, LINES.inner_schema),
        allocations=_finished(allocations, ready, ALLOCATIONS.inner_schema),
        exceptions=_finished(exceptions, ready, EXCEPTIONS.inner_schema),
    )
    _assert_conserved(result, ready)
    return result


def _behind(
    exceptions: pl.DataFrame,
    ready: Ready,
    found: Found,
    weighed: Proposals,
    chosen: Chosen,
    unmatched: pl.DataFrame,
    among: Others,
    rules: Rules,
) -> pl.DataFrame:
    """What can be said to the codes of lines that have any; most have none."""
    lines = exceptions.select("line").unique().sort("line")
    sets = some_of(chosen.sets, lines)
    return details.behind(
        replace(ready, lines=some_of(ready.lines, lines)),
        of_lines(found, lines),
        weighed,
        replace(chosen, sets=sets, legs=some_of(chosen.legs, sets, "proposal")),
        unmatched,
        among,
        rules,
    )


def _settled(chosen: Chosen) -> pl.DataFrame:
    """The chosen sets with their outcome; a rival or a low confidence makes a suggestion."""
    auto = pl.col("auto") & (pl.col("rivals") == 0)
    rival = (
        pl.when((pl.col("owners") > 1) | (pl.col("rival_owner") != pl.col("owner")))
        .then(pl.lit(["EX-CUST"]))
        .otherwise(pl.lit(["EX-ITEM"]))
    )
    sets = amended(
        chosen.sets,
        pl.col("rivals") > 0,
        lambda some: some.with_columns(codes=pl.concat_list("codes", rival).list.unique(maintain_order=True)),
    )
    # A suggestion always says what kept it from being posted.
    sets = amended(
        sets,
        ~auto & (pl.col("codes").list.len() == 0),
        lambda some: some.with_columns(codes=pl.lit(["EX-ITEM"])),
    )
    # Sets without any reference of which several fit are no proposal; the money goes on account.
    several = (pl.col("rivals") > 0) | (pl.col("counted") > 1).fill_null(value=False)
    vague = (pl.col("rule") == "combination") & several
    outcome = (
        pl.when(auto)
        .then(pl.lit(Outcome.AUTO))
        .when(vague)
        .then(pl.lit(Outcome.EXCEPTION))
        .otherwise(pl.lit(Outcome.SUGGESTED))
    )
    # Readings that are as good share the confidence between them.
    shared = (pl.col("confidence") / (1 + pl.col("rivals"))).round(4)
    settled = sets.with_columns(outcome=outcome.cast(pl.String), confidence=shared)
    # A part or an over-payment says what is left, and posts where the rules let it.
    whole = ~pl.col("kind").is_in(["part", "over"])
    coded = settled.select("kind", "rule", "codes", "outcome").filter(pl.col("codes").list.len() > 0)
    doubted = coded.filter(whole & (pl.col("outcome") == Outcome.AUTO))
    assert doubted.is_empty(), (
        f"a set is posted that something speaks against: {doubted['rule', 'codes'].head(3).rows()}"
    )
    return settled


def _detailed(
    exceptions: pl.DataFrame, behind: pl.DataFrame, alternatives: pl.DataFrame, worded: pl.DataFrame
) -> pl.DataFrame:
    """The exceptions with what stands behind each code, and what all readings have in common."""
    told = exceptions.join(worded, on=["line", "code"], how="left", maintain_order="left").with_columns(
        detail=pl.coalesce("said", "detail")
    )
    told = told.join(behind, on=["line", "code"], how="left", maintain_order="left").join(
        alternatives.select("line", "common"), on="line", how="left", maintain_order="left"
    )
    shared = pl.when(pl.col("code") == "EX-ITEM").then(fill("in every reading: {}", "common"))
    more = pl.concat_str("more", shared, separator="; ", ignore_nulls=True)
    return told.with_columns(
        detail=pl.when(more != "").then(fill("{}: {}", "detail", more)).otherwise("detail")
    )


def _allocations(ready: Ready, found: Found, chosen: Chosen, proposed: pl.DataFrame) -> pl.DataFrame:
    """One row for each item and deduction, and one for what goes on account of the payer, if that is known."""
    paying = sure(found).select("line", customer_id="payer")
    told = reasons(evidence_code(proposed))
    about = told.select(
        "proposal", "line", "confidence", "rule", "reasons", "on_account", "surplus", status="outcome"
    )
    legs = chosen.legs.join(about, on="proposal", maintain_order="left").join(
        ready.items.select("item", "item_id", "customer_id"), on="item", maintain_order="left"
    )
    settled = legs.with_columns(amount="cash")
    rest = about.filter((pl.col("on_account") != 0) & (pl.col("surplus") == "")).with_columns(
        amount="on_account"
    )
    rest = rest.join(paying, on="line", how="left", maintain_order="left").with_columns(
        pl.col("customer_id").fill_null("")
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
                "customer_id",
            ),
            _held(rest.select("line", "amount", "status", "confidence", "rule", "reasons", "customer_id")),
        ],
        how="diagonal_relaxed",
    )


def _held(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        item_id=pl.lit(""), deduction=pl.lit(0, dtype=pl.Int64), deduction_type=pl.lit("")
    )


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


def _returned(ready: Ready) -> pl.DataFrame:
    """A row for each payment that came back without its receipt."""
    return ready.lines.filter(pl.col("state") == "returned").select(
        "line", "amount", code="class_code", detail=pl.lit(RETURNED_ALONE), alternatives=pl.lit("")
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
        .when(pl.col("state") == "returned")
        .then(pl.lit(str(Outcome.EXCEPTION)))
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
