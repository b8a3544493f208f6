"""Two `recon post` of real processes at once, and one that is killed: each posting is made once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from flow_cases import BANK, ITEMS, Desk, recon

from recon.problems import ReconError
from recon.store import Store, connect
from recon.store.alone import alone

HERE = Path(__file__).parent
KILLED = -9


def start(
    script: str, address: str, out: str, *before: object, name: str = "generic"
) -> subprocess.Popen[str]:
    typed = ["post", "--format", name, "--store", address, "--out", out, "--who", "ann"]
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(HERE / script), *map(str, before), *typed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> Desk:
    made = Desk(tmp_path)
    monkeypatch.chdir(tmp_path)
    made.put("bank.csv", BANK)
    made.put("items.csv", ITEMS)
    assert made.run("--store", address).code == 0
    return made


def posted(desk: Desk, out: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (desk.root / out).iterdir()}


@pytest.mark.parametrize("step", ["keep", "write"])
def test_of_two_at_once_one_posts_and_the_other_says_that_nothing_is_new(
    desk: Desk, address: str, step: str
) -> None:
    both = [start("slow_post.py", address, out, step) for out in ("one", "two")]
    told = [job.communicate(timeout=120) for job in both]
    assert [job.returncode for job in both] == [0, 0], told
    first, second = sorted((out for out, _err in told), key=lambda out: "nothing new" in out)
    assert "nothing new" not in first
    assert second.startswith("nothing new is accepted; this is batch B-")
    assert posted(desk, "one") == posted(desk, "two"), "the same file, and said so"
    with Store.open(address) as store:
        assert (len(store.batches()), store.lost(), store.verify().breaks) == (1, [], ())


@pytest.mark.usefixtures("desk")
def test_the_lock_is_let_go_of_though_its_session_goes_on(address: str) -> None:
    """As behind a pooler, which keeps the session for the next who asks."""
    pooled = sqlalchemy.create_engine(connect.parse_url(address), poolclass=sqlalchemy.QueuePool)
    with alone(pooled, 0) as held, Store.open(address) as store:
        assert held
        with pytest.raises(ReconError, match="another job is posting"), store.posting(0):
            pass
    with Store.open(address) as store, store.posting(0):
        assert store.batches() == []
    pooled.dispose()


def test_rubbish_in_the_place_of_the_lock_is_said_of_that_file(desk: Desk) -> None:
    assert desk.run("--store", "s.db").code == 0
    desk.put("s.db-posting", b"no database at all" * 100)
    ran = recon("post", "--format", "generic", "--store", "s.db", "--out", "posted")
    assert ran.code == 3
    assert "s.db-posting: this file is not a store" in ran.err
    assert "move this one away" in ran.err
    assert recon("audit", "verify", "--store", "s.db").code == 0


def test_in_two_formats_at_once_it_is_posted_in_one_of_them(desk: Desk, address: str) -> None:
    rules = 'extends: default\nname: ours\ncurrency: GBP\naccounts: {banks: {20-00-00 12345678: "1200"}}\n'
    desk.put("ours.yaml", rules)
    assert desk.run("--rules", "ours.yaml", "--store", address).code == 0
    both = [start("slow_post.py", address, out, "keep", name=out) for out in ("generic", "xero")]
    told = [job.communicate(timeout=120) for job in both]
    assert sorted(job.returncode for job in both) == [0, 2], told
    [refused] = [err for job, (_out, err) in zip(both, told, strict=True) if job.returncode]
    assert "nothing new is accepted, and the last file" in refused
    assert (desk.root / "generic").exists() != (desk.root / "xero").exists()


@pytest.mark.parametrize("at", [2, 6, 10])
def test_after_a_kill_the_next_gives_the_same_file_at_once(desk: Desk, address: str, at: int) -> None:
    whole = desk.root / "whole"
    ended = start("killed.py", address, "posted", at)
    ended.communicate(timeout=120)
    assert ended.returncode == KILLED
    assert recon("post", "--format", "generic", "--store", address, "--out", "posted").code == 0
    again = recon("post", "--format", "generic", "--store", address, "--out", whole)
    assert "nothing new" in again.out
    files = {name: data for name, data in posted(desk, "posted").items() if not name.startswith(".")}
    assert files == posted(desk, "whole")
    with Store.open(address) as store:
        assert (len(store.batches()), store.lost(), store.verify().breaks) == (1, [], ())
