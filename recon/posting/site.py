"""What a layout must be told by the rules: settings, the ledger's currency, accounts. All that lacks, at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from recon import model
from recon.posting.journal import Accounts
from recon.problems import Problem, ReconError
from recon.rules.layout import COMMON, Layout
from recon.rules.schema import Rules

BLANK = "blank"  # a setting that is empty on purpose
_NAME = "company"  # the setting that says a company's name in the ledger
_NAMED_MAX = 5  # bank lines or accounts named in a problem
SAY_IT = "say it in your rules and run recon run with them: posting goes by the rules of the last run"


@dataclass(frozen=True)
class Site:
    """What the rules say to one layout: its settings, and the ledger's own currency ("" = not said)."""

    settings: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    company: str = ""  # whose these are; "" = everybody's

    def said(self, name: str) -> str:
        """A setting; "" where nothing is said or it is blank on purpose."""
        value = self.settings.get(name, "")
        return "" if value == BLANK else value


def key_of(layout: Layout, setting: str, company: str = "") -> str:
    """The rules' key of a layout's setting."""
    whose = f"companies.{company}" if company else "settings"
    return f"posting.{whose}.{layout.name}.{setting}"


def site_of(rules: Rules, layout: Layout, company: str = "") -> Site:
    """What the rules say to a layout, for one company of several where one is named.

    A company's name in the ledger is no other's: it is said of each.

    Raises:
        ReconError: (posting-setting) a setting that the layout has not, or a value that it can't take.
    """
    said = rules.posting.settings.get(layout.name, {})
    own = rules.posting.companies.get(company, {}).get(layout.name, {}) if company else {}
    known = (*layout.settings, *COMMON)
    problems = []
    for name in sorted({*said, *own} - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"known settings: {', '.join(sorted(known))}" + (
            f"\ndid you mean `{near[0]}`?" if near else ""
        )
        problems.append(
            Problem(
                "posting-setting",
                key_of(layout, name, company if name in own else ""),
                f"the format `{layout.name}` has no such setting",
                hint,
            )
        )
    said = {**{name: value for name, value in said.items() if not company or name != _NAME}, **own}
    takes = {
        "first_month": r"[1-9]|1[0-2]",
        "year_named": "start|end",
        "unmatched": "allow|refuse",
        "foreign": "blank|refuse",
        "currency": "[A-Z]{3}",
    }
    for name, pattern in takes.items():
        if said.get(name) and not re.fullmatch(pattern, said[name]):
            what = f"`{said[name]}` is none of what it takes: {pattern.replace('|', ', ')}"
            key = key_of(layout, name, company if name in own else "")
            problems.append(Problem("posting-setting", key, what))
    if problems:
        raise ReconError(problems)
    return Site({**layout.settings, **said}, said.get("currency") or rules.currency, company)


def missing(
    layout: Layout, site: Site, legs: pl.DataFrame, accounts: Accounts, words: Iterable[str] = ()
) -> list[Problem]:
    """What the rules don't say, or what the layout can't carry, as problems.

    Args:
        layout: the layout.
        site: what the rules say to it.
        legs: posting.journal, outer form.
        accounts: the accounts that the rules name.
        words: accounts' names that come with recon, which are no ledger's codes.
    """
    return [
        *_accounts(layout, legs, accounts, set(words)),
        *_companies(layout, legs),
        *_currencies(layout, site, legs),
    ]


def named(values: pl.Series) -> str:
    """The first few different values, for a message."""
    unique = values.unique().sort().to_list()
    more = f" and {len(unique) - _NAMED_MAX} more" if len(unique) > _NAMED_MAX else ""
    return ", ".join(unique[:_NAMED_MAX]) + more


def _accounts(layout: Layout, legs: pl.DataFrame, accounts: Accounts, words: set[str]) -> list[Problem]:
    problems = []

    def lacks(key: str, what: str, example: str) -> None:
        problems.append(Problem("posting-setting", key, what, f"{example}\n{SAY_IT}"))

    banks = legs.filter(~pl.col("bank_account").is_in(list(accounts.banks.values())))["bank_account"].unique()
    for account in sorted(banks):
        lacks(
            "accounts.banks",
            f"our bank account {account or '(the statement names none)'} has no ledger account",
            f'banks: {{"{account}": "1200"}}',
        )
    kept = legs.filter(pl.col("kind") == "deduction").select("deduction_type", "account").unique()
    for type_, account in kept.sort("deduction_type", "account").iter_rows():
        if type_ not in accounts.deductions or account in words:
            lacks(
                "accounts.types",
                f"the deduction {type_} has no ledger account (`{account}` is only recon's word)",
                f'types: {{{type_}: "7900"}}',
            )
    held = {"receivables": False, "suspense": False}
    customers = legs.filter(pl.col("kind").is_in(["item", "on_account"]))
    if customers.height and "account" in layout.held and layout.form == "legs":
        held["receivables"] = customers["account"].is_in([accounts.receivables]).any()
    of_nobody = (pl.col("kind") == "on_account") & (pl.col("customer_id") == "")
    takes = layout.record == "tally" or "gl_account" in layout.held
    takes = takes or (layout.form == "legs" and "account" in layout.held)
    held["suspense"] = takes and legs.filter(of_nobody).height > 0
    for name, used in held.items():
        if used and getattr(accounts, name) in words:
            lacks(f"accounts.{name}", f"no ledger account is said for {name}", f'{name}: "1100"')
    return problems


def _companies(layout: Layout, legs: pl.DataFrame) -> list[Problem]:
    found = legs.filter(pl.col("entity") != "")["entity"].unique()
    if layout.companies == "any" or len(found) <= 1:
        return []
    what = (
        f"a file of `{layout.name}` is of one company, and items of several are to be posted: {named(found)}"
    )
    hint = "post each company's by themselves: recon post ... --company NAME"
    return [Problem("posting-refused", "recon post", what, hint)]


def _currencies(layout: Layout, site: Site, legs: pl.DataFrame) -> list[Problem]:
    if legs.is_empty():
        return []
    if not site.currency:
        what = "nothing says which currency the ledger is kept in"
        return [Problem("posting-setting", key_of(layout, "currency"), what, f"currency: GBP\n{SAY_IT}")]
    other = legs.filter(pl.col("currency") != site.currency)
    if other.is_empty() or site.settings.get("foreign") == BLANK:
        return []
    hint = f"foreign: blank\nleaves the amount in {site.currency} to the ledger; {SAY_IT}"
    return [Problem("posting-setting", key_of(layout, "foreign"), _in_other(site, other), hint)]


def _in_other(site: Site, other: pl.DataFrame) -> str:
    return (
        f"{named(other['currency'])} is to be posted to a ledger in {site.currency}, and no rate is known "
        f"(bank lines {named(other['bank_line_id'])})"
    )


def barred(layout: Layout, site: Site, legs: pl.DataFrame) -> tuple[pl.Series, list[Problem]]:
    """Bank lines that the ledger's import can't carry, whatever the rules say, and what is to say of them.

    They are in another currency where the ledger takes none, or pay items of several companies, which would leave
    each company's part of the voucher without balance.

    Args:
        layout: the layout.
        site: what the rules say to it.
        legs: posting.journal, outer form.
    """
    lines, problems = [legs["bank_line_id"].clear()], []
    if layout.foreign == "never" and site.currency:
        other = legs.filter(pl.col("currency") != site.currency)
        if other.height:
            hint = f"`{layout.name}` takes no other currency: post them by hand; they are not in the file"
            problems.append(Problem("posting-refused", "recon post", _in_other(site, other), hint))
            lines.append(other["bank_line_id"])
    whose = next((field for field in layout.fields if field.holds == "entity"), None)
    if whose and layout.form == "legs":
        said = pl.when(pl.col("entity") == "").then(pl.lit(site.said(whose.setting))).otherwise("entity")
        debit, credit = (
            pl.col(name).replace("", None).cast(pl.Decimal(38, model.SCALE_MAX)).fill_null(0)
            for name in ("debit", "credit")
        )
        sums = legs.group_by("bank_line_id", said.alias("company")).agg((debit - credit).sum().alias("left"))
        split = sums.filter(pl.col("left") != 0)["bank_line_id"]
        if len(split):
            what = f"bank lines pay items of more than one company: {named(split)}"
            hint = "post them by hand, with the entry between the companies; they are not in the file"
            problems.append(Problem("posting-refused", "recon post", what, hint))
            lines.append(split)
    return pl.concat(lines).unique().sort(), problems
