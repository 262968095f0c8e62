"""The public API: its packages as documented, its signatures as a committed snapshot, its docstrings."""
