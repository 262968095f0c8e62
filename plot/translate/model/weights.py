"""Weights of sampled replies: each counts once, or by the log probabilities of the tokens that say what is meant.

Of n replies that are accepted at once, each text has the share n p(t) / Σ p of the distinct texts: the sum over the
texts of one meaning is what sampling estimates, without its noise (Rao-Blackwell). A reply that was sent back before is
one of another prompt, and counts as a sample.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from plot.llm.calls import Tokens
from plot.translate.model.reply import meaning_spans


@dataclass(frozen=True, slots=True)
class ScoredText:
    """The tokens of a reply that say what is meant, and the sum of their log probabilities."""

    text: bytes
    log_probability: float


def scored(text: str, tokens: Tokens) -> ScoredText | None:
    """Return the tokens of a reply in which its act, definitions or code stand; None where they are not known.

    Args:
        text: The reply.
        tokens: All its tokens; they need not begin or end where the code does.
    """
    spans = [(len(text[:start].encode()), len(text[:end].encode())) for start, end in meaning_spans(text)]
    if not spans or not tokens:
        return None
    whole, parts, total, begin = text.encode(), [], 0.0, 0
    for end, logprob in tokens:
        if any(begin < last and first < end for first, last in spans):
            parts.append(whole[begin:end])
            total += logprob
        begin = end
    return ScoredText(b"".join(parts), total)


def weights_of(texts: Sequence[ScoredText | None], repaired: Sequence[bool]) -> list[float]:
    """Return the weight of each of several replies, which sum to their number.

    Args:
        texts: Their tokens; where those of any reply that was accepted at once are not known, all weigh the same.
        repaired: Whether each was sent back before.
    """
    at_once = [text for text, sent_back in zip(texts, repaired, strict=True) if not sent_back]
    known = [text for text in at_once if text is not None]
    if not known or len(known) < len(at_once):
        return [1.0] * len(texts)
    most = max(text.log_probability for text in known)
    shares = {text.text: math.exp(text.log_probability - most) for text in known}
    total, counts = math.fsum(shares.values()), Counter(text.text for text in known)
    return [
        1.0 if sent_back or text is None else len(known) * shares[text.text] / total / counts[text.text]
        for text, sent_back in zip(texts, repaired, strict=True)
    ]


__all__ = ["ScoredText", "scored", "weights_of"]
