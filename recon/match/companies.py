"""Which company of ours an account, a document number or an item is of, where the rules say so.

companies: 01 has account 20-00-00 12345678; 02 has documents `EH-...`
line on 20-00-00 12345678, "NHS DEVON ICB EH-7781", no such open item   -> elsewhere: held, EX-ENTITY
"""

from __future__ import annotations

import polars as pl

from recon.match import text
from recon.match.frames import Ready
from recon.rules.schema import Rules

SCHEMA = pl.Schema({"line": pl.Int64})


def _plain(account: str) -> str:
    return "".join(letter for letter in account.upper() if letter.isalnum())


def of_account(rules: Rules) -> pl.Expr:
    """The company of a line's `account`; empty where the rules don't say."""
    owned = {_plain(account): one.entity for one in rules.companies for account in one.accounts}
    if not owned:
        return pl.lit("")
    plain = text.account(pl.col("account"))
    return plain.replace_strict(list(owned), list(owned.values()), default="", return_dtype=pl.String)


def of_item(rules: Rules) -> pl.Expr:
    """The company of an item: as its column `entity` says, else by the series of its `doc_no`."""
    entity = pl.lit("")
    number = text.upper(pl.col("doc_no"))
    for one in reversed(rules.companies):
        for pattern in one.documents:
            entity = pl.when(number.str.contains(f"(?i){pattern}")).then(pl.lit(one.entity)).otherwise(entity)
    return pl.when(pl.col("entity") != "").then("entity").otherwise(entity)


def _entities(ready: Ready, rules: Rules) -> pl.Series:
    return ready.items.select(entity=of_item(rules))["entity"].unique()


def elsewhere(ready: Ready, rules: Rules) -> pl.DataFrame:
    """Lines that name a document of another company, which is no item of this ledger: (line)."""
    if not any(one.documents for one in rules.companies):
        return pl.DataFrame(schema=SCHEMA)
    lines = ready.lines.filter((pl.col("state") == "open") & ~pl.col("hostile"))
    ours = ready.once("entities", lambda: _entities(ready, rules))
    parts = [pl.DataFrame(schema=SCHEMA)]
    for one in rules.companies:
        for pattern in one.documents:
            said = lines.select(
                "line",
                company=of_account(rules),
                said=pl.col("text").str.extract_all(f"(?i){pattern}"),
            ).explode("said")
            said = said.drop_nulls("said").with_columns(key=text.unzero(text.struct_key(pl.col("said"))))
            foreign = (
                pl.when(pl.col("company") != "")
                .then(pl.col("company") != one.entity)
                .otherwise(pl.lit(one.entity not in ours))
            )
            said = said.filter(foreign)
            parts.append(said.join(ready.known(said["key"]), on="key", how="anti").select("line"))
    return pl.concat(parts).unique().sort("line")
