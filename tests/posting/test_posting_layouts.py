"""Each ledger's file, read back by somebody else, does to the ledger what was accepted: to the penny, and once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from posting_batch import ACCEPTED, ITEMS, LINES, NAMES, layout, line, posted, taken
from posting_readers import PAGE, READERS, TITLES, Effect, documented, expected, records

from recon.posting import file_of
from recon.rules.layout import COMMON, Source

GOLDEN = Path(__file__).parent / "golden"
ACCOUNTS = {"TDS": "1310", "TOL": "7905", "WO": "7910", "CHARGE": "7901"}
DOCUMENTS = {str(item["item_id"]): str(item["doc_no"]) for item in ITEMS}
WITH_ITEMS = [name for name in NAMES if name != "sage"]  # its rows are customers'; the report has the items


@pytest.mark.parametrize("name", NAMES)
def test_the_file_and_its_report(name: str, request: pytest.FixtureRequest) -> None:
    made = posted(name)
    assert made.controls["ok"].all()
    for path, text in (
        (GOLDEN / f"{name}.{layout(name).suffix}", made.batch.text),
        (GOLDEN / f"{name}-controls.txt", made.batch.controls),
    ):
        if request.config.getoption("--golden", default=False):
            path.write_text(text, encoding="utf-8", newline="")
        assert text == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_read_back_it_does_what_was_accepted(name: str) -> None:
    found = READERS[name](posted(name).batch.text)
    items = name in WITH_ITEMS
    assert found.told(items=items) == expected(ACCEPTED, ACCOUNTS, DOCUMENTS).told(items=items)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_postings_in_any_order_are_the_same_bytes(name: str) -> None:
    again = posted(name, list(reversed(ACCEPTED)), list(reversed(LINES)), list(reversed(ITEMS)))
    assert again.batch == posted(name).batch


def test_no_two_formats_have_the_same_batch() -> None:
    assert len({posted(name).batch.batch_id for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", sorted(TITLES))
def test_the_page_has_the_fields_of_the_layout(name: str) -> None:
    told = documented(name)
    fields = layout(name).fields
    assert [row["field"] for row in told] == [f"`{field.name}`" for field in fields]
    for row, field in zip(told, fields, strict=True):
        place = f"{field.start}–{field.end}" if field.start else str(fields.index(field) + 1)  # noqa: RUF001 - as the page has it
        assert (row["position"], row["length"]) == (place, str(field.length or "")), field.name
        for word in (field.holds, field.otherwise, field.setting, field.value):
            assert not word or f"`{word}`" in row["holds"], field.name
        assert ("needed" in row["holds"]) == field.needed, field.name
        assert all(f"{key} → {value}" in row["holds"] for key, value in field.values.items()), field.name
        assert row["sure"] in {"yes", "?"}


def test_the_page_has_every_setting_and_every_column_that_a_field_can_hold() -> None:
    page = PAGE.read_text(encoding="utf-8")
    settings_, columns = page.partition("| setting | of |")[2], page.partition("| a field may hold |")[2]
    said = settings_.partition("\n\n")[0]
    told = {
        (name, key)
        for name in NAMES
        for row in said.splitlines()
        for key in layout(name).settings
        if f"`{name}`" in row and f"`{key}`" in row
    }
    between = {("unit4", f"dim_{number}") for number in range(2, 7)}  # the page says `dim_1` ... `dim_7`
    assert told | between == {(name, key) for name in NAMES for key in layout(name).settings}
    assert [key for key in COMMON if f"`{key}`" not in said] == []
    assert [one for one in get_args(Source) if one and f"`{one}`" not in columns] == []


def test_the_page_has_every_element_of_tallys_vouchers() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Tally\n")[2].partition("\n## ")[0]
    root = etree.fromstring(posted("tally").batch.text.encode())
    found = {one.tag for voucher in root.iter("VOUCHER") for one in voucher.iter()}
    found |= {f"@{name!s}" for voucher in root.iter("VOUCHER") for name in voucher.attrib}
    assert [name for name in found if name not in page and name != "@ACTION"] == []


def test_unit4_quotes_the_item_to_match_with_and_a_counter_posting_none() -> None:
    found = [
        (row["ext_ref"], row["ext_inv_ref"], row["dc_flag"], row["voucher_ref"], row["sequence_ref"], row["pay_flag"])
        for row in records(posted("unit4").batch.text)
        if row["trans_type"] == "AR"
    ]  # fmt: skip
    assert ("L-straight", "INV-100", "-1", "100", "1", "") in found
    assert ("L-net", "CN-200", "1", "200", "2", "") in found
    assert ("L-back", "INV-100", "1", "", "", "") in found
    assert ("L-moved", "INV-100", "1", "", "", "") in found
    assert ("L-over", "", "-1", "", "", "1") in found


def test_unit4_has_dates_period_and_dimensions() -> None:
    first, second, *_ = records(posted("unit4").batch.text)
    assert (first["trans_date"], first["voucher_date"], first["period"]) == ("20260304", "20260302", "202512")
    assert (first["dim_1"], second["dim_1"]) == ("CC10", "")


def test_tally_has_receipts_payments_and_journals() -> None:
    root = etree.fromstring(posted("tally").batch.text.encode())
    kinds = {one.findtext("REFERENCE"): one.get("VCHTYPE") for one in root.iter("VOUCHER")}
    assert (kinds["L-straight"], kinds["L-back"], kinds["L-moved"]) == ("Receipt", "Payment", "Journal")


def test_sage_lists_what_is_to_be_allocated_by_hand() -> None:
    found = posted("sage").batch.controls.partition("to allocate in the ledger: ")[2]
    rows = list(csv.DictReader(io.StringIO(found), delimiter="\t"))
    sums = expected(ACCEPTED, ACCOUNTS, DOCUMENTS).items
    listed = {
        (key, document): sum(
            float(row["amount"]) for row in rows if (row["bank line"], row["document"]) == (key, document)
        )
        for key, document in sums
        if document
    }
    assert listed == pytest.approx({key: float(value) for key, value in sums.items() if key[1]})
    assert len(rows) == len({tuple(row.values()) for row in rows})


def test_the_report_knows_its_file() -> None:
    made = posted("unit4").batch
    found = file_of(made.controls)
    assert found is not None
    assert found[:2] == (f"posting-unit4-{made.batch_id}.txt", "cp1252")
    assert file_of("ok   journals: expected 1, found 1\n") is None


@pytest.mark.parametrize("name", NAMES)
def test_nothing_accepted_is_an_empty_file(name: str) -> None:
    text = posted(name, []).batch.text
    if name == "unit4":
        assert text == ""
    elif name == "tally":
        assert not list(etree.fromstring(text.encode()).iter("VOUCHER"))
    else:
        assert text.count("\r\n") == 1


ITEM = st.sampled_from([*DOCUMENTS, ""])
ROW = st.tuples(
    ITEM,
    st.sampled_from(["ACME", "BETA", ""]),
    st.integers(-300, 300),
    st.integers(-30, 30),
    st.sampled_from(sorted(ACCOUNTS)),
)


def pounds(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(drawn=st.lists(st.lists(ROW, min_size=1, max_size=4), min_size=1, max_size=3))
def test_every_batch_balances_and_has_every_posting_once(name: str, drawn: list[list[Any]]) -> None:
    accepted = [
        taken(
            f"L-{at}",
            item,
            pounds(cash),
            pounds(kept if item else 0),
            deduction_type=type_ if item else "",
            customer_id="ACME" if item else customer,
        )
        for at, one in enumerate(drawn)
        for item, customer, cash, kept, type_ in one
    ]
    bank = [line(f"L-{at}", pounds(sum(row[2] for row in one)), at + 1) for at, one in enumerate(drawn)]
    made = posted(name, accepted, bank)
    assert made.controls["ok"].all()
    found = READERS[name](made.batch.text) if made.batch.text else Effect()
    items = name in WITH_ITEMS
    assert found.told(items=items) == expected(accepted, ACCOUNTS, DOCUMENTS).told(items=items)
