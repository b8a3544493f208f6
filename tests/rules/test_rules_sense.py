"""Values of a rules file that contradict stop it; those without effect are only told, with file and line."""

from __future__ import annotations

import pytest

from recon import rules
from recon.problems import ReconError


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ReconError) as caught:
        rules.parse(text, "mine.yaml")
    assert {problem.code for problem in caught.value.problems} == {"rules-sense"}
    return [(problem.where, problem.what) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("thresholds:\n  auto: 0.1\n", "mine.yaml:1", "thresholds: `auto` (0.1) is below `suggested` (0.2)"),
        (
            "deductions:\n- {id: a, type: T, rate: 1}\n- {id: a, type: U, rate: 2}\n",
            "mine.yaml:3",
            "deductions[1].id: the id `a` is there twice",
        ),
        (
            "not_receivable:\n- {id: a, types: [X]}\n- {id: a, types: [Y]}\n",
            "mine.yaml:3",
            "not_receivable[1].id: the id `a` is there twice",
        ),
        ("not_receivable:\n- {id: a, sign: credit}\n", "mine.yaml:2", "every receipt would belong to it"),
        ("payers:\n  shared_payers:\n  - A\n  - B*\n", "mine.yaml:4", "the pattern fits every text"),
        (
            "surpluses:\n- {code: EX-A, pattern: '(?i)x?'}\n",
            "mine.yaml:2",
            "surpluses[0].pattern: the pattern fits",
        ),
    ],
)
def test_a_contradiction(text: str, where: str, what: str) -> None:
    [(at, said)] = refused(text)
    assert at == where
    assert what in said


def test_contradictions_are_told_at_once() -> None:
    assert len(refused("thresholds: {auto: 0.1}\ncontrols: {hostile: ['']}\n")) == 2


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("tolerances:\n  other: {}\n", "mine.yaml:1", "there is no tolerance `default`"),
        ("tolerances:\n  default: {absolute: 60}\n", "mine.yaml:2", "those of a year only 50.00"),
        ("\ncontrols: {auto_post_ceiling: 3}\n", "mine.yaml:2", "the tolerance is greater than"),
        (
            "controls: {auto_post_ceiling: 0}\ntolerances:\n  default: {absolute: 0}\n",
            "mine.yaml:1",
            "nought",
        ),
        ("evidence:\n  order: {propose: false}\n", "mine.yaml:2", "its `auto` has no effect"),
        ("weights:\n  payer_other: 3\n", "mine.yaml:2", "`payer_other` is 3.0: it counts for a proposal"),
        ("weights:\n  payer_alias: -3\n", "mine.yaml:2", "counts against a proposal"),
        ("limits:\n  items_per_search: 20\n", "mine.yaml:1", "`items_to_post` (40) is above"),
    ],
)
def test_a_remark(text: str, where: str, what: str) -> None:
    rules.parse(text, "mine.yaml")
    [problem] = rules.remarks(text, "mine.yaml")
    assert (problem.code, problem.where) == ("rules-sense", where)
    assert what in problem.what


def test_nothing_is_remarked_of_rules_that_say_nothing() -> None:
    assert rules.remarks("", "mine.yaml") == ()


@pytest.mark.parametrize("text", ["[" * 300_000, "a: " + "{b: " * 5000, "- " * 100_000 + "a"])
def test_text_that_is_nested_too_deeply_is_refused(text: str) -> None:
    """libyaml's composer would crash on it."""
    with pytest.raises(ReconError) as caught:
        rules.parse(text, "mine.yaml")
    assert caught.value.problems[0].code == "rules-yaml"


def test_both_readers_of_yaml_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "name: own\nweights:\n  prior: -9\npayers:\n  same_words: {A: &x B C, D: *x}\n  fuzzy: no\n"
    fast = rules.parse(text, "mine.yaml")
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    assert rules.parse(text, "mine.yaml") == fast
