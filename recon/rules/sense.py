"""Whether the values of a rules file make sense together: contradictions, and keys without effect."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import AfterValidator, BaseModel

from recon.rules.parts import fits_nothing
from recon.rules.schema import Evidence, Rules

Path = tuple[str | int, ...]
Found = tuple[Path, str, str]  # where in the file, what, hint

# Evidence that counts for a proposal, and what counts against it; the amount's own part and over may be either.
_AGAINST = ("prior", "payer_other", "date_early", "contradiction")
_EITHER = ("amount_part", "amount_over")


def mistakes(rules: Rules) -> Iterator[Found]:
    """What can't be meant so; a file with any of these is not used."""
    auto, suggested = rules.thresholds.auto, rules.thresholds.suggested
    if auto < suggested:
        what = f"`auto` ({auto}) is below `suggested` ({suggested}): what may post would not even be proposed"
        yield ("thresholds",), what, "give `auto` the higher share"
    yield from _twice("deductions", [one.id for one in rules.deductions])
    yield from _twice("not_receivable", [one.id for one in rules.not_receivable])
    for number, one in enumerate(rules.not_receivable):
        if not one.types and not one.pattern and one.sign != "debit":
            what = (
                f"the class `{one.id}` has neither types nor a pattern, so every receipt would belong to it"
            )
            yield ("not_receivable", number), what, "add `types`, `pattern` or `sign: debit`"
    for path, pattern in _patterns(rules, ()):
        if fits_nothing(pattern):
            yield path, "the pattern fits every text, even an empty one", "write what the text must hold"


def remarks(rules: Rules) -> Iterator[Found]:
    """What works, but has no effect or hardly the one that is meant."""
    if "default" not in rules.tolerances:
        what = "there is no tolerance `default`; customers without a tolerance_profile must pay to the penny"
        yield ("tolerances",), what, "add `default`, if they may differ"
    for name, tolerance in rules.tolerances.items():
        if tolerance.absolute > tolerance.per_year:
            what = (
                f"one difference may be {tolerance.absolute}, but those of a year only {tolerance.per_year}"
            )
            yield (
                ("tolerances", name, "absolute"),
                what,
                "`per_year` ends it earlier; raise it, or lower `absolute`",
            )
        if tolerance.absolute > rules.controls.auto_post_ceiling:
            what = "the tolerance is greater than `controls.auto_post_ceiling`, up to which anything posts at all"
            yield ("tolerances", name), what, "lower it"
    for name in Evidence.model_fields:
        use = getattr(rules.evidence, name)
        if use.auto and not use.propose:
            what = f"`{name}` is not proposed, so its `auto` has no effect"
            yield ("evidence", name), what, "say `auto: false` too"
    if rules.controls.auto_post_ceiling == 0:
        what = "nothing posts without a person: the ceiling is nought"
        yield ("controls", "auto_post_ceiling"), what, "if that is meant, all is well"
    yield from _weights(rules)
    yield from _orders(rules)


def _weights(rules: Rules) -> Iterator[Found]:
    for name in type(rules.weights).model_fields:
        value = getattr(rules.weights, name)
        against = name in _AGAINST
        if name not in _EITHER and ((value > 0) if against else (value < 0)):
            what = f"`{name}` is {value}: it counts {'for' if against else 'against'} a proposal"
            yield ("weights", name), what, "turn its sign round"


def _orders(rules: Rules) -> Iterator[Found]:
    """Keys of which one must not be below the other to have an effect."""
    for part, low, high in (
        ("references", "bare_digits_min", "bare_digits_sure"),
        ("references", "bare_digits_payer", "bare_digits_min"),
        ("limits", "items_to_post", "items_per_search"),
    ):
        less, more = getattr(getattr(rules, part), low), getattr(getattr(rules, part), high)
        if less > more:
            what = f"`{low}` ({less}) is above `{high}` ({more}), and has no effect beyond it"
            yield (part,), what, f"lower `{low}`, or raise `{high}`"


def _twice(part: str, names: list[str]) -> Iterator[Found]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (part, number, "id"), f"the id `{name}` is there twice", "name one of them otherwise"


def _patterns(model: BaseModel, path: Path) -> Iterator[tuple[Path, str]]:
    """Every pattern of the rules with its path. A single one may be empty, which switches it off."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        here = (*path, name)
        if isinstance(value, BaseModel):
            yield from _patterns(value, here)
        elif isinstance(value, dict):
            for key, one in value.items():
                yield from _patterns(one, (*here, key)) if isinstance(one, BaseModel) else ()
        elif isinstance(value, tuple):
            of_patterns = any(_checks(typing.get_args(one)[1:]) for one in typing.get_args(field.annotation))
            for number, one in enumerate(value):
                if isinstance(one, BaseModel):
                    yield from _patterns(one, (*here, number))
                elif of_patterns:
                    yield (*here, number), one
        elif value and _checks(field.metadata):
            yield here, value


def _checks(metadata: Any) -> bool:
    """Whether a field's metadata is that of parts.Pattern."""
    return any(isinstance(one, AfterValidator) for one in metadata)
