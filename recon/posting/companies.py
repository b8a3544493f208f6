"""Which company of ours each accepted line is posted for, where a store has several.

L1 pays INV-1 of 01                    -> 01
L2 on account, of nobody               -> the company whose account it came in on, if the rules say it (`companies`)
L3 pays INV-1 of 01 and INV-9 of 02    -> several: it needs an entry between them, which recon does not make
L4 pays INV-1 of 01, into 02's account -> several, too: 02 has the money
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from recon.net import over_turns
from recon.posting.site import named
from recon.problems import Problem
from recon.rules.schema import Company


@dataclass(frozen=True)
class Shares:
    """Accepted rows by company, and what is to say of those that are no one company's, and of the others."""

    parts: Mapping[str, pl.DataFrame]
    untaken: tuple[Problem, ...]
    told: tuple[Problem, ...] = ()


def shares(
    accepted: pl.DataFrame,
    bank_lines: pl.DataFrame,
    open_items: pl.DataFrame,
    companies: Iterable[Company] = (),
) -> Shares:
    """Accepted rows (model.ACCEPTED), each line with one company.

    Args:
        accepted: what is to be posted, in outer form; lines of which nothing is left over their turns are no one's.
        bank_lines: the lines accepted, with `account`.
        open_items: the items accepted, with `entity` where the files say it.
        companies: the rules' own, which say whose account a line came in on.
    """
    # What was moved or taken back before it was posted is in no file, so it says no company either.
    whose = _whose(over_turns(accepted), bank_lines, open_items, companies)
    one = whose.filter(pl.col("companies").list.len() == 1).with_columns(pl.col("companies").list.first())
    parts = {
        name: accepted.join(
            one.filter(pl.col("companies") == name), on="line_id", how="semi", maintain_order="left"
        )
        for name in one["companies"].unique().sort()
    }
    return Shares(parts, (*_several(whose), *_nobodys(whose)), tuple(_in_several(one, bank_lines)))


def unknown(name: str, known: Iterable[str]) -> Problem:
    """A company is asked for of which nothing is to be posted: which there are."""
    others = sorted(known)
    near = difflib.get_close_matches(name, others, n=1)
    hint = f"to be posted are lines of: {', '.join(others) or 'none'}" + (
        f"\ndid you mean `{near[0]}`?" if near else ""
    )
    return Problem("posting-refused", "--company", f"nothing is to be posted for a company `{name}`", hint)


def _whose(
    accepted: pl.DataFrame, bank_lines: pl.DataFrame, open_items: pl.DataFrame, companies: Iterable[Company]
) -> pl.DataFrame:
    """The companies of each line: line_id, companies (none where nothing says it)."""
    entity = pl.col("entity").fill_null("") if "entity" in open_items.columns else pl.lit("")
    items = open_items.select("item_id", company=entity).unique("item_id", keep="first")
    paid = accepted.select("line_id", "item_id").join(items, on="item_id", how="left")
    own = paid.group_by("line_id").agg(
        companies=pl.col("company").filter(pl.col("company").fill_null("") != "").unique().sort()
    )
    by_account = bank_lines.select("line_id", home=_home(companies)).unique("line_id", keep="first")
    joined = own.join(by_account, on="line_id", how="left")
    both = pl.concat_list("companies", pl.concat_list("home").list.drop_nulls()).list.unique().list.sort()
    return joined.select("line_id", companies=both).sort("line_id")


def homes(bank_lines: pl.DataFrame, companies: Iterable[Company]) -> pl.Series:
    """The companies whose accounts these lines came in on, each once, as far as the rules say it."""
    return bank_lines.select(_home(companies)).to_series().drop_nulls().unique().sort()


def _home(companies: Iterable[Company]) -> pl.Expr:
    """Whose account a bank line came in on; null where the rules don't say it."""
    accounts = {_plain(account): one.entity for one in companies for account in one.accounts}
    key = pl.col("account").fill_null("").str.to_uppercase().str.replace_all("[^A-Z0-9]", "")
    return key.replace_strict(list(accounts), list(accounts.values()), default=None, return_dtype=pl.String)


def _plain(account: str) -> str:
    return "".join(letter for letter in account.upper() if letter.isalnum())


def _left_out(lines: pl.Series, what: str, hint: str) -> list[Problem]:
    """What is said of lines that are in no file; nothing where there are none."""
    return [Problem("posting-refused", "recon post", f"{what}: {named(lines)}", hint)] if len(lines) else []


def _several(whose: pl.DataFrame) -> list[Problem]:
    hint = (
        "post them by hand, with the entry between the companies that they pay and whose account they came in on\n"
        "if that is another company's account, correct `companies` in your rules; they are not in the file"
    )
    lines = whose.filter(pl.col("companies").list.len() > 1)["line_id"]
    return _left_out(lines, "bank lines are of more than one company, by items and account", hint)


def _in_several(one: pl.DataFrame, bank_lines: pl.DataFrame) -> list[Problem]:
    """Bank accounts that are in the files of several companies: the rules say of none of them whose it is."""
    accounts = bank_lines.select("line_id", "account").unique("line_id", keep="first")
    shared = (
        one.join(accounts, on="line_id")
        .filter(pl.col("account").fill_null("") != "")
        .group_by("account")
        .agg(pl.col("companies").unique().sort())
        .filter(pl.col("companies").list.len() > 1)
        .sort("account")
    )
    hint = (
        "in your rules says whose it is; run recon run with them. What it received for other companies' items is\n"
        "then left out, to be posted by hand with the entry between the companies"
    )
    return [
        Problem(
            "posting-account",
            "recon post",
            f"bank account {account} is in the files of {' and '.join(companies)}; nothing says whose it is",
            f"companies:\n  - {{entity: ..., accounts: [{account}]}}\n{hint}",
        )
        for account, companies in shared.select("account", "companies").iter_rows()
    ]


def _nobodys(whose: pl.DataFrame) -> list[Problem]:
    hint = (
        "companies:\n  - {entity: ..., accounts: [...]}\n"
        "in your rules says whose account they came in on; run recon run with them; they are not in the file"
    )
    lines = whose.filter(pl.col("companies").list.len() == 0)["line_id"]
    return _left_out(lines, "nothing says which company's these bank lines are", hint)
