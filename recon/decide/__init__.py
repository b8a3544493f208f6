"""What people and rules decide, applied: decisions -> accepted allocations, or a reason why not.

Pure: what is known comes in as a `View`, what follows goes out as a `Decided`; the store keeps it.
"""

from __future__ import annotations

from recon.decide.apply import Decided, decide
from recon.decide.by_rule import by_rule
from recon.decide.last import last_taken
from recon.decide.remaining import remaining

__all__ = ["Decided", "by_rule", "decide", "last_taken", "remaining"]
