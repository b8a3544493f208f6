"""What is of persons goes for good, and the chain holds: it says what was erased, and sees everything else."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool
from store_cases import AT, dump, frame, open_items, record, run

from recon import model
from recon.model import Kind
from recon.store import RunTables, Store, Target, chain, erase, personal

NAME = "PEMBERTON"


def _run(name: str, lines: list[tuple[str, str, str]], items: pl.DataFrame, *, settled: bool) -> RunTables:
    """A run whose lines and items name a person, with that person among the customers."""
    made = run(lines, items, by_rule=settled, outcome="auto" if settled else "suggested")
    said = made.bank_lines.with_columns(
        counterparty=pl.lit(f"MRS A {NAME}"), narrative=pl.lit(f"{NAME} FEES {name}")
    )
    customers = [{"customer_id": "C1", "name": f"Amelia {NAME}", "accounts": "GB1"}] if settled else []
    empty = {kind: table.empty_outside() for kind, table in model.INPUT_TABLES.items()}
    others = empty | {Kind.CUSTOMERS: frame(model.CUSTOMERS, customers)}
    return RunTables(
        **(
            vars(made)
            | {"bank_lines": said, "open_items": items, "accepted": made.accepted, "others": others}
        )
    )


def _items(*rows: tuple[str, str]) -> pl.DataFrame:
    return open_items(*rows).with_columns(
        customer_name=pl.lit(f"Amelia {NAME}"), service_user_ref=pl.lit("SU-7")
    )


@pytest.fixture
def path(address: str) -> str:
    """Two runs: the first settles L1, its item and the customer are gone in the second, whose line is open."""
    return _made(address)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The same, in a file."""
    return _made(str(tmp_path / "s.db"))


def _made(address: str) -> str:
    with Store.open(address) as store:
        first = _run("one", [("L1", "A", "60.00")], _items(("A", "60.00"), ("B", "40.00")), settled=True)
        store.save_run(record("r1"), first)
        store.save_run(
            record("r2"), _run("two", [("L2", "B", "40.00")], _items(("B", "40.00")), settled=False)
        )
    return address


def _do(path: str, statement: str) -> None:
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount, statement


def _erased(path: str, target: Target) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    with Store.open(path) as store:
        done = store.erase(target, reference="SU-7", who="ann", at=AT, why="request of 1 March")
        return dict(done.rows), done.open_lines, done.in_ledger


def test_a_reference_takes_everything_that_is_needed_no_more_and_says_what_stays(path: str) -> None:
    with Store.open(path) as store:
        target = store.of_reference("SU-7")
        assert target == Target(("L1",), ("A", "B"), (), ("A", "B"))
        customer = store.of_reference("C1")
        assert (customer.lines, customer.customers) == (("L1",), ("C1",))
    counts, waiting, needed = _erased(path, Target(("L1", "L2"), target.items, ("C1",), target.documents))
    assert counts == {"bank_lines": 1, "items_seen": 1, "inputs_seen": 2}
    assert (waiting, needed) == (("L2",), ("B",))
    left = [row for rows in dump(path).values() for row in rows if NAME in repr(row).upper()]
    assert [row for row in left if "L2" not in row and "B" not in row] == []
    with Store.open(path) as store:
        found = store.verify()
        assert found.breaks == ()
        assert found.erased == ("4 rows were erased on 2024-03-02 by ann: request of 1 March",)
        lines = dict(store.bank_lines(["L1", "L2"]).select("line_id", "narrative").iter_rows())
        assert lines == {"L1": "[erased]", "L2": f"{NAME} FEES two"}
        assert store.bank_lines(["L1"])["amount"].to_list() == ["60.00"]
        assert store.items(["A"]).select("open_amount", "customer_name").row(0) == ("60.00", "[erased]")
        past = store.past("r1")
        assert past is not None
        assert past.frames[Kind.CUSTOMERS].select("customer_id", "name", "accounts").rows() == [
            ("C1", "[erased]", None)
        ]
        assert past.frames[Kind.BANK]["narrative"].to_list() == ["[erased]"]


