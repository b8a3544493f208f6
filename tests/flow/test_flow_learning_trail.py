"""What was said of what was learned, in the audit pack: in its place, and masked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flow_cases import Desk, decide, recon
from test_flow_learning import BUREAU, allocate, learned, night, of, teach


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk on which two lines of the bureau were allocated to Northside, on two days, by one person."""
    return teach(tmp_path_factory.mktemp("taught"))


@pytest.fixture
def desk(taught: Path, tmp_path: Path) -> Desk:
    """A copy of it to go on with."""
    for name in ("book.xlsm", "book.recon.db", "items.csv"):
        (tmp_path / name).write_bytes((taught / name).read_bytes())
    return Desk(tmp_path)


def test_the_audit_pack_has_what_was_learned_in_its_place(desk: Desk) -> None:
    alias = learned(desk)["alias C1"]
    note = ("--note", "their bureau")
    assert recon("learn", "accept", alias["id"], *of(desk), "--who", "bea", *note).code == 0
    night(desk, "with", ("2026-03-05", "1504.00", BUREAU))
    assert recon("learn", "withdraw", alias["id"], *of(desk), "--who", "carl").code == 0
    [posted] = [row["line_id"] for row in desk.rows("lines.csv", "with")]
    first = alias["examples"].split(", ")[0]
    for word in (posted, first, "INV-1504"):
        told = json.loads(recon("audit", "trail", word, *of(desk), "--json").out)
        steps = [step for step in told["steps"] if step["what"].startswith("alias ")]
        assert [(step["what"], step["who"]) for step in steps] == [
            ("alias accepted", "bea"),
            ("alias withdrawn", "carl"),
        ]
        said = steps[0]
        assert (said["payer"], said["customer_id"], said["note"]) == (BUREAU, "C1", "their bureau")
        assert said["why"] == f"2 lines on 2 days by anna: {alias['examples']}"
        assert said["detail"] == "means C1, from 2026-03-02"
        links = [step["link"] for step in told["steps"]]
        assert links == sorted(links)
        assert all(step["link_hash"] for step in told["steps"])
    done = [step["what"] for step in told["steps"]]
    assert done.index("alias accepted") < done.index("accepted") < done.index("alias withdrawn")
    mine = json.loads(recon("audit", "trail", "bea", *of(desk), "--json").out)
    assert (mine["about"], [step["what"] for step in mine["steps"]]) == ("person", ["alias accepted"])


def test_the_audit_pack_masks_a_payer_who_is_a_person(desk: Desk) -> None:
    book, who = desk.root / "book.xlsm", "MRS WINIFRED QUARTERMAINE"
    night(desk, "paid", ("2026-03-05", "1403.00", who), ("2026-03-06", "1504.00", who), book=True)
    lines = {row["line_id"]: allocate(row["amount"]) for row in desk.rows("lines.csv", "paid")}
    decide(book, "Exceptions", lines)
    assert "2 decisions applied, 0 refused" in recon("apply", "--book", book, "--who", "anna").out
    named = json.loads(recon("learn", "list", *of(desk), "--json").out)
    [alias] = [row["id"] for row in named if row["kind"] == "alias" and row["subject"] != BUREAU]
    assert recon("learn", "accept", alias, *of(desk), "--who", "bea").code == 0
    pack = ("audit", "trail", next(iter(lines)), *of(desk), "--out")
    assert recon(*pack, desk.root / "masked").code == 0
    for path in (desk.root / "masked").iterdir():
        assert "QUARTERMAINE" not in path.read_text(encoding="utf-8"), path.name
    assert "alias accepted" in (desk.root / "masked" / "trail.html").read_text(encoding="utf-8")
    assert recon(*pack, desk.root / "bare", "--unmask").code == 0
    steps = (desk.root / "bare" / "steps.csv").read_text(encoding="utf-8")
    assert "QUARTERMAINE" in next(row for row in steps.splitlines() if "alias accepted" in row)
