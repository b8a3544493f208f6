"""The docs say what is there: every command, rule key, problem code, exception code, column and decision."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from recon import model
from recon.decide.choices import WRITE_OFF_TYPE
from recon.flow import settings
from recon.flow.compare import REPLAY
from recon.model import Choice, Kind
from recon.posting import accounts_of, generic
from recon.problems import CATALOGUE
from recon.rules import page
from recon.rules.profile import Profile
from recon.rules.schema import Rules
from recon.workbook import words

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> dict[str, Any]:
    """Every command with its words, as `rules check`."""
    root = typer.main.get_command(importlib.import_module("recon.cli").app)

    def walk(command: Any, path: list[str]) -> Iterator[tuple[str, Any]]:
        inner = getattr(command, "commands", {})
        if not inner:
            yield " ".join(path), command
        for name, below in inner.items():
            if not below.hidden:
                yield from walk(below, [*path, name])

    return dict(walk(root, []))


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in commands() if f"`recon {name}" not in text("README.md")]
    assert missing == []


def test_every_command_that_the_docs_name_exists_with_the_options_they_give_it() -> None:
    known = commands()
    wrong: list[str] = []
    for path in DOCS:
        page_text = path.read_text(encoding="utf-8")
        fences = "".join(re.findall(r"```\w*\n(.*?)```", page_text, flags=re.DOTALL))
        blocks = re.findall(r"^recon [^\n]*$", fences, flags=re.MULTILINE)
        spans = re.findall(r"`(recon [a-z][^`\n]*)`", page_text)
        for line in [*blocks, *spans]:
            said = shlex.split(line.replace("[", " ").replace("]", " ").replace("...", ""))[1:]
            name = next((one for one in (" ".join(said[:2]), said[0]) if one in known), "")
            options = {option for one in known[name].params for option in one.opts} if name else set()
            if not name or not {one for one in said if one.startswith("--")} <= options | {"--help"}:
                wrong.append(f"{path.name}: {line}")
    assert wrong == []


def test_the_readme_has_its_two_commands_for_a_first_look_and_no_third() -> None:
    section = text("README.md").partition("## Try it")[2].partition("\n## ")[0]
    blocks = [block.strip() for block in re.findall(r"```\n(.*?)```", section, flags=re.DOTALL)]
    assert blocks == ["python bootstrap.py demo", "python bootstrap.py test"]


def test_the_rules_page_is_current() -> None:
    assert text("docs/rules.md") == page.page(), "write it anew: python bootstrap.py pages"


def test_every_rule_key_is_on_its_page() -> None:
    names = {path.rsplit(".", 1)[-1] for model_ in (Rules, Profile) for path in page.keys(model_)}
    assert {name for name in names if f"`{name}`" not in text("docs/rules.md")} == set()


def test_every_problem_code_is_told_with_what_it_means_and_what_to_do() -> None:
    rows = dict(
        re.findall(r"^\| `([a-z-]+)` \| (.+) \| .+ \|$", text("docs/problems.md"), flags=re.MULTILINE)
    )
    assert rows == CATALOGUE


def test_every_exception_code_is_told_as_in_the_workbook() -> None:
    found = re.findall(r"^\| `(EX-[A-Z]+)` \| (.+) \| (.+) \|$", text("docs/problems.md"), flags=re.MULTILINE)
    assert {code: (means, then) for code, means, then in found} == words.EXCEPTIONS


OUTPUTS = (model.ALLOCATIONS, model.EXCEPTIONS, model.LINES, model.PROBLEMS, model.SHADOW, REPLAY)


@pytest.mark.parametrize("table", [*map(model.TABLES_OF.get, Kind), *OUTPUTS], ids=lambda table: table.name)
def test_every_column_of_the_files_is_told(table: model.Table) -> None:
    page_text = text("docs/data.md")
    told = [
        f"| `{column.name}` | {_holds(column)} | {column.what} |".replace("`|`", "`\\|`")
        for column in table.columns
        if not column.ours
    ]
    assert [row for row in told if row not in page_text] == []


def _holds(column: model.Column) -> str:
    kinds = {"Date": "date", "Int64": "whole number", "Float64": "number", "String": "text"}
    holds = "number" if column.percent else kinds[str(column.dtype)]
    return ("decimal" if column.money else holds) + (", **needed**" if column.needed else "")


def test_every_decision_is_told() -> None:
    assert [choice for choice in Choice if f"| {choice.value} |" not in text("docs/excel.md")] == []


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken: list[str] = []
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_files_that_the_docs_name_exist(path: Path) -> None:
    named = re.findall(
        r"`((?:rules|recon|workbooks|docs|tests|sample_data|\.ci)/[\w./-]*)`", path.read_text("utf-8")
    )
    made_on_use = {"recon/data/"}
    assert [name for name in named if not (ROOT / name).exists() and name not in made_on_use] == []


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## Unreleased" in text("CHANGELOG.md")


def test_every_account_of_a_posting_file_is_on_the_page_of_the_files() -> None:
    loaded, _path = settings.load_rules("")
    named = accounts_of(loaded)
    codes = {named.receivables, named.suspense, *named.deductions.values()}
    section = text("docs/data.md").partition("### The posting file")[2].partition("\n### ")[0]
    assert sorted(code for code in codes if f"`{code}`" not in section) == []
    assert {*named.deductions, WRITE_OFF_TYPE} <= set(re.findall(r"`([A-Z]+)`", section))
    assert [name for name in generic.COLUMNS if f"`{name}`" not in section] == []


@pytest.mark.parametrize("page", ["controls.md", "duties.md"])
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    """What shows a control or a duty must not be a name of the past."""
    files = list((ROOT / "tests").rglob("*.py"))
    known = {path.stem for path in files}
    for path in files:
        known |= set(re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    told = re.findall(r"`([^`]*test_[^`]*)`", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    named = {name for text in told for name in re.findall(r"test_\w+", text)}
    assert len(named) > 20
    assert named - known == set()
