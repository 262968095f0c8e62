"""Quality of worlds and translators: checks, agreement with references, evaluation, tuning."""
