"""What came of a change that was tried beside a run; light, since every run has one, and most tried nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from recon.flow import deliver
from recon.model import SHADOW
from recon.problems import Problem

if TYPE_CHECKING:
    from recon.store import Shadow

FILE: Final = "shadow.csv"


@dataclass(frozen=True)
class Beside:
    """What a change would have done beside a run.

    facts: for the summary; kept: for the store. Both are none where nothing was tried, or it could not be, which
    `problems` say.
    """

    facts: Mapping[str, Any] | None = None
    kept: Shadow | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def summary(self) -> dict[str, Any]:
        """What the run's summary says of it, if there is anything to say."""
        return {} if self.facts is None else {"shadow": dict(self.facts)}

    @property
    def table(self) -> pl.DataFrame:
        """The lines that come out otherwise, by the columns of the file."""
        rows = SHADOW.empty_outside() if self.kept is None else self.kept.rows
        return rows.select(SHADOW.file_columns)

    @property
    def files(self) -> dict[str, str | bytes]:
        """Its file, if anything was tried."""
        return {} if self.facts is None else {FILE: deliver.csv(self.table)}
