"""World files as text: YAML with spans, the lines of the model, and error messages."""
