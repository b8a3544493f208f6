"""Any layout of a bank's file: the proposed profile reads the rows it was made of, or its questions lead there."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, note, settings
from layouts import WORDS, Layout, layouts

from recon import ingest
from recon.ingest import guess, guess_profile, guess_tables
from recon.ingest.guess_words import Words
from recon.ingest.source import open_source
from recon.rules import parse_profile
from recon.rules.profile import Profile
from recon.rules.written import profile_text

ROUNDS = 4  # of questions


def proposed(path: Path, layout: Layout) -> Profile:
    """The profile, every question answered with the truth."""
    said: dict[str, str] = {}
    words = Words(WORDS)
    for _ in range(ROUNDS):
        made = guess.guess(guess_tables.tables(open_source(path)), words, path.stem, said)
        assert made is not None
        proposal = guess_profile.propose(made, words, "mine", "a random layout", said)
        assert proposal.lacking == ()
        if not proposal.questions:
            assert proposal.profile is not None
            return proposal.profile
        for question in proposal.questions:
            said[question.key] = layout.truth(question.key, [option.value for option in question.options])
    raise AssertionError(f"it asks on and on: {said}")


@given(layout=layouts())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_layout_gives_the_rows_it_was_made_of(layout: Layout, tmp_path: Path) -> None:
    path = layout.write(tmp_path / "file.csv")
    note(layout.text())
    profile = proposed(path, layout)
    note(repr(profile))
    assert parse_profile(profile_text(profile), "mine.yaml") == profile
    reading = ingest.read(path, [profile], profile="mine")
    read = reading.table.select("booking_date", "amount", "narrative").rows()
    wanted = Counter((day, amount, text) for day, amount, text in layout.rows)
    assert Counter((day, Decimal(amount), text) for day, amount, text in read) == wanted
    assert {problem.code for problem in reading.problems} <= {"row-text", "row-short"}
