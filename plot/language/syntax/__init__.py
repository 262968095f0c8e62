"""From text to typed nodes and back: reader, parser, refusals, and budgets."""
