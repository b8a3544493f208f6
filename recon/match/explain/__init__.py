"""Step 6, `tell`: each line's outcome, what is allocated and why, and what a person must look at."""
