"""Ways in: conversations that go on, in a terminal or a notebook."""
