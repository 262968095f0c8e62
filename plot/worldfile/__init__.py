"""World files as text: YAML with places, the model's lines in it, and its mistakes in plain words."""
