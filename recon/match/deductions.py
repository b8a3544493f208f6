"""What a customer may keep back: its tax profile read, and every combination that a payment may have used."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from recon.match.frames import Ready
from recon.rules.schema import Deduction, Rules

PPM = 1_000_000  # rates as parts per million of the base: 10 % = 100,000
PLANS_MAX = 24  # combinations of deductions tried for one tax profile
PER_CENT = 10_000


@dataclass(frozen=True)
class Kept:
    """One thing that a customer may keep back."""

    type: str
    rate_ppm: int
    base: str
    rounding: Decimal
    auto: bool
    id: str


def allowed(profile: str, deductions: Iterable[Deduction]) -> list[Kept]:
    """What a tax profile allows: `TDS 10%; GSTTDS 2%`, `194J/1027`, `CIS 20%`.

    A rate that the profile names and no rule has takes its other settings from a rule of the same type.
    """
    known = list(deductions)
    words = [word for word in re.split(r"[^A-Z0-9().%]+", profile.upper()) if word]
    found: dict[tuple[str, int], Kept] = {}
    for rule in known:
        named = {word.upper() for word in rule.profiles}
        if named.intersection(words):
            kept = _kept(rule)
            found[kept.type, kept.rate_ppm] = kept
    for type_, number in re.findall(r"([A-Z][A-Z-]*)\s+(\d+(?:\.\d+)?)\s*%", profile.upper()):
        name = type_.replace("-", "")
        rate = int(Decimal(number) * PER_CENT)
        same = [rule for rule in known if rule.type == name]
        exact = [rule for rule in same if ppm(rule) == rate]
        if exact:
            found[name, rate] = _kept(exact[0])
        else:
            model = same[0] if same else None
            found[name, rate] = Kept(
                type=name,
                rate_ppm=rate,
                base=model.base if model else "net_amount",
                rounding=model.rounding if model else Decimal(1),
                auto=model.auto if model else True,
                id=f"{name.lower()}_{number}",
            )
    return [found[key] for key in sorted(found)]


def ppm(rule: Deduction) -> int:
    """A rule's rate in parts per million of its base."""
    return int(rule.rate * PER_CENT)


def _kept(rule: Deduction) -> Kept:
    return Kept(rule.type, ppm(rule), rule.base, rule.rounding, rule.auto, rule.id)


def _plans(kept: list[Kept]) -> list[tuple[Kept, ...]]:
    """Every choice of at most one rate of each type, at least one in all."""
    by_type: dict[str, list[Kept | None]] = {}
    for one in kept:
        by_type.setdefault(one.type, [None]).append(one)
    combined = ([one for one in choice if one is not None] for choice in itertools.product(*by_type.values()))
    return [tuple(choice) for choice in combined if choice][:PLANS_MAX]


def _each(kept: list[Kept], note: str) -> list[tuple[tuple[Kept, ...], str]]:
    return [((one,), note) for one in kept]


def plan_table(ready: Ready, rules: Rules, *, beyond: bool) -> pl.DataFrame:
    """Deductions to try for each tax profile.

    Columns: tax_profile, plan, leg, type, rate_ppm, base, rounding_ppm, ok, id, note.

    Args:
        ready: for the customers' profiles.
        rules: the deductions.
        beyond: False: what the profile allows. True: what it does not, but a payer may have done: another rate of
            the same type, or the right rate on the amount with tax.
    """
    schema = pl.Schema(
        {
            "tax_profile": pl.String,
            "plan": pl.Int64,
            "leg": pl.Int64,
            "type": pl.String,
            "rate_ppm": pl.Int64,
            "base": pl.String,
            "rounding_ppm": pl.Int64,
            "ok": pl.Boolean,
            "id": pl.String,
            "note": pl.String,
        }
    )
    table: list[tuple[object, ...]] = []
    for profile in ready.customers["tax_profile"].unique().sort().to_list():
        kept = allowed(profile, rules.deductions)
        plans: list[tuple[tuple[Kept, ...], str]] = [(plan, "") for plan in _plans(kept)]
        if beyond:
            types = {one.type for one in kept}
            rates = {(one.type, one.rate_ppm) for one in kept}
            others = [
                _kept(rule)
                for rule in rules.deductions
                if rule.type in types and (rule.type, ppm(rule)) not in rates
            ]
            gross: list[Kept] = [
                Kept(one.type, one.rate_ppm, "amount", one.rounding, auto=False, id=one.id)
                for one in kept
                if one.base == "net_amount"
            ]
            plans = _each(gross, "EX-TDSBASE") + _each(others, "EX-TDSRATE")
        for number, (plan, note) in enumerate(plans):
            for leg, one in enumerate(plan):
                table.append(
                    (
                        profile,
                        number,
                        leg,
                        one.type,
                        one.rate_ppm,
                        one.base,
                        int(one.rounding * PPM),
                        one.auto,
                        one.id,
                        note,
                    )
                )
    return pl.DataFrame(table, schema=schema, orient="row")
