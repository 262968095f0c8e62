"""Evidence: groups and factors, their evaluation and elimination, and contradictions."""
