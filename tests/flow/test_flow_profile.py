"""`recon profile`: from a file that nobody reads to a run that does, on the command line and by a sheet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from flow_cases import ITEMS, Desk, recon

from recon import cli_profile, flow
from recon.desk import places
from recon.problems import ReconError
from recon.rules import parse_profile

MARCH = """Acme Bank plc
Period,01/03/2026 to 31/03/2026

Posting day,What,Dr,Cr,Bal
02/03/2026,NORTHSIDE CARE LTD INV-1001,,120.50,1120.50
14/03/2026,DD UTILITY,500.00,,620.50
15/03/2026,BGC PAYER [bold]\x1b[31mRED,,77.70,698.20
Thank you for banking with Acme,,,,
"""
UNDECIDED = """When,What,Amount
01/03/2026,A,10.00
02/03/2026,B,20.00
"""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An own folder of profiles."""
    folder = tmp_path / "own"
    monkeypatch.setenv("RECON_PROFILES", str(folder))
    return folder


@pytest.mark.usefixtures("own")
def test_rows_that_continue_others_are_not_told_as_short(desk: Desk) -> None:
    history = (
        "Date,Details,Amount,Balance\n02/03/2026,NHS SUSSEX ICB,100.00,1100.00\n,INV-1001 AND\n,INV-1002\n"
        "13/03/2026,ACME CARE,50.00,1150.00\n14/03/2026,KENT CC,20.00,1170.00\n,INV-1003\n"
    )
    path = desk.put("history.csv", history)
    assert recon("profile", path, "--yes", "--answer", "currency=GBP").code == 0
    ran = recon("read", path)
    assert ("3 rows" in ran.out, ran.err) == (True, "")
    desk.put("history.csv", history + "15/03/2026,KENT CC,20.00\n")
    assert "history.csv:8: fewer cells than the heading" in recon("read", path).err


@pytest.mark.parametrize("content", [bytes(range(256)) * 20, b"a,b,c\nfoo,bar,baz\n"])
def test_a_file_of_which_none_can_be_made_is_not_told_to_ask_for_one(desk: Desk, content: bytes) -> None:
    path = desk.put("rubbish.csv", content)
    asked = recon("profile", path)
    assert asked.code == 2
    assert "export it" in asked.err
    assert "recon profile" not in asked.err


def test_a_proposed_profile_is_written_and_found_by_every_command(desk: Desk, own: Path) -> None:
    desk.put("acme march.csv", MARCH)
    before = recon("read", "acme march.csv")
    assert before.code == 2
    assert "`recon profile FILE` proposes a profile" in before.err
    shown = recon("profile", "acme march.csv")
    assert shown.code == 0
    assert "nothing is written; --yes writes it" in shown.out
    assert "2 of 2 steps of the running balance `Bal` hold" in shown.out
    assert "foots: 1000.00 + -301.80 = 698.20" in shown.out
    assert "\x1b" not in shown.out
    assert "[bold]" in shown.out
    assert not own.exists()
    made = recon("profile", "acme march.csv", "--yes")
    assert made.code == 0
    assert made.out.splitlines()[-1] == (
        'every command and button finds it there: recon run --bank "acme march.csv" ...'
    )
    assert parse_profile((own / "acme_march.yaml").read_text(encoding="utf-8"), "x").name == "acme_march"
    desk.put("items.csv", ITEMS)
    ran = recon(
        "run",
        "--bank",
        "acme march.csv",
        "--items",
        "items.csv",
        "--rules",
        "uk_care",
        "--quiet",
        "--out",
        "out",
    )
    assert ran.code == 0, ran.err
    assert len((desk.root / "out" / "lines.csv").read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.usefixtures("desk")
def test_a_file_that_is_read_already_needs_no_profile(own: Path) -> None:
    told = recon("profile", "bank.csv", "--yes")
    assert told.code == 0
    assert told.out.splitlines()[0] == "bank.csv needs no profile: the profile `standard` reads it"
    assert not own.exists()


def test_forced_a_new_profile_takes_the_place_of_the_one_that_read_the_file(desk: Desk, own: Path) -> None:
    desk.put("march.csv", MARCH)
    assert recon("profile", "march.csv", "--yes").code == 0
    assert recon("profile", "march.csv", "--yes", "--force").code == 0
    assert [path.name for path in own.iterdir()] == ["march.yaml"]
    assert recon("read", "march.csv").code == 0


def test_what_is_undecided_stops_it_until_it_is_answered(desk: Desk, own: Path) -> None:
    desk.put("short.csv", UNDECIDED)
    stopped = recon("profile", "short.csv", "--yes")
    assert stopped.code == 2
    assert "Which comes first in dates, the day or the month?" in stopped.err
    assert "--answer dates=%d/%m/%Y    dd/mm/yyyy" in stopped.err
    assert "--answer sign=as_written    money in" in stopped.err
    assert not own.exists()
    answers = ("--answer", "dates=%m/%d/%Y", "--answer", "sign=turned")
    done = recon("profile", "short.csv", "--yes", "--name", "mine", *answers)
    assert done.code == 0, done.err
    reading = flow.read(["short.csv"])[0][1]
    assert not isinstance(reading, ReconError)
    assert reading.profile == "mine"
    assert reading.table["amount"].to_list() == ["-10.00", "-20.00"]
    assert [str(day) for day in reading.table["booking_date"]] == ["2026-01-03", "2026-02-03"]


@pytest.mark.usefixtures("own")
def test_a_file_that_is_there_is_never_written_over_unasked(desk: Desk) -> None:
    desk.put("march.csv", MARCH)
    desk.put("kept.yaml", "mine")
    refused = recon("profile", "march.csv", "--yes", "--out", "kept.yaml")
    assert refused.code == 3
    assert "there is such a file" in refused.err
    assert (desk.root / "kept.yaml").read_text(encoding="utf-8") == "mine"
    forced = recon("profile", "march.csv", "--yes", "--out", "kept.yaml", "--force")
    assert forced.code == 0
    assert "name it under `profiles` of your rules file" in forced.out


def test_words_of_money_in_must_stand_in_the_column(desk: Desk) -> None:
    lines = "13/03/2026,A,12.00,CR\n14/03/2026,B,2.00,DR\n"
    path = desk.put("sides.csv", f"Date,Details,Amount,Dr/Cr\n{lines}")
    with pytest.raises(ReconError, match="`TYPO` stands nowhere in `Dr/Cr`"):
        flow.profile.look(path, answers={"credit_words": "TYPO"})
    assert flow.profile.look(path, answers={"credit_words": "cr"}).profile is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--answer", "nonsense=1"), "there is no question `nonsense`"),
        (("--answer", "sign=maybe"), "sign can't be `maybe`"),
        (("--answer", "sign"), "`sign` says nothing"),
        (("--answer", "dates="), "dates: nothing is no answer"),
        (("--answer", "credit_words="), "credit_words: nothing is no answer"),
        (("--answer", "credit_words=TYPO"), "credit_words: no column of sides is used"),
        (("--answer", "doc_type:X=bill"), "doc_type:X can't be `bill`"),
        (("--name", "hdfc"), "`hdfc` is the name of another profile or format"),
        (("--name", "mt940", "--force"), "`mt940` is the name of another profile or format"),
        (("--kind", "invoices"), "there is no kind `invoices`"),
        (("--name", "No Name"), "`No Name` is no name of a profile"),
        (("--answer", "narrative=Nowhere"), "narrative: there is no column `Nowhere`"),
        (("--kind", "aliases"), "no column could be found for: alias"),
    ],
)
def test_wrong_answers_are_said(arguments: tuple[str, ...], said: str, desk: Desk) -> None:
    desk.put("march.csv", MARCH)
    ran = recon("profile", "march.csv", "--yes", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_everything_as_json(desk: Desk, own: Path) -> None:
    desk.put("march.csv", MARCH)
    ran = recon("profile", "march.csv", "--json")
    facts = json.loads(ran.out)
    assert (ran.code, facts["written"], facts["questions"]) == (0, "", [])
    assert facts["read"]["rows"] == 3
    assert parse_profile(facts["profile"], "x").name == "march"
    assert {choice["key"]: choice["sure"] for choice in facts["choices"]}["sign"] == "proved"
    written = json.loads(recon("profile", "march.csv", "--json", "--yes").out)["written"]
    assert Path(written) == own / "march.yaml"


def test_the_questions_as_a_table_for_a_sheet(desk: Desk, own: Path) -> None:
    path = desk.put("short.csv", UNDECIDED)
    looked = flow.profile.look(path)
    rows = flow.profile_shown.asked(looked)
    assert [(row.key, row.choices, row.answer) for row in rows] == [
        ("dates", ("dd/mm/yyyy", "mm/dd/yyyy"), "dd/mm/yyyy"),
        ("sign", ("money in", "money out"), "money in"),
    ]
    chosen = {"dates": "mm/dd/yyyy", "sign": "money in", "gone": "x"}
    answers = flow.profile_shown.answered(looked, chosen)
    assert answers == {"dates": "%m/%d/%Y", "sign": "as_written"}
    again = flow.profile.look(path, answers=answers)
    assert flow.profile_shown.asked(again) == []
    assert flow.profile.save(again) == own / "short.yaml"


@pytest.mark.usefixtures("own")
def test_a_long_file_is_looked_at_in_pieces_and_verified_whole(desk: Desk) -> None:
    lines = ["Posting day,What,Amount,Bal"]
    balance = 0
    for number in range(60_000):
        amount = (number % 977 - 400) or 1
        balance += amount
        day = 1 + number * 28 // 60_000
        text = f"PAYER {number} with a text that is long enough to fill the file"
        lines.append(f"{day:02d}/03/2026,{text},{amount}.00,{balance}.00")
        if number == 20_011:  # an odd row where nobody looks at first
            lines.append("Carried forward,,,")
    path = desk.put("long.csv", "\n".join(lines) + "\n")
    assert path.stat().st_size > 4 << 20
    looked = flow.profile.look(path)
    assert looked.questions == ()
    assert looked.reading is not None
    assert looked.reading.table.height == 60_000
    assert {problem.code for problem in looked.reading.problems} == {"row-text"}
    assert looked.reading.statements[0].foots


@pytest.mark.usefixtures("own")
def test_profiles_beside_the_rules_are_found(desk: Desk) -> None:
    desk.put("march.csv", MARCH)
    (desk.root / "profiles").mkdir()
    assert recon("profile", "march.csv", "--yes", "--out", "profiles/acme.yaml", "--name", "acme").code == 0
    desk.put("rules.yaml", "extends: uk_care\n")
    assert recon("read", "march.csv").code == 2
    found = recon("read", "march.csv", "--rules", "rules.yaml")
    assert found.code == 0
    assert "(acme)" in found.out


def test_where_own_profiles_lie(tmp_path: Path) -> None:
    assert places.profiles_folder("linux", {"RECON_PROFILES": "there"}) == Path("there")
    assert places.profiles_folder("linux", {}, tmp_path) == tmp_path / ".config" / "recon" / "profiles"
    assert places.profiles_folder("darwin", {}, tmp_path).is_relative_to(tmp_path / "Library")
    assert (
        places.profiles_folder("win32", {"LOCALAPPDATA": str(tmp_path)}, tmp_path)
        == tmp_path / "recon" / "profiles"
    )


SHOWN = """Fenland Mutual,,,,
Account activity,,,,
Posted,What happened,Dr,Cr,Bal
04/03/2026,NHS TEST ICB 0000451207,"4,200.00",,"5,200.00"
05/03/2026,Carried forward,,,
06/03/2026,DD TEST UTILITY,,35.50,"5,164.50"
09/03/2026,TEST COUNTY COUNCIL INV-1042,120.00,,"5,284.50"
10/03/2026,CHQ 100045,,84.50,"5,200.00"
Thank you for banking with us,,,,
"""


def test_the_page_shows_what_it_says(desk: Desk, own: Path) -> None:
    desk.put("march.csv", SHOWN)
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\w*\n(.*?)```", page, flags=re.DOTALL)
    asked = recon("profile", "march.csv", "--name", "fenland")
    told = [line.rstrip() for line in (asked.out + asked.err).splitlines()]
    assert ["$ recon profile march.csv --name fenland", *told] == blocks[0].splitlines()
    turned = ("--answer", "sign=turned", "--yes")
    done = recon("profile", "march.csv", "--name", "fenland", "--answer", "dates=%d/%m/%Y", *turned)
    assert done.out.splitlines()[-1] == blocks[1].splitlines()[-1]
    assert (own / "fenland.yaml").read_text(encoding="utf-8") == blocks[2]


@pytest.mark.usefixtures("own")
def test_on_a_terminal_it_asks_and_takes_the_default(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("short.csv", UNDECIDED)
    monkeypatch.setattr(cli_profile, "_asks", lambda: True)
    typed = iter([1, 7, 2])
    asked: list[str] = []

    def prompt(text: str, default: int, type: object) -> int:  # noqa: A002 - as typer calls it
        asked.append(f"{text} [{default}] {type is not None}")
        return next(typed)

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(typer, "confirm", lambda _text, default: default)
    done = recon("profile", "short.csv")
    assert done.code == 0, done.err
    assert asked == ["which [1] True"] * 3  # there is no answer 7
    assert "Which comes first in dates, the day or the month?" in done.out
    reading = flow.read(["short.csv"])[0][1]
    assert not isinstance(reading, ReconError)
    assert reading.table["amount"].to_list() == ["-10.00", "-20.00"]
    assert [str(day) for day in reading.table["booking_date"]] == ["2026-03-01", "2026-03-02"]
