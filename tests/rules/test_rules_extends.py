"""A rules file over another: what is merged, what is replaced, and which file a problem points to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recon import rules
from recon.problems import ReconError
from recon.rules import document

BASE = """\
name: base
thresholds: {auto: 0.95, suggested: 0.3}
payers:
  drop_words: [LTD, PLC]
tolerances:
  default: {absolute: 5.00, percent: 1}
deductions:
  - {id: tds, type: TDS, rate: 10}
"""


def reader(**files: str) -> Callable[[str], tuple[str, str]]:
    return lambda name: (files[name], f"{name}.yaml")


def test_mappings_are_merged_and_lists_replaced() -> None:
    own = (
        "extends: base\nname: own\nthresholds: {auto: 0.99}\npayers: {drop_words: [LLP]}\n"
        "tolerances:\n  default: {percent: 2}\n  strict: {absolute: 0}\n"
    )
    read = rules.parse(own, "own.yaml", reader(base=BASE))
    assert (read.name, read.thresholds.auto, read.thresholds.suggested) == ("own", 0.99, 0.3)
    assert read.payers.drop_words == ("LLP",)
    assert str(read.tolerances["default"].absolute) == "5.00"
    assert read.tolerances["default"].percent == 2
    assert set(read.tolerances) == {"default", "strict"}
    assert [deduction.id for deduction in read.deductions] == ["tds"]


def test_a_chain_is_followed_with_the_nearest_file_winning() -> None:
    read = rules.parse(
        "extends: middle\nthresholds: {auto: 0.99}\n",
        "own.yaml",
        reader(base=BASE, middle="extends: base\nname: middle\nthresholds: {auto: 0.97, suggested: 0.1}\n"),
    )
    assert (read.name, read.thresholds.auto, read.thresholds.suggested) == ("middle", 0.99, 0.1)


@pytest.mark.parametrize(
    ("own", "base", "where"),
    [
        ("extends: base\nthresholds:\n  auto: 2\n", BASE, "own.yaml:3"),
        ("extends: base\n", BASE.replace("0.95", "2"), "base.yaml:2"),
        ("extends: base\nthresholds: {auto: 0.9}\n", BASE.replace("0.3", "3"), "base.yaml:2"),
        ("extends: base\n\npayers: {drop_words: [A, [B]]}\n", BASE, "own.yaml:3"),
    ],
)
def test_a_problem_points_to_the_file_that_says_it(own: str, base: str, where: str) -> None:
    with pytest.raises(ReconError) as caught:
        rules.parse(own, "own.yaml", reader(base=base))
    assert [problem.where for problem in caught.value.problems] == [where]


def test_a_file_that_extends_itself_ends() -> None:
    with pytest.raises(ReconError) as caught:
        rules.parse("\nextends: own\n", "own.yaml", reader(own="\nextends: own\n"))
    [problem] = caught.value.problems
    assert problem.where == "own.yaml:2"
    assert "own" in problem.what


def test_extends_without_a_reader_is_refused() -> None:
    with pytest.raises(ReconError, match="extends"):
        rules.parse("extends: default\n", "own.yaml")


def test_places_follow_the_merge() -> None:
    base = document.load("a: {b: 1}\nlist:\n  - x\n  - y\n", "base.yaml")
    own = document.load("\nlist:\n  - z\n", "own.yaml")
    merged = document.merge(base, own)
    assert merged.data == {"a": {"b": "1"}, "list": ["z"]}
    assert merged.place(("a", "b")) == "base.yaml:1"
    assert merged.place(("list", 0)) == "own.yaml:3"
    assert ("list", 1) not in merged.places
