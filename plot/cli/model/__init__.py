"""Commands about language models: those configured, their prompts, calls, measurement, memory."""
