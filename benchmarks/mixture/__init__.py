"""Which aggregation of translators is worth its calls: scripted experts with planted errors."""
