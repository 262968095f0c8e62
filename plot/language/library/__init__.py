"""The library table, the language card, and modules."""
