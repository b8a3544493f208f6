"""What people's decisions teach: suggested with its evidence, accepted or refused by a person, and withdrawn again.

lines, accepted -> observed -> suggested, with what is known and what was said of it before
events          -> in_force -> joined (customers, aliases), told (reasons), held (rejected pairs), doubted

Tables to tables; nothing here is used before a person has accepted it.
"""

from recon.learn.answer import Answered, answered, holding, nothing
from recon.learn.calibrate import calibrated, threshold
from recon.learn.kin import as_now, inherited, kin
from recon.learn.observe import OBSERVED, observed
from recon.learn.rejected import rejected
from recon.learn.state import Force, in_force, last
from recon.learn.suggest import SUGGESTED, suggested
from recon.learn.use import alike, doubted, held, joined, sure, told

__all__ = [
    "OBSERVED",
    "SUGGESTED",
    "Answered",
    "Force",
    "alike",
    "answered",
    "as_now",
    "calibrated",
    "doubted",
    "held",
    "holding",
    "in_force",
    "inherited",
    "joined",
    "kin",
    "last",
    "nothing",
    "observed",
    "rejected",
    "suggested",
    "sure",
    "threshold",
    "told",
]
