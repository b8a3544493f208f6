"""Step 2, `find`: which lines, open items, customers and remittances may meet at all."""
