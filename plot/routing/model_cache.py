"""The cache of fitted routers: arrays and JSON, never pickled objects; damaged files are ignored."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from plot._lazy import np
from plot.llm.store import cache_folder
from plot.routing.features import Features
from plot.routing.fitting import Fitted
from plot.routing.out_of_domain import DomainDetector
from plot.routing.word_densities import WordDensities

VERSION = 3
MOST_KEPT = 20  # files; the oldest go


def load(key: str) -> Fitted | None:
    """Return what was kept under a key, None where there is none or it can't be read."""
    try:
        with np.load(io.BytesIO(_path(key).read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        told = json.loads(bytes(arrays.pop("told")).decode())
        return _fitted(arrays, told, key)
    except Exception:  # whatever is wrong with the file (a zip, arrays, JSON, lengths): it is made again
        return None


def keep(key: str, found: Fitted) -> None:
    """Keep what was learned; another command sees the whole file or none. Where nothing can be written, nothing is."""
    folder = _path(key).parent
    with suppress(OSError):
        for private in (folder.parent, folder):
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, **_arrays(found, key))
            Path(name).replace(_path(key))
        finally:
            Path(name).unlink(missing_ok=True)
        by_age = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-MOST_KEPT]:
            old.unlink(missing_ok=True)


def _path(key: str) -> Path:
    return cache_folder() / "router" / f"{key[:32]}.npz"


def _arrays(found: Fitted, key: str) -> dict[str, Any]:
    features = found.features.kept()
    told = {
        "key": key,
        "words": features["words"],
        "pieces": features["pieces"],
        "meaning": [dict(words) for words in found.meaning.words],
        "share": found.share,
        "temperature": found.temperature,
        "tempering": found.tempering,
        "outside": [found.outside.slope, found.outside.base],
    }
    return {
        "told": np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
        "words_idf": features["words_idf"],
        "pieces_idf": features["pieces_idf"],
        "weights": found.weights,
        "bias": found.bias,
    }


def _fitted(arrays: dict[str, Any], told: dict[str, Any], key: str) -> Fitted:
    if told["key"] != key:
        raise ValueError("it was kept under another key")
    features = Features.restored({**arrays, "words": told["words"], "pieces": told["pieces"]})
    width, worlds = len(told["words"]) + len(told["pieces"]), len(arrays["bias"])
    if arrays["weights"].shape != (worlds, width) or len(told["meaning"]) != worlds:
        raise ValueError("its tables don't fit together")
    meaning = WordDensities(
        tuple({str(word): float(many) for word, many in words.items()} for words in told["meaning"])
    )
    share, temperature, tempering = (float(told[name]) for name in ("share", "temperature", "tempering"))
    outside = DomainDetector(*(float(number) for number in told["outside"]))
    return Fitted(features, arrays["weights"], arrays["bias"], meaning, share, temperature, tempering, outside)


__all__ = ["VERSION", "keep", "load"]
