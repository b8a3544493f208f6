"""A look at a store that changes nothing: is it there, can it be reached, which version is it?"""

from __future__ import annotations

from pathlib import Path

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.store import connect


def version(address: str) -> int | None:
    """The version of a store; None if there is none yet. Nothing is made and nothing migrated.

    Raises:
        ReconError: EXIT_JOB, if it can't be opened, is of something else, or of a newer version.
    """
    url = connect.parse_url(address)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return None
    engine = connect.make_engine(url, connect.WAIT_SECONDS)
    with connect.reading(engine) as connection:
        found = connect._version(connection)  # noqa: SLF001 - of the same room
    if found is not None and found > connect.VERSION:
        what = f"the store has version {found}, this recon knows versions up to {connect.VERSION}"
        raise ReconError(Problem("store-newer", connect.shown(url), what, "use a newer recon"), EXIT_JOB)
    return found
