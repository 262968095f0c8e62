"""Ways in, besides Python and single commands: conversations that go on, notebooks, tools for agents."""
