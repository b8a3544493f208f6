"""A posting file whose job was killed before it was written: the next job writes it, and nothing comes for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, decide, recon

from recon import flow

RULES = "extends: default\nname: strict\ncontrols: {hand_post_ceiling: 50}\n"
NEXT = "20-00-00 12345678,2026-03-09,60.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-1003,\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One night on a workbook, with one line that a rule settled."""
    made = Desk(tmp_path)
    monkeypatch.chdir(tmp_path)
    made.put("bank.csv", BANK)
    made.put("items.csv", ITEMS)
    made.put("strict.yaml", RULES)
    assert made.run("--book", "book.xlsm", "--rules", "strict.yaml").code == 0
    return made


def post(who: str, out: str = "posted") -> Ran:
    return recon("post", "--format", "generic", "--book", "book.xlsm", "--out", out, "--who", who)


def killed(desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """A posting that ends before this of its steps, and after it was kept."""

    def dies(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken_off:
        broken_off.setattr(what, dies)
        with pytest.raises(KeyboardInterrupt):
            flow.post("generic", desk.root / "posted", book=desk.root / "book.xlsm", who="ann")


def posted(desk: Desk, out: str = "posted") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.root / out).glob("*.csv")}


@pytest.mark.parametrize("what", ["recon.flow.deliver.write", "recon.flow.books.show_store"])
def test_it_is_written_by_the_next_job_beside_what_is_new_by_then(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    killed(desk, monkeypatch, what)
    desk.put("more.csv", BANK + NEXT)
    assert desk.run("--book", "book.xlsm", bank=["more.csv"]).code == 0
    ran = post("ben")
    assert (ran.code, ran.err) == (0, "")
    assert "the job ended before its file was written (generic), 1 bank lines: here it is" in ran.out
    files = posted(desk)
    assert len(files) == 2
    last = post("ben", "last")
    assert "nothing new is accepted" in last.out
    assert len(posted(desk, "last")) == 1, "what was written once does not come for ever"
    assert posted(desk, "last").items() <= files.items()


def test_it_is_written_though_the_rest_waits_for_a_second_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [stranger] = [row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == "77.70"]
    decide(desk.root / "book.xlsm", "Exceptions", {stranger: {"Decision": "on account", "Item": "C2"}})
    assert recon("apply", "--book", "book.xlsm", "--who", "ann").out == "1 decision applied, 0 refused\n"
    killed(desk, monkeypatch, "recon.flow.deliver.write")
    ran = post("ann")
    assert ran.code == 0
    assert "this is batch" in ran.out
    assert "somebody other than ann has to post" in ran.err
    assert len(posted(desk)) == 1
    # It is not lost any more: what waits is an error, as it was.
    assert post("ann").code == 2
