"""recon: which open items did a bank line pay, how sure is that, and why."""

__version__ = "0.1.0"
