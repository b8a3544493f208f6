"""What can go wrong with a store: in words for the user, and never with half of something written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from store_cases import AT, dump, open_items, record, run

from recon import model
from recon.problems import EXIT_JOB, ReconError
from recon.store import Store, append, connect


def said(error: pytest.ExceptionInfo[ReconError]) -> str:
    [problem] = error.value.problems
    assert error.value.exit_code == EXIT_JOB
    return f"{problem.code}: {problem.what}; {problem.hint}"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ReconError) as error:
        Store.open(str(tmp_path / "no" / "store.db"))
    assert said(error).startswith("store-unreachable: its folder does not exist; make the folder ")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(ReconError) as error:
        Store.open(str(tmp_path))
    assert said(error) == "store-unreachable: this is a folder, not a file; name a file in it"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    path.write_bytes(b"PK\x03\x04 a workbook and no store" * 100)
    with pytest.raises(ReconError) as error:
        Store.open(str(path))
    assert (
        said(error) == "store-unreachable: this file is not a store; name another file, or move this one away"
    )
    assert path.read_bytes().startswith(b"PK")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    with pytest.raises(ReconError) as error:
        Store.open(str(path))
    what = "this database belongs to something else; name a new file for the store"
    assert said(error) == f"store-unreachable: {what}"
    assert list(dump(path)) == ["customers"]


def test_a_store_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (?)", (connect.VERSION + 1,))
        connection.commit()
    with pytest.raises(ReconError) as error:
        Store.open(str(path))
    assert said(error) == (
        f"store-newer: the store has version {connect.VERSION + 1}, this recon knows versions up to "
        f"{connect.VERSION}; use a newer recon"
    )


@pytest.mark.parametrize("url", ["nosuch://host/db", "://", "sqlite+nosuch:///x.db"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ReconError) as error:
        Store.open(url)
    assert said(error).startswith("store-unreachable: ")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(ReconError) as error:
        Store.open("nosuch://ann:secret@host/db")
    assert "secret" not in str(error.value)


def test_a_store_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(str(path)).close()
    with Store.open(f"sqlite:///{path.as_uri()}?mode=ro&uri=true") as store:
        assert store.settled_lines() == frozenset()
        with pytest.raises(ReconError) as error:
            store.save_run(record("r1"), run())
    assert said(error).startswith("store-unreachable: there is no right to write to the store; ")


def test_an_error_in_the_middle_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    with Store.open(str(path)) as store:
        store.save_run(record("r1"), run([("L1", "A", "60.00")], open_items(("A", "60.00"))))
        before = dump(path)

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(append, "accepted", fail)  # the last thing that is written
            with pytest.raises(KeyboardInterrupt):
                store.save_run(record("r2"), run([("L2", "A", "1.00")], open_items(("A", "59.00"))))
        assert dump(path) == before
        assert store.save_run(record("r2"), run([("L2", "A", "1.00")], open_items(("A", "59.00"))))


def test_an_error_while_the_store_is_made_leaves_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    with monkeypatch.context() as patch:
        patch.setattr(connect, "VERSION", None)  # the last statement fails
        with pytest.raises(Exception, match="NOT NULL"):
            Store.open(str(path))
    assert dump(path) == {}
    Store.open(str(path)).close()
    assert "runs" in dump(path)


KILLED = """
import os, sys
sys.path[:0] = sys.argv[2:]
from store_cases import open_items, record, run
from recon.store import Store, append
append.accepted = lambda *_: os._exit(9)
Store.open(sys.argv[1]).save_run(record("r2"), run([("L2", "A", "1.00")], open_items(("A", "59.00"))))
"""


def test_a_killed_process_leaves_a_store_that_continues(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(str(path)) as store:
        store.save_run(record("r1"), run([("L1", "A", "60.00")], open_items(("A", "60.00"))))
    before = dump(path)
    arguments = [sys.executable, "-c", KILLED, str(path), str(Path(__file__).parent)]
    assert subprocess.run(arguments, check=False, env=dict(os.environ)).returncode == 9  # noqa: S603 - this very Python
    with Store.open(str(path)) as store:
        assert store.runs()["run_id"].to_list() == ["r1"]
        assert dump(path) == before
        assert store.save_run(record("r2"), run([("L2", "A", "1.00")], open_items(("A", "59.00"))))
        assert store.runs()["run_id"].to_list() == ["r1", "r2"]


HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_store_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(str(path)).close()
    store = Store.open(str(path), wait_seconds=0.1)
    arguments = [sys.executable, "-c", HOLDING, str(path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603 - this very Python
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        for job in (
            lambda: store.save_run(record("r1"), run()),
            store.current,
            lambda: Store.open(str(path), 0.1),
        ):
            with pytest.raises(ReconError) as error:
                job()
            assert said(error) == (
                "store-unreachable: the store is in use by another program; wait until it is done, then try again"
            )
        other.stdin.close()
    assert store.save_run(record("r1"), run())


def test_who_read_before_another_wrote_may_not_write(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(str(path)) as mine, Store.open(str(path)) as theirs:
        mine.save_run(record("r1"), run([("L1", "A", "60.00")], open_items(("A", "60.00"))))
        assert mine.settled_lines() == frozenset()
        again = run([("L1", "A", "60.00")], open_items(("A", "60.00")), outcome="auto", by_rule=True)
        assert theirs.save_run(record("r2"), again)
        before = dump(path)
        with pytest.raises(ReconError) as error:
            mine.save_run(record("r3"), again)
        assert said(error) == (
            "store-changed: another job changed the store while this one was at work; nothing was written; "
            "run this job again"
        )
        assert dump(path) == before
        assert mine.settled_lines() == {"L1"}
        assert mine.save_run(record("r3"), run([("L2", "A", "1.00")], open_items(("A", "60.00"))))


def test_accepted_without_a_decision_is_a_broken_promise(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "store.db")) as store:
        store.save_run(record("r1"), run([("L1", "A", "60.00")], open_items(("A", "60.00"))))
        rows = run([("L1", "A", "60.00")], by_rule=True).accepted
        with pytest.raises(AssertionError):
            store.append_decisions(model.DECIDED.empty_outside(), rows, AT)
        assert store.unposted().is_empty()
