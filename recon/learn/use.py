"""What was accepted, put to use in a run: beside what the files say, in the reasons, and against rejected pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from recon.fill import fill
from recon.learn.kinds import ACCOUNT, ALIAS, HELD, KEYS, PATTERN, REFERENCE, TAX
from recon.learn.patterns import as_aliases, pattern
from recon.learn.state import Force
from recon.model import ALIASES, CUSTOMERS, EXCEPTIONS, Outcome, Result, Status

REJECTED_CODE: Final = "EX-REJ"
DETAIL: Final = "payer and customer were rejected together before"
HELD_CODE: Final = "EX-HELD"
HELD_DETAIL: Final = "what was learned of this payer is held"
ALIKE_DETAIL: Final = "nothing but how the reference begins says whose it is"
BY_DOCUMENT: Final = ("reference", "reference_list")  # rules that need nobody to know the payer


_SOURCE: Final = fill("learned {}, {} by {}", pl.col("at").str.head(10), "event", "who")


def joined(
    customers: pl.DataFrame,
    aliases: pl.DataFrame,
    items: pl.DataFrame,
    force: Force,
    spoken: pl.DataFrame | None = None,
    known: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Customers and aliases (outer form) with what was learned: names and references as aliases with their days.

    A customer that only the open items name gets a row of its own where an account or a tax of it was learned.

    Args:
        customers: model.CUSTOMERS, as the files say.
        aliases: model.ALIASES, as the files say.
        items: open items, for the names of customers without a row.
        force: what counts.
        spoken: reference: what stands in the lines, where patterns count.
        known: kind, subject, meaning: what the files say, where patterns count.
    """
    accepted = force.used
    named = accepted.filter(pl.col("kind").is_in([ALIAS, REFERENCE])).select(
        alias="subject",
        customer_id="meaning",
        valid_from="valid_from",
        valid_to="valid_to",
        source=_SOURCE,
    )
    if spoken is not None and known is not None:
        named = pl.concat([named, as_aliases(spoken, accepted, known, _SOURCE).select(named.columns)])
    more = _further(accepted)
    if not more.is_empty():
        customers = _with_rows(customers, more["customer_id"], items)
        customers = customers.join(more, on="customer_id", how="left", maintain_order="left")
        customers = customers.with_columns(_added("accounts"), _added("tax_profile")).drop(
            "more_accounts", "more_tax_profile"
        )
    return customers, pl.concat([aliases, named.select(ALIASES.names)], how="diagonal_relaxed")


def _day() -> pl.Expr:
    return pl.col("at").str.head(10)


def _further(accepted: pl.DataFrame) -> pl.DataFrame:
    """Accounts and taxes of customers: customer_id, more_accounts, more_tax_profile; `;` between."""
    accounts = accepted.filter(pl.col("kind") == ACCOUNT).select(
        customer_id="meaning", more_accounts="subject"
    )
    taxes = accepted.filter(pl.col("kind") == TAX).select(customer_id="subject", more_tax_profile="meaning")
    both = pl.concat([accounts, taxes], how="diagonal")
    return both.group_by("customer_id", maintain_order=True).agg(
        pl.col("more_accounts", "more_tax_profile").drop_nulls().unique(maintain_order=True).str.join(";")
    )


def _added(name: str) -> pl.Expr:
    said, more = pl.col(name).fill_null(""), pl.col(f"more_{name}").fill_null("")
    return pl.when((said != "") & (more != "")).then(said + ";" + more).otherwise(said + more).alias(name)


def _with_rows(customers: pl.DataFrame, wanted: pl.Series, items: pl.DataFrame) -> pl.DataFrame:
    """The customers, and those wanted that no row is of, by the name that their open items have."""
    rows = pl.DataFrame({"customer_id": wanted}).join(
        customers, on="customer_id", how="anti", maintain_order="left"
    )
    names = items.select("customer_id", name="customer_name").unique("customer_id", keep="first")
    new = rows.join(names, on="customer_id", how="left", maintain_order="left")
    missing = [
        pl.lit(None, dtype=CUSTOMERS.outer_schema[name]).alias(name)
        for name in ("accounts", "tax_profile")
        if name not in customers.columns
    ]
    return pl.concat([customers.with_columns(missing), new], how="diagonal_relaxed")


