"""What must hold for any input: conservation, no over-allocation, one outcome, and the same bytes in any order."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_cases import Row, Told, item, line, rules_of, run, tables_of

from recon.model import Tables, with_tables

CUSTOMERS = [
    {
        "customer_id": f"K{n}",
        "name": name,
        "aliases": name,
        "vendor_no": f"40001234{n}0",
        "tax_profile": profile,
    }
    for n, (name, profile) in enumerate(
        [
            ("KENT CC", ""),
            ("ESSEX CC", "TDS 10%"),
            ("ACME LTD", "TDS 2%; GSTTDS 2%"),
            ("NHS SUSSEX ICB", ""),
            ("J SMITH", ""),
        ]
    )
]
AMOUNTS = ["100.00", "100.00", "250.50", "99.99", "1180.00", "900.00", "-50.00", "0.01", "98.00"]
DOCS = [f"INV-{n:04d}" for n in range(1000, 1012)] + ["CF/25/001", "CF/25/002", "77", "1001"]
TEXTS = [
    "INV-1001",
    "inv 1002/03",
    "INV-1004 TO 1006",
    "1007",
    "CF/25/001",
    "PAYMENT",
    "INV-1O08",
    "=1+1",
    "SWEEP",
    "RETURN",
]

items_of = st.lists(
    st.tuples(st.sampled_from(DOCS), st.integers(0, 4), st.sampled_from(AMOUNTS)),
    max_size=10,
    unique_by=lambda row: row[0],
)
lines_of = st.lists(
    st.tuples(
        st.sampled_from([customer["name"] for customer in CUSTOMERS] + ["STRANGER", ""]),
        st.lists(st.sampled_from(TEXTS), max_size=3),
        st.sampled_from(["100.00", "200.00", "350.50", "1062.00", "900.00", "50.00", "-100.00", "4000.00"]),
        st.integers(1, 28),
    ),
    max_size=8,
)


def job(lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]) -> Tables:
    rows = [
        line(f"L{n}", " ".join([name, *said]), amount, booking_date=f"2026-03-{day:02d}")
        for n, (name, said, amount, day) in enumerate(lines)
    ]
    ledger: list[Row] = [item(doc, f"K{owner}", amount, net_amount=amount) for doc, owner, amount in items]
    return tables_of(rows, ledger, CUSTOMERS)


def check(tables: Tables, told: Told) -> None:
    """The invariants, recomputed from the outside."""
    result = told.result
    amounts = dict(tables.bank_lines.select("line_id", "amount_minor").iter_rows())
    assert sorted(result.lines["line_id"]) == sorted(amounts)
    spent: dict[str, int] = dict.fromkeys(amounts, 0)
    for frame in (result.allocations, result.exceptions):
        for line_id, minor in frame.select("line_id", "amount_minor").iter_rows():
            spent[line_id] += minor
    for line_id, outcome in result.lines.select("line_id", "outcome").iter_rows():
        if outcome in {"not_receivable", "duplicate"}:
            assert spent[line_id] == 0
        else:
            assert spent[line_id] == amounts[line_id], (line_id, outcome)
    room = dict(tables.open_items.select("item_id", "open_amount_minor").iter_rows())
    used: dict[str, int] = {}
    for item_id, cash, deduction in result.allocations.select(
        "item_id", "amount_minor", "deduction_minor"
    ).iter_rows():
        if item_id:
            used[item_id] = used.get(item_id, 0) + cash + (deduction or 0)
    for item_id, minor in used.items():
        assert abs(minor) <= abs(room[item_id])
        assert minor * room[item_id] >= 0
    statuses = result.allocations.group_by("line_id").agg(pl.col("status").n_unique())
    assert (statuses["status"] == 1).all()


@settings(max_examples=40)
@given(lines_of, items_of)
def test_money_is_conserved_and_no_item_is_settled_twice(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]
) -> None:
    tables = job(lines, items)
    check(tables, run(tables))


@settings(max_examples=25)
@given(lines_of, items_of, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]], random: Random
) -> None:
    tables = job(lines, items)

    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        order = list(range(frame.height))
        random.shuffle(order)
        return frame[order]

    other = with_tables(
        tables,
        bank_lines=shuffled(tables.bank_lines),
        open_items=shuffled(tables.open_items),
        customers=shuffled(tables.customers),
    )
    first, second = run(tables), run(other)
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(first, name).write_csv() == getattr(second, name).write_csv()


@settings(max_examples=25)
@given(lines_of, items_of)
def test_an_unrelated_item_changes_no_exact_reference(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]
) -> None:
    tables = job(lines, items)
    more = job(lines, [*items, ("ZZ-999999", 4, "123456.78")])
    before, after = run(tables), run(more)
    posted = before.allocations.filter((pl.col("rule") == "reference") & (pl.col("status") == "auto"))
    again = after.allocations.filter((pl.col("rule") == "reference") & (pl.col("status") == "auto"))
    assert (
        posted.select("line_id", "item_id", "amount").write_csv()
        == again.select("line_id", "item_id", "amount").write_csv()
    )


ADVICES = [
    {"remittance_id": "R1", "payment_reference": "99887766", "doc_no": "INV-1001", "paid_amount": "100.00"},
    {"remittance_id": "R1", "payment_reference": "99887766", "doc_no": "INV-1002", "paid_amount": "100.00"},
    {"remittance_id": "R2", "payment_reference": "55443322", "doc_no": "INV-1003", "paid_amount": "250.50"},
]
ALIASES = [
    {"alias": "KCC TREASURY", "customer_id": "K0", "valid_from": "", "valid_to": "2026-03-15"},
    {"alias": "KCC TREASURY", "customer_id": "K1", "valid_from": "2026-03-16", "valid_to": ""},
]
CLOSED = [item("INV-1007", "K2", "0.00"), item("INV-1009", "K3", "0.00")]
CODED = [
    "99887766",
    "55443322",
    "KCC TREASURY",
    "=HYPERLINK(1)",
    "+44 1001",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    "FEB",
]
told_lines_of = st.lists(
    st.tuples(
        st.sampled_from([customer["name"] for customer in CUSTOMERS] + ["STRANGER", ""]),
        st.lists(st.sampled_from(TEXTS + CODED), max_size=3),
        st.sampled_from(["100.00", "200.00", "350.50", "250.50", "900.00", "-100.00"]),
        st.integers(1, 28),
    ),
    max_size=8,
)


def full_job(lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]) -> Tables:
    """A job with every kind of table."""
    plain = job(lines, items)
    extra = tables_of(
        [line("X", "", "1.00")],
        [item("X", "K0", "1.00")],
        CUSTOMERS,
        [row | {"currency": "GBP"} for row in ADVICES],
        ALIASES,
        CLOSED,
    )
    return with_tables(
        plain, remittance_lines=extra.remittance_lines, aliases=extra.aliases, closed_items=extra.closed_items
    )


@settings(max_examples=10)
@given(told_lines_of, items_of, st.randoms(use_true_random=False))
def test_the_order_of_no_table_changes_anything(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]], random: Random
) -> None:
    tables = full_job(lines, items)

    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        order = list(range(frame.height))
        random.shuffle(order)
        return frame[order]

    names = ("bank_lines", "open_items", "remittance_lines", "customers", "aliases", "closed_items")
    other = with_tables(tables, **{name: shuffled(getattr(tables, name)) for name in names})
    first, second = run(tables), run(other)
    check(tables, first)
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(first, name).write_csv() == getattr(second, name).write_csv()


# A part that shares no customer, number, name or amount with the first: `+ 0.37` keeps the amounts apart.
OTHER_CUSTOMERS = [
    {"customer_id": "Z1", "name": "QUORN TRUST"},
    {"customer_id": "Z2", "name": "WYVERN HOUSE"},
]
other_items_of = st.lists(
    st.tuples(
        st.sampled_from([f"ZQ-77{n:03d}" for n in range(6)]),
        st.sampled_from(["Z1", "Z2"]),
        st.sampled_from(["7001.37", "7002.37", "7001.37", "9140.37"]),
    ),
    max_size=6,
    unique_by=lambda row: row[0],
)
other_lines_of = st.lists(
    st.tuples(
        st.sampled_from(["QUORN TRUST", "WYVERN HOUSE", "NOBODY"]),
        st.sampled_from(["", "ZQ-77001", "ZQ-77002", "ZQ-77001 ZQ-77003"]),
        st.sampled_from(["7001.37", "7002.37", "14003.74", "16141.74"]),
        st.integers(1, 28),
    ),
    max_size=6,
)


@settings(max_examples=10)
@given(lines_of, items_of, other_lines_of, other_items_of)
def test_parts_that_share_nothing_may_be_run_apart(
    lines: list[tuple[str, list[str], str, int]],
    items: list[tuple[str, int, str]],
    others: list[tuple[str, str, str, int]],
    other_items: list[tuple[str, str, str]],
) -> None:
    mine = job(lines, items)
    theirs = tables_of(
        [
            line(f"M{n}", f"{name} {said}", amount, booking_date=f"2026-03-{day:02d}")
            for n, (name, said, amount, day) in enumerate(others)
        ],
        [item(doc, owner, amount) for doc, owner, amount in other_items],
        OTHER_CUSTOMERS,
    )
    names = ("bank_lines", "open_items", "customers")
    together = with_tables(
        mine,
        **{
            name: pl.concat([getattr(mine, name), getattr(theirs, name)], how="diagonal_relaxed")
            for name in names
        },
    )
    whole, first, second = run(together), run(mine), run(theirs)
    for name in ("lines", "allocations", "exceptions"):
        parts = pl.concat([getattr(first, name), getattr(second, name)], how="vertical_relaxed")
        told = getattr(whole, name)
        for prefix in ("L", "M"):
            mine_only = pl.col("line_id").str.starts_with(prefix)
            assert told.filter(mine_only).rows() == parts.filter(mine_only).rows(), name


@settings(max_examples=10)
@given(told_lines_of, items_of)
def test_a_strangers_items_change_nothing(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]
) -> None:
    tables = full_job(lines, items)
    strange = tables_of(
        [line("X", "", "1.00")],
        [item(f"ZQ-77{n:03d}", "Z1", f"{70_001 + n * 13}.37") for n in range(5)],
        OTHER_CUSTOMERS[:1],
    )
    more = with_tables(
        tables,
        open_items=pl.concat([tables.open_items, strange.open_items], how="diagonal_relaxed"),
        customers=pl.concat([tables.customers, strange.customers], how="diagonal_relaxed"),
    )
    before, after = run(tables), run(more)
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(before, name).rows() == getattr(after, name).rows(), name


@settings(max_examples=10)
@given(told_lines_of, items_of)
def test_one_outcome_a_line_whole_minor_units_and_text_that_stays_text(
    lines: list[tuple[str, list[str], str, int]], items: list[tuple[str, int, str]]
) -> None:
    tables = full_job(lines, items)
    told = run(tables)
    assert told.lines["line_id"].is_unique().all()
    assert told.lines.height == len(lines)
    for frame in (told.result.lines, told.result.allocations, told.result.exceptions):
        money = [name for name in frame.columns if name.endswith("_minor")]
        assert money
        assert all(frame.schema[name] == pl.Int64 for name in money)
    # Nothing that we write begins as a formula would, whatever the line says; and no line's own text is told.
    written = [
        text
        for frame in (told.lines, told.allocations, told.exceptions)
        for name in (
            "line_id",
            "item_id",
            "code",
            "rule",
            "reasons",
            "detail",
            "alternatives",
            "deduction_type",
        )
        if name in frame.columns
        for text in frame[name].drop_nulls().to_list()
    ]
    assert not [text for text in written if text[:1] in ("=", "+", "-", "@", "\t")]
    assert not [text for text in written if "HYPERLINK" in text or "STRANGER" in text]
    # An alternative never needs an item of a line that is posted by itself.
    auto = told.lines.filter(pl.col("outcome") == "auto")["line_id"].to_list()
    given_away = set(
        told.allocations.filter(pl.col("line_id").is_in(auto) & (pl.col("deduction") == "0.00"))["item_id"]
    )
    room = dict(tables.open_items.select("item_id", "open_amount_minor").iter_rows())
    for row in told.exceptions.iter_rows(named=True):
        for reading in filter(None, row["alternatives"].split(" | ")):
            parts = [part.rsplit(" ", 1) for part in reading.split(" + ") if " less " not in part]
            whole = [
                name for name, cash in parts if name in given_away and room[name] == round(float(cash) * 100)
            ]
            assert not whole, (row["line_id"], reading)


@pytest.mark.parametrize("name", ["reference", "reference_list", "payer_amount", "remittance", "order"])
def test_every_kind_of_evidence_can_be_kept_from_posting_and_switched_off(name: str) -> None:
    rules = rules_of()
    use = getattr(rules.evidence, name)
    tables = tables_of(
        [
            line("reference", "STRANGER INV-1001", "100.00"),
            line("reference_list", "STRANGER INV-1002 INV-1003", "70.00"),
            line("payer_amount", "KENT CC", "512.34"),
            line("remittance", "STRANGER 99887766", "55.00"),
            line("order", "STRANGER PO-556677", "66.00"),
        ],
        [
            item("INV-1001", "K1", "100.00"),
            item("INV-1002", "K1", "30.00"),
            item("INV-1003", "K1", "40.00"),
            item("INV-1004", "K0", "512.34"),
            item("INV-1005", "K2", "55.00"),
            item("INV-1006", "K3", "66.00", po_no="PO-556677"),
        ],
        CUSTOMERS,
        [
            {
                "remittance_id": "R",
                "payment_reference": "99887766",
                "doc_no": "INV-1005",
                "paid_amount": "55.00",
                "currency": "GBP",
            }
        ],
    )
    assert run(tables, rules).outcome(name) == "auto"
    cautious = rules.model_copy(
        update={"evidence": rules.evidence.model_copy(update={name: use.model_copy(update={"auto": False})})}
    )
    assert run(tables, cautious).outcome(name) == "suggested"
    off = rules.model_copy(
        update={
            "evidence": rules.evidence.model_copy(
                update={name: use.model_copy(update={"auto": False, "propose": False})}
            )
        }
    )
    assert run(tables, off).outcome(name) != "auto"
