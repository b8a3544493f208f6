"""The kinds of what can be learned, the words of events and states, and the id of one learned thing."""

from __future__ import annotations

from typing import Final

import polars as pl

from recon import model
from recon.fill import fill

ALIAS, ACCOUNT, REFERENCE, TAX, REJECTED = "alias", "account", "reference", "tax", "rejected"
PATTERN: Final = "pattern"  # how the references of one customer begin
PAYER_KINDS: Final = (ALIAS, ACCOUNT, REFERENCE, PATTERN)  # who pays; each stands for one customer
ACCEPTED, REFUSED, WITHDRAWN = "accepted", "refused", "withdrawn"  # events, and the states that they make
CONFIRMED: Final = "confirmed"  # accepted once more, in spite of what contradicts it
HELD: Final = "held"  # accepted and contradicted since: proposed, and not posted
STANDING: Final = (ACCEPTED, CONFIRMED)  # events after which it counts in full
READY, CONTRADICTED = "suggested", "contradicted"  # states of what nobody has said anything of
ACCEPT, REFUSE, WITHDRAW = "accept", "refuse", "withdraw"  # what a person may answer
CONFIRM: Final = "confirm"
EVENT_OF: Final = {ACCEPT: ACCEPTED, REFUSE: REFUSED, WITHDRAW: WITHDRAWN, CONFIRM: CONFIRMED}
KEYS: Final = ["kind", "subject", "meaning"]


def with_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `id` in front: the kind and the first eight characters of a digest of kind, subject, meaning."""
    digest = model.digests(frame.select(key=pl.concat_str(KEYS, separator="\x1f"))["key"]).str.head(8)
    made = frame.with_columns(digest=digest).with_columns(id=fill("{}-{}", "kind", "digest"))
    return made.drop("digest").select("id", *frame.columns)
