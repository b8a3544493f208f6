"""`recon post` that takes its time at one of its steps: `slow_post.py keep|write ARGUMENTS...`.

`keep`: what is accepted is read, and its file not kept yet; `write`: it is kept, and not written. Two at once meet
there for sure.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from recon import cli, posting
from recon.flow import deliver

SECONDS = 1.5
STEPS = {"keep": (posting, "post"), "write": (deliver, "write")}


def main() -> None:
    """Run the command."""
    room, name = STEPS[sys.argv.pop(1)]
    made = getattr(room, name)

    def slowly(*given: Any, **named: Any) -> Any:
        time.sleep(SECONDS)
        return made(*given, **named)

    setattr(room, name, slowly)
    cli.main()


if __name__ == "__main__":
    main()
