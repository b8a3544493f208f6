"""YAML text -> data with lines -> a model, or every problem at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import rules
from recon.problems import EXIT_INPUT, ReconError
from recon.rules import document
from recon.rules.schema import Rules


def problems_of(text: str) -> list[tuple[str, str, str, str]]:
    with pytest.raises(ReconError) as caught:
        rules.parse(text, "mine.yaml")
    assert caught.value.exit_code == EXIT_INPUT
    return [(problem.code, problem.where, problem.what, problem.hint) for problem in caught.value.problems]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    found = problems_of(
        "thresholds:\n"
        "  autos: 0.9\n"
        "  auto: 1.5\n"
        "references:\n"
        "  never: ['(unclosed']\n"
        "deductions:\n"
        "  - id: tds\n"
        "    type: TDS\n"
        "    rate: ten\n"
    )
    assert [(code, where) for code, where, _, _ in found] == [
        ("rules-unknown-key", "mine.yaml:2"),
        ("rules-value", "mine.yaml:3"),
        ("rules-pattern", "mine.yaml:5"),
        ("rules-value", "mine.yaml:9"),
    ]


def test_an_unknown_key_names_the_nearest_one_of_its_own_part() -> None:
    [(_, _, what, hint)] = problems_of("tolerances:\n  default:\n    absolut: 5\n")
    assert what == "tolerances.default: unknown key `absolut`"
    assert hint.splitlines() == [
        "known keys: absolute, account, over, per_year, percent",
        "did you mean `absolute`?",
    ]


def test_an_unknown_key_in_a_list_says_which_entry() -> None:
    [(_, where, what, hint)] = problems_of("not_receivable:\n- id: a\n- {id: b, patern: X}\n")
    assert (where, what) == ("mine.yaml:3", "not_receivable[1]: unknown key `patern`")
    assert hint.endswith("did you mean `pattern`?")


def test_an_unknown_key_that_is_like_none_gets_no_guess() -> None:
    [(_, _, _, hint)] = problems_of("zzzzzz: 1\n")
    assert "did you mean" not in hint
    assert hint.startswith("known keys: accounts, authority, cases, companies, controls, ")


def test_a_key_that_is_needed_and_missing() -> None:
    [(code, where, what, hint)] = problems_of("deductions:\n  - id: a\n    type: TDS\n")
    assert (code, where) == ("rules-value", "mine.yaml:2")
    assert what == "deductions[0]: `rate` is missing"
    assert hint == "add `rate: ...`"


@pytest.mark.parametrize(
    "pattern", [r"(?<=A)B", r"(A)\1", "[", "A{1001}{1001}{1001}", "A" * 2_001], ids=lambda text: text[:12]
)
def test_a_pattern_that_the_engine_could_not_run_in_linear_time_is_refused(pattern: str) -> None:
    [(code, where, what, _)] = problems_of(f"payers:\n  not_names:\n    - '{pattern}'\n")
    assert (code, where) == ("rules-pattern", "mine.yaml:3")
    assert what.startswith("payers.not_names[0]: ")


def test_no_yaml() -> None:
    [(code, where, what, _)] = problems_of("name: a\nevidence: {order: [\n")
    assert code == "rules-yaml"
    assert where.startswith("mine.yaml:")
    assert what.startswith("this is no YAML")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "42\n"])
def test_a_file_that_is_no_mapping(text: str) -> None:
    [(code, where, what, _)] = problems_of(text)
    assert (code, where, what) == ("rules-yaml", "mine.yaml:1", "a mapping is expected at the top")


def test_a_key_that_is_there_twice_is_no_silent_override() -> None:
    [(code, where, what, _)] = problems_of("thresholds:\n  auto: 0.9\n  auto: 0.1\n")
    assert (code, where, what) == ("rules-yaml", "mine.yaml:3", "thresholds.auto is there twice")


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    [(code, _, what, _)] = problems_of("\n".join(lines))
    assert code == "rules-yaml"
    assert "too large" in what


def test_deep_nesting_is_refused() -> None:
    assert problems_of("a: " + "[" * 5_000)[0][0] == "rules-yaml"


def test_python_tags_make_no_objects() -> None:
    assert problems_of("name: !!python/object/apply:os.system [echo]\n")[0][0] == "rules-value"


def test_an_empty_file_is_the_defaults() -> None:
    assert rules.parse("", "mine.yaml") == Rules()
    assert rules.parse("# nothing but a comment\n", "mine.yaml") == Rules()


def test_scalars_stay_text_until_the_model_takes_them() -> None:
    read = rules.parse("name: NO\ntolerances: {default: {absolute: 0.10}}\n", "mine.yaml")
    assert read.name == "NO"
    assert str(read.tolerances["default"].absolute) == "0.10"


def test_place_of_a_path_that_is_not_in_the_file_is_its_parents() -> None:
    read = document.load("a:\n  b:\n    c: 1\n", "f.yaml")
    assert read.place(("a", "b", "c")) == "f.yaml:3"
    assert read.place(("a", "b", "nothing")) == "f.yaml:2"
    assert read.place(("nothing",)) == "f.yaml:1"


def outcome(read: Callable[[], Rules]) -> list[str]:
    """Where the problems are; none for rules that are good. Any other error goes through."""
    try:
        read()
    except ReconError as error:
        return [problem.where for problem in error.problems]
    return []


@given(st.text(max_size=200))
def test_any_text_is_rules_or_problems_and_never_another_error(text: str) -> None:
    assert all(where.startswith("mine.yaml:") for where in outcome(lambda: rules.parse(text, "mine.yaml")))


_yaml = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*Rules.model_fields, "default", "id", "auto", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*Rules.model_fields, "wrong"]), _yaml, max_size=4))
def test_any_mapping_is_rules_or_problems_with_a_line(data: dict[str, object]) -> None:
    read = document.Document(data, {(): "mine.yaml:1"}, "mine.yaml")
    assert set(outcome(lambda: document.validate(Rules, read))) <= {"mine.yaml:1"}
