"""What was said of what was learned, in the audit pack: in its place, and masked."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy
from flow_cases import BANK, ITEMS, Desk, decide, recon
from test_flow_learning import BUREAU, allocate, learned, night, of, teach

from recon.model import LEARNED
from recon.store import Store


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


def test_a_line_of_nobodys_has_no_strangers_lessons_and_an_unmasked_lesson_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is settled for no customer; the lesson is of a customer of other lines, and says no examples."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    assert desk.run("--book", "b.xlsm").code == 0
    [line] = [row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == "77.70"]
    decide(tmp_path / "b.xlsm", "Exceptions", {line: {"Decision": "on account"}})
    assert recon("apply", "--book", "b.xlsm", "--who", "ann").out == "1 decision applied, 0 refused\n"
    named = {
        "kind": "alias",
        "subject": "AMELIA PEMBERTON",
        "meaning": "C9",
        "event": "accepted",
        "who": "zoe",
    }
    rows = [
        named | {"at": "2026-03-10T00:00:00+00:00", "note": "", "evidence": evidence, "subject": subject}
        for subject, evidence in (("AMELIA PEMBERTON", '{"examples": ""}'), ("E PEMBERTON", "{}"))
    ]
    full = [{name: row.get(name) for name in LEARNED.names} for row in rows]
    with Store.open("b.recon.db") as store:
        store.append_learned(pl.DataFrame(full, schema=LEARNED.outer_schema))
    told = recon("audit", "trail", line, "--store", "b.recon.db", "--json", "--unmask").out
    assert ["PEMBERTON" in told, '"on account"' in told] == [False, True]

    def noted() -> list[str]:
        engine = sqlalchemy.create_engine("sqlite:///b.recon.db", poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            return [
                row[0] for row in connection.exec_driver_sql("SELECT reference FROM privacy_log ORDER BY nth")
            ]

    assert noted() == [line]
    assert (
        "AMELIA PEMBERTON"
        in recon("audit", "trail", "zoe", "--store", "b.recon.db", "--json", "--unmask").out
    )
    assert noted() == [line, "zoe"], "of zoe there is no line, but what was said of a payer"