def told(result: Result, payers: pl.DataFrame, kin: pl.DataFrame, force: Force) -> Result:
    """The result, whose reasons name what was learned: `alias learned 2026-03-04, accepted by anna (K101)`.

    Args:
        result: in inner form.
        payers: line_id, payer, account, numbers and references (lists), of the lines that it may concern.
        kin: meaning, customer_id: each customer with itself and with those that are one with it by now.
        force: what counts.
    """
    if force.accepted.is_empty() or result.allocations.is_empty():
        return result
    keyed = pl.concat(
        [
            _said_of(payers),
            payers.select("line_id", subject="references")
            .explode("subject")
            .select("line_id", pl.lit(PATTERN).alias("kind"), pattern(pl.col("subject"))),
        ]
    )
    words = _words()
    own = force.accepted.filter(pl.col("kind") != TAX).select("kind", "subject", "meaning", text=words)
    by_payer = keyed.join(own, on=["kind", "subject"], maintain_order="left")
    theirs = result.allocations.select("line_id", "customer_id").unique(maintain_order=True)
    said = (
        by_payer.join(theirs, on="line_id", maintain_order="left")
        .join(kin, on=["meaning", "customer_id"], how="semi", maintain_order="left")
        .select("line_id", "text")
    )
    taxes = force.accepted.filter(pl.col("kind") == TAX).select(
        customer_id="subject", type=pl.col("meaning").str.extract(r"^(\S+)", 1), text=words
    )
    taxed = (
        result.allocations.filter(pl.col("deduction_minor").fill_null(0) != 0)
        .select("line_id", "customer_id", type="deduction_type")
        .join(taxes, on=["customer_id", "type"], maintain_order="left")
        .select("line_id", "text")
    )
    every = pl.concat([said, taxed])
    return _reasoned(result, _said(every))


def sure(payers: pl.DataFrame, says: pl.DataFrame) -> pl.DataFrame:
    """Customers that a line's payer, account or number is known to be: line_id, meaning.

    Args:
        payers: line_id, payer, account, numbers (list).
        says: kind, subject, meaning.
    """
    found = _said_of(payers).join(says, on=["kind", "subject"], maintain_order="left")
    return found.select("line_id", "meaning").unique(maintain_order=True)


def _said_of(payers: pl.DataFrame) -> pl.DataFrame:
    """What lines say of who pays: line_id, kind, subject."""
    return pl.concat(
        [
            payers.select("line_id", kind=pl.lit(ALIAS), subject="payer"),
            payers.select("line_id", kind=pl.lit(ACCOUNT), subject="account"),
            payers.select("line_id", subject="numbers")
            .explode("subject")
            .select("line_id", pl.lit(REFERENCE).alias("kind"), "subject"),
        ]
    )


def held(result: Result, payers: pl.DataFrame, kin: pl.DataFrame, force: Force) -> Result:
    """The result, in which no line of a rejected pair is `auto`, and each says who rejected the pair and when.

    Args:
        result: in inner form.
        payers: line_id, payer, of the lines that it may concern.
        kin: meaning, customer_id: each customer with itself and with those that are one with it by now.
        force: what counts.
    """
    if force.rejected.is_empty() or result.allocations.is_empty():
        return result
    words = fill("rejected before by {} on {} ({})", "who", _day(), "meaning")
    pairs = force.rejected.select("meaning", payer="subject", text=words)
    pairs = pairs.join(kin, on="meaning", maintain_order="left").drop("meaning")
    proposed = result.allocations.select("line_id", "customer_id").unique(maintain_order=True)
    found = proposed.join(payers.select("line_id", "payer"), on="line_id", maintain_order="left").join(
        pairs, on=["payer", "customer_id"], maintain_order="left"
    )
    said = _said(found)
    return _reasoned(_stopped(result, said, REJECTED_CODE, DETAIL), said)


def doubted(result: Result, mentions: pl.DataFrame, kin: pl.DataFrame, force: Force) -> Result:
    """The result, in which no line is `auto` that may rest on what is held; each says since when and why.

    A line that names its documents stays as it is: it would be posted if nothing had been learned.

    Args:
        result: in inner form.
        mentions: line_id, kind, subject, meaning: where something held stands in a line, or may.
        kin: meaning, customer_id: each customer with itself, its successors and its group's others.
        force: what counts.
    """
    if force.held.is_empty() or mentions.is_empty() or result.allocations.is_empty():
        return result
    said = _said(_resting(result, mentions, kin, force.held))
    return _reasoned(_stopped(result, said, HELD_CODE, HELD_DETAIL), said)


