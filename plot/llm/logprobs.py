"""Log probabilities of a reply's tokens, found where they stand in its text."""

from __future__ import annotations

import math
from typing import Any

from plot.llm.calls import Tokens

ROUNDING = 1e-6  # above zero, of a token that is certain


def tokens_of(text: str, told: Any) -> Tokens:
    """Return the tokens of a text, each with the byte at which it ends and its log probability.

    Tokens may end inside of a character, and others may come before and after: a thought, the mark of an end. Nothing
    is returned where what a server tells is not about this text.

    >>> tokens_of("né", [{"token": "n", "logprob": -0.5}, {"token": "?", "bytes": [195], "logprob": 0},
    ...                  {"token": "?", "bytes": [169], "logprob": 0}, {"token": "<end>", "logprob": 0}])
    ((1, -0.5), (2, 0.0), (3, 0.0))
    """
    pieces = [_piece(one) for one in told] if isinstance(told, list) else []
    known = [piece for piece in pieces if piece is not None]
    whole = text.encode(errors="replace")
    start = b"".join(piece for piece, _ in known).rfind(whole) if whole and len(known) == len(pieces) else -1
    if start < 0:
        return ()
    found, end = [], -start
    for piece, logprob in known:
        begin, end = end, end + len(piece)
        if end > 0 and begin < len(whole):
            found.append((min(end, len(whole)), logprob))
    return tuple(found)


def _piece(told: Any) -> tuple[bytes, float] | None:
    """Return the bytes of a token and its log probability; None for what is none."""
    if not isinstance(told, dict) or isinstance(told.get("logprob"), bool):
        return None
    logprob, parts = told.get("logprob"), told.get("bytes")
    if not isinstance(logprob, (int, float)) or not -math.inf < logprob <= ROUNDING:
        return None
    try:
        piece = bytes(parts) if isinstance(parts, list) else str(told["token"]).encode()
    except (KeyError, TypeError, ValueError):
        return None
    return piece, min(0.0, float(logprob))


__all__ = ["tokens_of"]
