"""What every part of the rules and of a profile is made of: a frozen model, and the kinds of values."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from recon.rules.meanings import meanings

PATTERN_LENGTH_MAX = 2_000


@lru_cache(maxsize=1_000)  # a pattern is asked twice, and making its engine takes the time
def fits_nothing(pattern: str) -> bool:
    """Whether a pattern fits even an empty text.

    Raises:
        pl.exceptions.ComputeError: if it is no pattern.
    """
    return bool(pl.Series([""]).str.contains(pattern).item())


def groups(pattern: str) -> int:
    """How many pairs of brackets of a pattern keep what they hold."""
    found = pl.Series([""], dtype=pl.String).str.extract_groups(pattern)
    return len(found.struct.fields)


def _pattern(text: str) -> str:
    if len(text) > PATTERN_LENGTH_MAX:
        raise PydanticCustomError(
            "pattern", "the pattern is longer than {limit} characters", {"limit": PATTERN_LENGTH_MAX}
        )
    try:
        fits_nothing(text)
    except pl.exceptions.ComputeError as error:
        reasons = [
            line.removeprefix("error: ") for line in str(error).splitlines() if line.startswith("error: ")
        ]
        reason = reasons[0] if reasons else "can't be read"
        raise PydanticCustomError("pattern", "no regular expression: {reason}", {"reason": reason}) from error
    return text


# Linear-time engine (Rust regex): no pattern can hang a run.
Pattern = Annotated[str, AfterValidator(_pattern)]
Money = Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=6)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Part(BaseModel):
    """A part of the rules: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """As pydantic makes it, with what each key means."""
        made = handler(core_schema)
        keys = handler.resolve_ref_schema(made)["properties"]
        for name, text in meanings(cls).items():
            keys[name]["description"] = text
        return made
