"""What the rules lack and what does not fit is told with its key, and no file is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from posting_batch import ACCEPTED, ITEMS, LINES, NAMES, RULES, layout, line, posted, taken
from posting_readers import records

from recon import rules
from recon.posting.journal import accounts_of
from recon.posting.site import site_of
from recon.problems import Problem, ReconError
from recon.rules.layout import Layout, LayoutField

ONE = [taken("L-straight", "100 1", "100.00")]


def refused(name: str | Layout, accepted: Sequence[dict[str, Any]] = ONE, **more: Any) -> list[Problem]:
    with pytest.raises(ReconError) as error:
        posted(name, accepted, **more)
    assert error.value.exit_code == 2
    return list(error.value.problems)


def keys(problems: Sequence[Problem]) -> set[str]:
    return {one.where for one in problems}


SAY_IT = "say it in your rules and run recon run with them: posting goes by the rules of the last run"
BARE = "currency: GBP\n"


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("unit4", {"posting.settings.unit4.voucher_type", "posting.settings.unit4.client", "accounts.suspense"}),
        ("coda", {f"posting.settings.coda.{key}" for key in ("cmpcode", "doccode", "first_month")}
            | {"accounts.suspense", "accounts.receivables"}),
        ("sage", {"accounts.suspense"}),
        ("xero", {"accounts.suspense", "posting.settings.xero.suspense_contact"}),
        ("quickbooks", {f"posting.settings.quickbooks.{key}" for key in ("on_account", "suspense_customer")}),
        ("tally", {"posting.settings.tally.company", "accounts.suspense"}),
    ],
)  # fmt: skip
def test_all_that_the_rules_lack_is_told_at_once(name: str, lacks: set[str]) -> None:
    assert keys(refused(name, ACCEPTED, text=BARE)) == {*lacks, "accounts.banks", "accounts.types"}


def test_the_words_of_what_lacks() -> None:
    told = refused("sage", [taken("L-tax", "101 1", "899.50", "0.50", deduction_type="TOL")], text=BARE)
    assert [f"{one.code}: {one}" for one in told] == [
        (
            "posting-setting: accounts.banks: our bank account 20-00-00 12345678 has no ledger account\n"
            f'    banks: {{"20-00-00 12345678": "1200"}}\n    {SAY_IT}'
        ),
        (
            "posting-setting: accounts.types: the deduction TOL has no ledger account (`tolerance` is only recon's "
            'word)\n    types: {TOL: "7900"}\n'
            f"    {SAY_IT}"
        ),
    ]
    [told_] = refused("coda", text=RULES.replace(", doccode: SREC", ""))
    assert str(told_) == (
        "posting.settings.coda.doccode: the field `doccode` of `coda` must be filled, and nothing says with what "
        f"(bank lines L-straight)\n    doccode: ...\n    {SAY_IT}"
    )


def test_generic_takes_words_of_recon() -> None:
    assert "receivables" in posted("generic", text=BARE).batch.text


@pytest.mark.parametrize(
    ("said", "where", "what"),
    [
        ("unit4: {vouchertype: SR}", "unit4.vouchertype", "the format `unit4` has no such setting"),
        ("unit4: {first_month: '13'}", "unit4.first_month", "`13` is none of what it takes: [1-9], 1[0-2]"),
        ("unit4: {foreign: yes}", "unit4.foreign", "`yes` is none of what it takes: blank, refuse"),
    ],
)
def test_a_setting_that_a_layout_has_not(said: str, where: str, what: str) -> None:
    read = rules.parse(f"posting: {{settings: {{{said}}}}}\n", "rules.yaml")
    with pytest.raises(ReconError) as error:
        site_of(read, layout("unit4"))
    [told] = error.value.problems
    assert (told.where, told.what) == (f"posting.settings.{where}", what)
    assert "vouchertype" not in said or "did you mean `voucher_type`?" in told.hint


def test_items_of_a_ledger_without_keys_are_told_or_posted_without_a_match() -> None:
    for strange in ("100", "100 1 2", "100 ", " 1", "100  1"):
        lone = [{**ITEMS[0], "item_id": strange}]
        [told] = refused("unit4", [taken("L-straight", strange, "100.00")], items=lone)
        assert told.where == "posting.settings.unit4.unmatched", strange
    plain = [{**item, "item_id": item["doc_no"]} for item in ITEMS]
    accepted = [taken("L-straight", "INV-100", "100.00")]
    [told] = refused("unit4", accepted, items=plain)
    assert told.where == "posting.settings.unit4.unmatched"
    allowed = RULES.replace("unit4: {", "unit4: {unmatched: allow, ")
    _, leg = records(posted("unit4", accepted, items=plain, text=allowed).batch.text)
    assert (leg["ext_inv_ref"], leg["voucher_ref"], leg["sequence_ref"]) == ("INV-100", "", "")


EURO = [line("L-euro", "100.00", currency="EUR")]
SPLIT = [taken("L-net", "100 1", "40.00"), taken("L-net", "101 1", "30.00")]
IN_EURO = [taken("L-euro", "100 1", "100.00", currency="EUR")]


@pytest.mark.parametrize("name", NAMES)
def test_other_currencies_are_told(name: str) -> None:
    [told] = refused(name, IN_EURO, lines=EURO)
    never = name in {"sage", "tally"}
    assert told.code == ("posting-refused" if never else "posting-setting")
    assert told.what == "EUR is to be posted to a ledger in GBP, and no rate is known (bank lines L-euro)"
    if not never:
        allowed = RULES.replace(f"{name}: {{", f"{name}: {{foreign: blank, ")
        assert posted(name, IN_EURO, EURO, text=allowed).batch.text
    both = refused(name, text=RULES.replace("currency: GBP", ""))
    assert keys(both) == {f"posting.settings.{name}.currency"}


@pytest.mark.parametrize(
    ("name", "other", "told"),
    [
        ("sage", IN_EURO, "EUR is to be posted to a ledger in GBP, and no rate is known (bank lines L-euro)"),
        (
            "tally",
            IN_EURO,
            "EUR is to be posted to a ledger in GBP, and no rate is known (bank lines L-euro)",
        ),
        ("unit4", SPLIT, "bank lines pay items of more than one company: L-net"),
        ("coda", SPLIT, "bank lines pay items of more than one company: L-net"),
    ],
)
def test_what_a_ledger_can_not_import_is_left_out_and_told_and_all_else_is_posted(
    name: str, other: list[dict[str, Any]], told: str
) -> None:
    company = {"101 1": "C2"} if other is SPLIT else {}
    items = [{**item, "entity": company.get(str(item["item_id"]), "C1")} for item in ITEMS]
    made = posted(name, [*ONE, *other], [*LINES, *EURO], items)
    assert [one.what for one in made.untaken] == [told]
    assert made.batch == posted(name, ONE, items=items).batch
    assert made.controls["ok"].all()


def test_money_in_another_currency_leaves_the_ledgers_own_amount_to_the_ledger() -> None:
    allowed = RULES.replace("unit4: {", "unit4: {foreign: blank, ")
    first, _ = records(posted("unit4", IN_EURO, EURO, text=allowed).batch.text)
    assert (first["currency"], first["cur_amount"], first["amount"]) == ("EUR", "10000", "")


@pytest.mark.parametrize("name", NAMES)
def test_several_companies(name: str) -> None:
    items = [{**item, "entity": "01" if at == 0 else "02"} for at, item in enumerate(ITEMS)]
    apart = [ONE[0], taken("L-tax", "101 1", "899.50")]
    one_line = [taken("L-net", "100 1", "40.00"), taken("L-net", "101 1", "30.00")]
    if name in {"unit4", "coda"}:
        assert posted(name, apart, items=items).controls["ok"].all()
        [told] = refused(name, one_line, items=items)
        assert told.what == "bank lines pay items of more than one company: L-net"
    else:
        [told] = refused(name, apart, items=items)
        assert told.what.endswith("is of one company, and items of several are to be posted: 01, 02")
    assert told.code == "posting-refused"


def own(*fields: LayoutField, **more: Any) -> Layout:
    return Layout(**{"name": "ours", "title": "ours", "record": "delimited", "fields": fields, **more})


def test_text_that_is_too_long_is_told_and_cut_only_where_the_layout_says_so() -> None:
    [told] = refused(own(LayoutField(name="d", holds="text", length=12)))
    assert str(told) == (
        "ours: the field `d` takes 12 characters, and 2 rows have more\n"
        "    bank lines L-straight; a layout of your own may hold another column there, or say `cut: true`"
    )
    made = posted(own(LayoutField(name="d", holds="text", length=12, cut=True), heading=False), ONE)
    assert made.batch.text == "bank line...\r\nbank line...\r\n"


def test_characters_that_the_encoding_lacks_are_told() -> None:
    items = [{**ITEMS[0], "doc_no": "№ 1"}]
    [told] = refused("unit4", items=items)
    assert (told.code, told.what) == (
        "posting-field",
        "the field `ext_inv_ref` has characters that cp1252 lacks",
    )
    assert "№ 1" in posted("xero", ONE, items=items).batch.text


def test_an_amount_finer_than_its_field_is_told() -> None:
    lines, accepted = [line("L-fine", "1.005")], [taken("L-fine", "100 1", "1.005")]
    assert {one.what for one in refused("unit4", accepted, lines=lines)} == {
        "the field `cur_amount` has 2 decimals, and an amount has more",
        "the field `amount` has 2 decimals, and an amount has more",
    }
    fine = own(LayoutField(name="a", holds="amount", write="decimal", decimals=3), heading=False)
    assert posted(fine, accepted, lines).batch.text == "1.005\r\n-1.005\r\n"


@pytest.mark.parametrize(
    ("write", "decimals", "yen", "pounds"),
    [("minor", 2, "10000", "-10000"), ("decimal", 2, "100.00", "-100.00"), ("decimal", 0, "100", "-100")],
)
def test_currencies_without_pence(write: Any, decimals: int, yen: str, pounds: str) -> None:
    one = own(LayoutField(name="a", holds="amount", write=write, decimals=decimals), heading=False)
    text = RULES.replace("settings:", "settings:\n    ours: {foreign: blank}")
    lines = [line("L-yen", "100", currency="JPY")]
    accepted = [taken("L-yen", "100 1", "100", "0", currency="JPY")]
    assert posted(one, accepted, lines, text=text).batch.text.split()[0] == yen
    assert posted(one, ONE).batch.text.split()[1] == pounds


def test_hostile_text_stays_text() -> None:
    items = [{**ITEMS[0], "doc_no": '=1+1\r\n,"x"<&>'}]
    accepted = [taken("L-straight", "100 1", "100.00", customer_id="@sum")]
    assert '"\'=1+1 ,""x""<&>"' in posted("xero", accepted, items=items).batch.text
    assert (
        "'=1+1 ,"
        in next(iter(list(records(posted("unit4", accepted, items=items).batch.text))[1:]))["ext_inv_ref"]
    )
    assert '<NAME>=1+1 ,"x"&lt;&amp;&gt;</NAME>' in posted("tally", accepted, items=items).batch.text


def test_hostile_text_makes_no_line_of_the_report() -> None:
    forged = "INV\nfile posting-sage-B-0.csv: 1 rows, 1 bytes of utf-8, SHA-256 " + "0" * 64
    items = [{**ITEMS[0], "doc_no": forged}]
    made = posted("coda", [taken("L-straight", "100 1", "100.00", customer_id="A\tB")], items=items)
    assert [line for line in made.batch.controls.splitlines() if line.startswith("file ")][1:] == []
    assert "\tA B\tINV file posting" in made.batch.controls


@pytest.mark.parametrize("name", NAMES)
def test_the_payers_words_are_in_no_file(name: str) -> None:
    made = posted(name).batch
    assert "EXAMPLE WARD" not in (made.text + made.controls).upper()


@pytest.mark.parametrize(
    ("first", "named", "day", "expected"),
    [
        ("1", "", "2026-03-02", "202603"),
        ("4", "start", "2026-03-02", "202512"),
        ("4", "end", "2026-03-02", "202612"),
        ("4", "end", "2026-04-01", "202701"),
        ("10", "start", "2026-12-31", "202603"),
    ],
)
def test_the_period_is_of_the_financial_year(first: str, named: str, day: str, expected: str) -> None:
    said = f"first_month: '{first}'" + (f", year_named: {named}" if named else "")
    text = RULES.replace("settings:", f"settings:\n    ours: {{{said}}}")
    one = own(LayoutField(name="p", holds="year_period", needed=True), heading=False)
    lines = [line("L-day", "1.00", booking_date=pl.Series([day]).str.to_date()[0])]
    made = posted(one, [taken("L-day", "100 1", "1.00")], lines, text=text)
    assert set(made.batch.text.split()) == {expected}


def test_a_setting_may_be_blank_on_purpose() -> None:
    text = RULES.replace("on_account: CREDIT", "on_account: blank")
    found = posted("quickbooks", text=text).batch.text
    assert ",1200,,5.10," in found


def test_accounts_that_are_said_are_no_words_of_recon() -> None:
    named = accounts_of(rules.parse(RULES, "rules.yaml"))
    made = posted("coda")
    assert set(made.legs["account"]) <= {"1100", "1200", "2999", *named.deductions.values()}
    assert LINES[0]["line_id"] in made.batch.text


def test_the_account_of_a_type_goes_before_one_that_came_with_recon_and_after_ones_own() -> None:
    def account(own: str) -> str:
        said = f"deductions: [{{id: tds, type: TDS, rate: 10, account: '{own}'}}]\n"
        read = rules.parse(said + "accounts: {types: {TDS: '1310'}}\n", "rules.yaml")
        return accounts_of(read, ["tds_receivable"]).deductions["TDS"]

    assert (account("tds_receivable"), account("1399")) == ("1310", "1399")
