"""The statements that earlier runs read, as they were kept with their files."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, MetaData, select

from recon.model import Kind, Statement

_PAGE: Final = 2_000  # files looked at in one go, from the newest back


def last(connection: Connection, tables: MetaData, accounts: Collection[str]) -> list[Statement]:
    """The statements of the newest files that have these accounts, each account's until one is found.

    Files are looked through from the newest back; an account that no run ever had is looked for in all of them.
    """
    inputs = tables.tables["inputs"]
    newest = (
        select(inputs.c.statements)
        .where(inputs.c.kind == str(Kind.BANK), inputs.c.statements != "[]")
        .order_by(inputs.c.run_seq.desc(), inputs.c.nth.desc())
    )
    missing, found, start = set(accounts), [], 0
    while missing:
        page = connection.execute(newest.limit(_PAGE).offset(start)).scalars().all()
        for text in page:
            kept = [_statement(one) for one in json.loads(text)]
            found += [one for one in kept if one.account in accounts]
        missing -= {one.account for one in found}
        start += _PAGE
        if len(page) < _PAGE:
            break
    return found


def _statement(kept: dict[str, Any]) -> Statement:
    """A statement as `append.inputs` kept it."""
    days = {name: date.fromisoformat(kept[name]) if kept[name] else None for name in ("first", "last")}
    return Statement(**{**kept, **days})
