"""Text as keys: numbers whatever their separators, names whatever their spelling."""

from __future__ import annotations

import polars as pl
import pytest

from recon.match import text


def key(written: str) -> str:
    return str(pl.select(text.unzero(text.struct_key(pl.lit(written)))).item())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("INV-001042", "INV1042"),
        ("inv 1042", "INV1042"),
        ("CF/24/001", "CF24-1"),
        ("CF 24 001", "CF24-1"),
        ("HOSP-2026-03-INV-000917", "HOSP2026-3INV917"),
        ("1 2 3", "1-2-3"),
        ("ＩＮＶ１０４２", "INV1042"),  # noqa: RUF001 - full-width letters, as some systems send them
        ("INV\u200b-10\u00a042", "INV10-42"),
    ],
)
def test_a_number_is_the_same_whatever_its_separators_and_noughts(written: str, expected: str) -> None:
    assert key(written) == expected


def grams(said: str, starts: list[str], longest: int = 3) -> set[str]:
    lines = pl.DataFrame({"line": [0], "text": [said]})
    found = text.grams(text.atoms(lines, "line", "text"), "line", pl.Series(starts, dtype=pl.String), longest)
    return set(found["raw"])


def test_a_number_is_never_found_inside_a_longer_one() -> None:
    assert grams("PAID 1814 AND 0014", [], 1) == {"1814", "0014"}


def test_keys_begin_only_with_letters_that_the_ledger_uses() -> None:
    found = grams("SUSSEX INV-1042", ["INV"])
    assert "INV1042" in found
    assert not any(raw.startswith("SUSSEX") for raw in found)


def test_no_key_goes_across_the_border_of_a_field() -> None:
    assert "INV1042" not in grams(f"INV{text.FIELD_END}1042", ["INV"])


def names(written: str, drop: list[str], same: dict[str, str]) -> str:
    return str(pl.select(text.name_key(pl.lit(written), drop, same)).item())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Kent County Council", "KENT CC"),
        ("KENT CC", "KENT CC"),
        ("The D'Arcy Care Co. Ltd", "DARCY CARE CO"),
        ("Smith & Sons", "SMITH AND SONS"),
        ("The Limited", "THE LIMITED"),  # nothing else is left, so it is the name
    ],
)
def test_names_are_compared_without_what_tells_nothing(written: str, expected: str) -> None:
    assert names(written, ["LTD", "LIMITED", "THE"], {"CC": "COUNTY COUNCIL"}) == expected


def whole(said: str, name: str) -> bool:
    lines = pl.DataFrame({"line": [0], "text": [said]})
    found = text.words(lines, "line", "text", ["LTD"], {}, "^(INV|REF|NEFT)$")
    hits = text.name_grams(found, "line", pl.Series([name.split(" ", maxsplit=1)[0]])).filter(
        pl.col("key") == name
    )
    return bool(hits["whole"].any())


def test_a_name_is_whole_between_borders_numbers_and_words_of_banks() -> None:
    assert whole("NHS SUSSEX ICB INV-1042", "NHS SUSSEX ICB")
    assert whole("NEFT-SBIN0001234-ACME LTD-REF 7", "ACME")
    assert whole("NEWCLIENT PF-0007", "NEWCLIENT")


def test_a_part_of_a_longer_name_is_not_whole() -> None:
    assert not whole("ACME HEALTHCARE", "ACME")
    assert not whole("SMITH CARE FEES", "SMITH")
