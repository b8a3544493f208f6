"""A profile written as YAML is the same profile again, whatever its names look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.model import Kind
from recon.rules import parse_profile
from recon.rules.profile import Amount, Profile
from recon.rules.written import profile_text, scalar

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)


def test_every_shipped_profile_is_written_and_read_alike(profiles: list[Profile]) -> None:
    remarks = {"amount": "two\nlines # and a mark", "columns.booking_date": "why", "kind": "bank"}
    assert len(profiles) > 30
    for profile in profiles:
        assert parse_profile(profile_text(profile, remarks, ["a: b", "- c"]), "x") == profile


@given(names=st.lists(NAMES, min_size=1, max_size=12))
def test_any_names_come_back(names: list[str]) -> None:
    profile = Profile(
        name="any",
        title=names[0],
        kind=Kind.BANK,
        header=tuple(names),
        columns={"narrative": tuple(names), "reference": names[0]},
        amount=Amount(signed=tuple(names)),
        values={"type": {names[0]: names[-1]}},
        constants={"currency": names[0]},
    )
    assert parse_profile(profile_text(profile), "x") == profile


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Date", "Date"),
        ("No", "'No'"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("a: b", "'a: b'"),
        ("a # b", "'a # b'"),
        ("%d/%m/%Y", "'%d/%m/%Y'"),
        ("a\tb", '"a\\u0009b"'),
    ],
)
def test_scalars(text: str, written: str) -> None:
    assert scalar(text) == written
