"""The examples that sites copy are valid, make sense, and change what they say they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon import posting, rules
from recon.flow import settings
from recon.resources import folder
from recon.rules.schema import Evidence, Rules

EXAMPLES = sorted((folder("rules") / "examples").glob("*.yaml"))
BASE, _ = settings.load_rules("uk_care")


def example(name: str) -> Rules:
    [path] = [path for path in EXAMPLES if path.stem == name]
    return settings.load_rules(str(path))[0]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_valid_and_told_and_changes_something(path: Path) -> None:
    loaded, _ = settings.load_rules(str(path))
    assert loaded.name == path.stem
    assert rules.digest(
        loaded.model_copy(update={"name": BASE.name, "extends": BASE.extends})
    ) != rules.digest(BASE)
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert settings.remarks(path) == ()


def test_there_is_one_for_each_usual_change() -> None:
    assert {path.stem for path in EXAMPLES} >= {
        "all_by_hand", "cautious", "companies", "deductions", "documents", "ledger", "names", "not_receivable",
        "tolerances", "trusting",
    }  # fmt: skip


def test_all_by_hand_leaves_no_evidence_that_posts() -> None:
    use = example("all_by_hand").evidence
    assert [name for name in Evidence.model_fields if getattr(use, name).auto] == []


def test_what_an_example_does_not_say_stays_as_it_was() -> None:
    assert example("cautious").weights == BASE.weights
    assert set(example("names").payers.same_words) > set(BASE.payers.same_words)
    assert set(example("tolerances").tolerances) > set(BASE.tolerances)


def test_the_ledger_says_all_that_its_posting_file_needs() -> None:
    loaded = example("ledger")
    layout = settings.posting_layout(loaded.posting.format)
    assert layout is not None
    site = posting.site_of(loaded, layout)
    assert (site.said("voucher_type"), site.said("client"), site.currency) == ("SR", "01", "GBP")


def test_what_the_rules_say_wrongly_to_a_ledger_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    said = [
        "extends: uk_care",
        "posting:",
        "  format: unit5",
        "  settings:",
        "    unit4:",
        "      vouchertype: SR",
    ]
    path.write_text("\n".join([*said, "    our_own: {a: b}", "    sagge: {a: b}", ""]), encoding="utf-8")
    form, unknown, setting = settings.remarks(path)
    assert str(unknown).startswith(
        f"{path.as_posix()}:8: posting.settings.sagge: no layout that comes with recon"
    )
    assert unknown.hint == "did you mean `sage`?"
    assert str(form).startswith(f"{path.as_posix()}:3: posting.format: no posting format `unit5`\n")
    assert str(setting).startswith(
        f"{path.as_posix()}:6: posting.settings.unit4.vouchertype: the format `unit4` has no such setting\n"
    )
    assert setting.hint.endswith("did you mean `voucher_type`?")
