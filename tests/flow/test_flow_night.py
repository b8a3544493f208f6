"""A night's batch: many small files of mixed formats, one bad one among them, and a process that is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flow_cases import BANK, Desk, recon, rows

from recon.flow.gather import gather
from recon.flow.settings import load_profiles, load_rules
from recon.model import Kind

COMMAND = [sys.executable, "-c", "from recon.cli import main; main()", "run", "--quiet"]
CAMT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<Stmt><Id>{n}</Id><Acct><Id><Othr><Id>A{n}</Id></Othr></Id><Ccy>GBP</Ccy></Acct><Ntry><Amt Ccy="GBP">{amount}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt><NtryDtls><TxDtls>
<Refs><EndToEndId>INV-{n}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"""
MT940 = """:20:N{n}
:25:A{n}
:28C:1/1
:60F:C260301GBP0,00
:61:2603020302C{amount}NTRFINV-{n}//B{n}
:62F:C260302GBP{amount}
-
"""


def _night(desk: Desk, files: int) -> list[str]:
    """Bank files in three formats, one line each, and the items that they pay."""
    items = ["item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,open_amount"]
    for number in range(1000, 1000 + files):
        amount = f"{number}.50"
        items.append(
            f"INV-{number},C{number},Care {number} Ltd,invoice,INV-{number},2026-02-01,2026-03-01,GBP,{amount}"
        )
        if number % 3 == 0:
            desk.put(f"bank/{number}.xml", CAMT.format(n=number, amount=amount))
        elif number % 3 == 1:
            desk.put(f"bank/{number}.sta", MT940.format(n=number, amount=amount.replace(".", ",")))
        else:
            line = f"A{number},2026-03-02,{amount},GBP,BGC,CARE {number} LTD,INV-{number},"
            desk.put(f"bank/{number}.csv", f"{BANK.splitlines()[0]}\n{line}\n")
    desk.put("bank/broken.xml", "<Document><BkToCstmrStmt>")
    desk.put("items.csv", "\n".join(items) + "\n")
    return ["--bank", str(desk.root / "bank"), "--items", str(desk.root / "items.csv")]


@pytest.mark.slow
def test_many_files_are_read_in_several_processes_and_are_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _night(desk, 9)
    loaded, path = load_rules()
    profiles = load_profiles(loaded, path)
    bank = [(Kind.BANK, [str(desk.root / "bank")])]
    alone = gather(bank, loaded, profiles, workers=1)
    threads = gather(bank, loaded, profiles, workers=3)
    monkeypatch.setattr("recon.flow.gather.FILES_APART", 3)
    apart = gather(bank, loaded, profiles, workers=2)
    for several in (threads, apart):
        assert several.frames[Kind.BANK].equals(alone.frames[Kind.BANK])
        assert [one.path for one in several.readings] == [one.path for one in alone.readings]
        assert several.problems == alone.problems
        assert several.unread == alone.unread == ((desk.root / "bank" / "broken.xml").as_posix(),)


def test_progress_tells_files_and_lines(desk: Desk) -> None:
    _night(desk, 6)
    loaded, path = load_rules()
    told: list[tuple[str, int, int, int]] = []
    gather(
        [(Kind.BANK, [str(desk.root / "bank")])],
        loaded,
        load_profiles(loaded, path),
        lambda stage, done, of, lines=0: told.append((stage, done, of, lines)),
    )
    assert told[0] == ("read", 0, 7, 0)
    assert told[-1] == ("read", 7, 7, 6)
    assert [done for _, done, _, _ in told] == list(range(8))


def test_one_bad_file_does_not_stop_the_night(desk: Desk) -> None:
    arguments = _night(desk, 9)
    assert recon("run", *arguments, "--out", desk.root / "out").code == 0
    assert len(desk.rows("lines.csv")) == 9
    assert [row["code"] for row in desk.rows("problems.csv")] == ["xml-broken"]


def _posted(desk: Desk, store: Path, out: str) -> dict[str, bytes]:
    assert (
        recon("post", "--format", "generic", "--out", desk.root / out, "--store", store, "--who", "x").code
        == 0
    )
    return {path.name: path.read_bytes() for path in (desk.root / out).glob("*.csv")}


@pytest.mark.slow
def test_a_killed_night_counts_nothing_twice(desk: Desk) -> None:
    """Killed at any moment and run again: the same postings, to the byte, as of a night that was never killed."""
    arguments = _night(desk, 60)
    whole, torn = desk.root / "whole.db", desk.root / "torn.db"
    began = time.monotonic()
    command = [*COMMAND, *arguments, "--store", str(whole), "--out", str(desk.root / "a")]
    subprocess.run(command, check=True)  # noqa: S603 - our own command
    lasted = time.monotonic() - began
    dice = random.Random(7)  # noqa: S311 - moments, not secrets
    command = [*COMMAND, *arguments, "--store", str(torn), "--out", str(desk.root / "b")]
    for moment in [0.3, 0.7, 0.8, 0.85, 0.9, 0.95, *(dice.uniform(0.6, 1.05) for _ in range(4))]:
        killed = subprocess.Popen(command)  # noqa: S603 - our own command
        time.sleep(moment * lasted)
        killed.kill()
        killed.wait()
        left = {path.name for path in (desk.root / "b").glob("[!.]*")}
        assert len(left) in (0, 5), "the output files are there as one, or not at all"
    ran = recon("run", *arguments, "--store", torn, "--out", desk.root / "b")
    assert ran.code == 0, ran.err
    assert _posted(desk, torn, "post-b") == _posted(desk, whole, "post-a")
    assert sorted(row["amount"] for row in rows(desk.root / "b" / "lines.csv")) == sorted(
        row["amount"] for row in rows(desk.root / "a" / "lines.csv")
    )
