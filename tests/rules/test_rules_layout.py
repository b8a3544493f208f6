"""Layouts of posting files: those that come with recon are right, and what is wrong in one is told with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recon import rules
from recon.problems import ReconError
from recon.resources import folder

LAYOUTS = sorted((folder("rules") / "postings").glob("*.yaml"))


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.stem)
def test_every_shipped_layout_is_valid_and_named_like_its_file(path: Path) -> None:
    made = rules.parse_layout(path.read_text(encoding="utf-8"), path.name)
    assert made.name == path.stem
    assert not any(field.cut for field in made.fields), "no source says that a field may be cut"


def test_gl07_has_the_66_fields_one_behind_the_other() -> None:
    [unit4] = [rules.parse_layout(path.read_text("utf-8"), "x") for path in LAYOUTS if path.stem == "unit4"]
    assert len(unit4.fields) == 66
    assert (unit4.fields[0].start, unit4.fields[-1].end, unit4.length) == (1, 2059, 2059)
    starts = [field.start for field in unit4.fields[1:]]
    assert starts == [field.end + 1 for field in unit4.fields[:-1]]


GOOD = "name: ours\ntitle: x\nrecord: fixed\nfields:\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "  - {name: a, start: 1, length: 5, hold: batch_id}\n",
         "p.yaml:5: fields[0]: unknown key `hold`|did you mean `holds`?"),
        (GOOD + "  - {name: a, start: 1, length: 5, holds: nothing}\n", "p.yaml:5: fields[0].holds: |'batch_id'"),
        (GOOD + "  - {name: a, start: 1}\n",
         "p.yaml:1: top level: fields: `a` needs `start` and `length` in a fixed record"),
        (GOOD + "  - {name: a, start: 1, length: 5}\n  - {name: b, start: 5, length: 5}\n",
         "fields: `b` starts at 5, inside the one before it"),
        ("length: 9\n" + GOOD + "  - {name: a, start: 1, length: 10}\n",
         "fields: the last one ends at 10, behind the record's length 9"),
        (GOOD + "  - {name: a, start: 1, length: 5}\n  - {name: a, start: 6, length: 5}\n", "fields: twice: a"),
        (GOOD + "  - {name: a, start: 1, length: 5, setting: client}\n",
         "fields name a setting that `settings` has not: client"),
        (GOOD + "  - {name: a, start: 1, length: 5, holds: amount}\n",
         "p.yaml:5: fields[0]: `write: decimal` or `write: minor` is for amount"),
        (GOOD + "  - {name: a, start: 1, length: 5, holds: text, write: minor}\n", "is for amount"),
        (GOOD + "  - {name: a, start: 1, length: 5, holds: posting_date, date: '%H'}\n",
         "p.yaml:5: fields[0].date: a date is made of"),
        (GOOD + "  - {name: a, start: 1, length: 5, values: {x: y}}\n", "say `holds`, too"),
        (GOOD + "  - {name: a, start: 1, length: 5, otherwise: amount}\n", "`otherwise` is a column of text"),
        ("name: ours\ntitle: x\nrecord: fixed\n", "`fields` are for `record: fixed`"),
        ("name: ours\ntitle: x\nrecord: tally\nencoding: cp1252\n", "`record: tally` is written in utf-8"),
        ("name: ours\ntitle: x\nrecord: tally\nform: receipts\n", "`record: tally` has `form: legs`"),
        ("name: ours\ntitle: x\nrecord: tally\nencoding: utf-9\n", "p.yaml:4: encoding: no encoding of that name"),
        ("name: ours\ntitle: x\nrecord: tally\nencoding: base64\n", "p.yaml:4: encoding: no encoding of that name"),
        ("encoding: ascii\n" + GOOD + "  - {name: é, start: 1, length: 5}\n", "a name has letters that ascii lacks"),
        ("name: Our Own\ntitle: x\nrecord: tally\n", "p.yaml:1: name: text of the form"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ReconError) as error:
        rules.parse_layout(text, "p.yaml")
    found = "\n".join(map(str, error.value.problems))
    assert [part for part in told.split("|") if part not in found] == [], found


def test_a_layout_is_told_from_rules_and_profiles() -> None:
    assert rules.is_layout(GOOD, "x")
    assert not rules.is_layout("name: x\nkind: bank\nheader: [a]\n", "x")
    assert not rules.is_layout("name: x\nthresholds: {auto: 0.9}\n", "x")


def test_what_the_page_shows_can_be_copied() -> None:
    page = (Path(__file__).parents[2] / "docs" / "posting.md").read_text(encoding="utf-8")
    said, layout = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert rules.parse(said, "rules.yaml").posting.settings["unit4"]["voucher_type"] == "SR"
    made = rules.parse_layout(layout, "our_gl07.yaml")
    assert (made.name, made.fields[-1].end, made.length) == ("our_gl07", 120, 120)