def alike(
    result: Result, mentions: pl.DataFrame, known: pl.DataFrame, kin: pl.DataFrame, force: Force
) -> Result:
    """The result, in which no line is `auto` whose customer is known by the pattern of its reference alone.

    Others may begin their references so, too: a pattern proposes, and what else is known of the payer posts.

    Args:
        result: in inner form.
        mentions: line_id, kind, subject, meaning: where a learned pattern stands in a line.
        known: line_id, meaning, as `sure` gives them: customers that the payer is known to be.
        kin: meaning, customer_id: as for `held`.
        force: what counts.
    """
    if mentions.is_empty() or result.allocations.is_empty():
        return result
    open_ = mentions.join(known, on=["line_id", "meaning"], how="anti", maintain_order="left")
    # The reasons name the pattern already.
    return _stopped(result, _said(_resting(result, open_, kin, force.accepted)), HELD_CODE, ALIKE_DETAIL)


def _resting(
    result: Result, mentions: pl.DataFrame, kin: pl.DataFrame, learned: pl.DataFrame
) -> pl.DataFrame:
    """Lines that name no document and may rest on something learned, with the words for it: line_id, text."""
    proposed = result.allocations.group_by("line_id", "customer_id", maintain_order=True).agg(
        named=pl.col("rule").fill_null("").is_in(list(BY_DOCUMENT)).all()
    )
    return (
        proposed.filter(~pl.col("named"))
        .join(mentions, on="line_id", maintain_order="left")
        .join(kin, on=["meaning", "customer_id"], how="semi", maintain_order="left")
        .join(learned.select(*KEYS, text=_words()), on=KEYS, maintain_order="left")
    )


def _words() -> pl.Expr:
    """What the reasons say of a thing: who accepted it, or since when it is held and why."""
    held_ = fill("{} held since {}, contradicted by {} ({})", "kind", _day(), "note", "meaning")
    stands = fill("{} learned {}, {} by {} ({})", "kind", _day(), "event", "who", "meaning")
    return pl.when(pl.col("event") == HELD).then(held_).otherwise(stands)


def _said(found: pl.DataFrame) -> pl.DataFrame:
    """The words of each line as one text: (line_id, text)."""
    return found.group_by("line_id", maintain_order=True).agg(
        pl.col("text").unique(maintain_order=True).str.join("; ")
    )


def _stopped(result: Result, said: pl.DataFrame, code: str, detail: str) -> Result:
    """The result, in which none of these lines, (line_id, text), is `auto`."""
    if said.is_empty():
        return result
    barred = pl.col("line_id").is_in(said["line_id"].implode())
    posts = barred & (pl.col("outcome") == Outcome.AUTO)
    stopped = result.lines.filter(posts).select("line_id", "currency")
    lines = result.lines.with_columns(
        code=pl.when(posts).then(pl.lit(code)).otherwise("code"),
        outcome=pl.when(posts).then(pl.lit(str(Outcome.SUGGESTED))).otherwise("outcome"),
    )
    allocations = result.allocations.with_columns(
        status=pl.when(barred).then(pl.lit(str(Status.SUGGESTED))).otherwise("status")
    )
    asked = stopped.join(said, on="line_id", maintain_order="left").select(
        "line_id",
        "currency",
        code=pl.lit(code),
        amount_minor=pl.lit(0, dtype=pl.Int64),
        detail=fill("{}: {}", pl.lit(detail), "text"),
        alternatives=pl.lit(""),
    )
    exceptions = pl.concat([result.exceptions, asked.select(list(EXCEPTIONS.inner_schema))])
    return replace(result, lines=lines, allocations=allocations, exceptions=exceptions)


def _reasoned(result: Result, said: pl.DataFrame) -> Result:
    """The result with more words in the reasons of these lines: (line_id, text)."""
    rows = result.allocations.join(said, on="line_id", how="left", maintain_order="left")
    more = pl.when(pl.col("text").is_null()).then("reasons").otherwise(fill("{}; {}", "reasons", "text"))
    return replace(result, allocations=rows.with_columns(reasons=more).drop("text"))
