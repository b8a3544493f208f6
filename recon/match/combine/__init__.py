"""Step 3, `search`: the sets of open items that may explain a line, and how each would be settled."""
