"""Files changed at random: what is refused is refused as an error for the user, and the rest adds up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon import ingest
from recon.model import MONEY_TEXT, Reading
from recon.problems import ReconError

Change = tuple[int, int, bytes]  # where, how many bytes go, what comes instead
_MONEY = ("payment_amount", "gross_amount", "deduction_amount", "paid_amount")


def mutated(
    seeds: Sequence[bytes], pieces: Sequence[bytes], first: int, last: int
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of 60 files: one of the seeds as `data`, with up to twelve `changes` between two places."""
    change = st.tuples(st.integers(first, last), st.integers(0, 12), st.sampled_from(list(pieces)))

    def made(test: Callable[..., None]) -> Callable[..., None]:
        drawn = given(data=st.sampled_from(list(seeds)), changes=st.lists(change, min_size=1, max_size=12))(
            test
        )
        return settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])(drawn)

    return made


def changed(data: bytes, changes: Sequence[Change]) -> bytes:
    """The data with all changes, one after the other."""
    for at, length, piece in changes:
        data = data[:at] + piece + data[at + length :]
    return data


def read_or_refused(path: Path) -> Reading | None:
    """The reading; None where the file is refused as it should be."""
    try:
        return ingest.read(path)
    except ReconError:
        return None


def statements_add_up(reading: Reading) -> None:
    """Assert that each statement has the lines and the total that it says."""
    assert sum(one.lines for one in reading.statements) == reading.table.height
    for one in reading.statements:
        lines = reading.table.filter(reading.table["statement_id"] == one.statement_id)
        assert sum(map(Decimal, lines["amount"]), Decimal(0)) == Decimal(one.total)


def money_is_money(reading: Reading) -> None:
    """Assert that every amount of an advice is one."""
    for name in _MONEY:
        filled = reading.table[name].filter(reading.table[name] != "")
        assert filled.str.contains(MONEY_TEXT).all()