def test_what_was_erased_is_nowhere_in_the_file_any_more(tmp_path: Path) -> None:
    file = tmp_path / "s.db"
    with Store.open(str(file)) as store:
        store.save_run(record("r1"), _run("x", [("L1", "A", "60.00")], _items(("A", "60.00")), settled=True))
        other = run([("L9", "Z", "1.00")], open_items(("Z", "1.00")))
        empty = {kind: table.empty_outside() for kind, table in model.INPUT_TABLES.items()}
        store.save_run(record("r2"), RunTables(**(vars(other) | {"others": empty})))
        assert NAME.encode() in file.read_bytes().upper()
    _erased(str(file), Target(("L1",), ("A",), ("C1",)))
    assert NAME.encode() not in file.read_bytes().upper()


def test_erasing_twice_erases_nothing_new(file: str) -> None:
    assert _erased(file, Target(("L1",)))[0] == {"bank_lines": 1}
    with Store.open(file) as store:
        links = store.links()
    assert _erased(file, Target(("L1",)))[0] == {}
    with Store.open(file) as store:
        assert store.links() == links


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE bank_lines SET amount = '61.00' WHERE line_id = 'L1'",
            "a row of bank_lines is not as it was",
        ),
        (
            "UPDATE bank_lines SET narrative = 'x' WHERE line_id = 'L1'",
            "bank_lines was changed after it was erased",
        ),
        (
            "UPDATE bank_lines SET narrative = 'x' WHERE line_id = 'L2'",
            "a row of bank_lines is not as it was",
        ),
        ("UPDATE bank_lines SET salt = '' WHERE line_id = 'L2'", "a row of bank_lines is not as it was"),
        ("UPDATE bank_lines SET salt = 'erased:00' WHERE line_id = 'L2'", "no erasure was noted"),
        (
            "UPDATE bank_lines SET salt = 'aa', narrative = 'x' WHERE line_id = 'L1'",
            "is there again, or gone",
        ),
        ("UPDATE privacy_log SET why = 'another'", "a row of privacy_log is not as it was"),
        ("DELETE FROM privacy_log", "privacy_log has 0 rows, and 1 were written"),
    ],
)
def test_an_erasure_hides_no_change(file: str, statement: str, told: str) -> None:
    _erased(file, Target(("L1",)))
    _do(file, statement)
    with Store.open(file) as store:
        breaks = store.verify().breaks
    assert any(told in line for line in breaks), breaks


def test_a_forged_salt_cannot_pass_another_text_off_as_erased(file: str) -> None:
    """What the chain holds of the row is known; the text is another one, and no erasure says so."""
    with Store.open(file) as store:
        assert store.verify().breaks == ()
    _do(file, "UPDATE bank_lines SET salt = 'erased:' || salt, narrative = 'forged' WHERE line_id = 'L2'")
    with Store.open(file) as store:
        assert len(store.verify().breaks) == 3


def test_showing_names_is_noted_and_held_by_the_chain(path: str) -> None:
    with Store.open(path) as store:
        store.note_unmasked("L1", "ann", AT)
        assert store.verify().breaks == ()
    rows = dump(path)["privacy_log"]
    assert [row[1:6] for row in rows] == [(AT, "ann", "unmasked", "L1", "")]
    assert json.loads(rows[0][6]) == {}


def test_a_receipt_for_several_persons_is_of_none_of_them(address: str) -> None:
    with Store.open(address) as store:
        items = open_items(("A", "60.00"), ("B", "40.00")).with_columns(
            service_user_ref=pl.Series(["SU-7", "SU-8"]), customer_id=pl.Series(["C1", "C2"])
        )
        both = run([("L1", "A", "60.00")], items, by_rule=True)
        more = both.accepted.with_columns(item_id=pl.lit("B"), amount=pl.lit("40.00"))
        store.save_run(
            record("r1"), RunTables(**(vars(both) | {"accepted": pl.concat([both.accepted, more])}))
        )
        assert store.of_reference("SU-7").lines == ()
        assert store.of_reference("SU-7").items == ("A",)


