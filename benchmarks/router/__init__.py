"""How often routers find the right world, and what domain discovery finds."""
