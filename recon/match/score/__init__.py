"""Step 4, `weigh`: one weight for each piece of evidence of a set, and whatever speaks against posting it."""