def _forged(path: str, details: dict[str, object]) -> list[str]:
    """The breaks after somebody who knows recon noted an erasure, with its link."""
    engine = create_engine(path if "://" in path else f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        said = {"event": "erased", "reference": "x", "why": "housekeeping"}
        erase.note(connection, tables, at=AT, who="x", details=details, **said)
    with Store.open(path) as store:
        return list(store.verify().breaks)


def _digests(path: str) -> dict[str, tuple[int, str]]:
    """What the first link holds, of the rows as they are now."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        link = chain.Link(*connection.execute(tables.tables["chain"].select()).first() or ())
        return dict(chain.digests_now(connection, tables, link, chain.version_of(link)))


@pytest.mark.parametrize("name", ["accepted", "bank_lines"])
def test_a_noted_erasure_excuses_no_change_of_what_a_link_holds_with_salts(file: str, name: str) -> None:
    before = _digests(file)
    _do(file, f"UPDATE {name} SET amount = '6.00' WHERE line_id = 'L1'")  # noqa: S608 - of this file
    links = [[1, name, before[name][1], _digests(file)[name][1]]]
    breaks = _forged(file, {"rows": {name: {}}, "links": links})
    assert f"link 1 (run 1): a row of {name} is not as it was written" in breaks
    assert "line 1 of privacy_log excuses a change that no erasure makes" in breaks


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"open_amount": "6000.00"}, "a row of items_seen is not as it was written"),
        ({"customer_id": "MINE"}, "a row of items_seen is not as it was written"),
        ({"customer_name": "Bob"}, "a row of items_seen says that it was erased, and has other text"),
    ],
)
def test_an_erased_row_says_nothing_else_than_before(file: str, change: dict[str, str], told: str) -> None:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    names = personal.COLUMNS["items_seen"]
    with engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        seen = tables.tables["items_seen"]
        this = (seen.c.item_id == "A") & (seen.c.present == 1)
        row = connection.execute(seen.select().where(this)).mappings().one()
        held = personal.held(names, row["salt"], [row[name] for name in names])
        said = json.loads(row["content"]) | {"customer_name": "[erased]"} | change
        fresh = ["0" * 16, json.dumps(said), "{}"]
        erased = dict(zip(names, fresh, strict=True)) | {"salt": f"erased:{held}"}
        connection.execute(seen.update().where(this).values(**erased))
    details: dict[str, object] = {"rows": {"items_seen": {held: personal.digest(fresh)}}, "links": []}
    assert any(told in one for one in _forged(file, details))


@pytest.mark.parametrize(
    "details", ["x", "[]", "{}", '{"rows": [], "links": []}', '{"rows": {}, "links": [1]}']
)
def test_a_note_that_cannot_be_read_is_a_break_and_no_crash(file: str, details: str) -> None:
    _erased(file, Target(("L1",)))
    _do(file, f"UPDATE privacy_log SET details = '{details}'")  # noqa: S608 - of this file
    with Store.open(file) as store:
        assert "line 1 of privacy_log can't be read" in store.verify().breaks


def test_what_is_kept_of_an_erased_row_is_on_a_list_and_everything_else_goes() -> None:
    said = {
        "payer": "Mrs A Pemberton",
        "payment_reference": "PEMBERTON ROOM 4",
        "dispute": "son of Amelia Pemberton",
        "legal": "yes",
        "doc_no": "1",
        "a later column": "Amelia",
    }
    left = json.loads(str(erase._without("content", json.dumps(said), {})))
    assert {key for key, value in left.items() if value == "[erased]"} == {
        "payer",
        "payment_reference",
        "dispute",
        "a later column",
    }
    assert (left["legal"], left["doc_no"]) == ("yes", "1")
    assert erase._without("details", '{"items": ["PEMBERTON"]}', {}) == "{}"
