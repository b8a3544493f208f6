"""Gives `python -m recon.ribbon`, started by a button in LibreOffice, an engine for that office.

The tests put this folder on PYTHONPATH; nothing else ever sees it.
"""

import os
import sys

if "RECON_TEST_UNO" in os.environ and "recon.ribbon" in sys.orig_argv:
    sys.path.append(os.environ["RECON_TEST_UNO_PATH"])  # last, so that it hides nothing
    import recon_uno_engine
    import xlwings

    engine = xlwings.Engine(impl=recon_uno_engine.Engine())
    xlwings.engines.add(engine)
    engine.activate()
