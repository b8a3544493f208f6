"""Step 5, `choose`: at most one set for each line, no item settled twice, the whole at its best."""
