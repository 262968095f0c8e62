"""World files: derived words, forgiving reading."""
