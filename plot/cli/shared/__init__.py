"""What the commands share: options, output, errors, the chosen world, translators."""
