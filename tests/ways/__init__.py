"""Ways in: notebooks, chats, and tools for agents."""
