"""Step 1, `clean`: text becomes keys, classes are told apart, what is no new receipt is set aside."""
