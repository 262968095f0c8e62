"""Evidence: its groups and pieces, how it is evaluated and eliminated, and contradictions in it."""
