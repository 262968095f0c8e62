"""Tests of language models behind endpoints: every one against a real server on loopback, none against the network."""
