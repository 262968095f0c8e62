"""What a router has learned, kept in the cache folder: arrays and JSON, never objects; a damaged file is no file."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from plot.heavy import np
from plot.llm.store import cache_folder
from plot.translate.router.corpus import Examples, Familiarity
from plot.translate.router.features import Features
from plot.translate.router.fitting import Fitted

VERSION = 1
MOST_KEPT = 20  # files; the oldest go


def load(key: str) -> Fitted | None:
    """Return what was kept under a key, None where there is none or it can't be read."""
    try:
        with np.load(io.BytesIO(_path(key).read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        told = json.loads(bytes(arrays.pop("told")).decode())
        return _fitted(arrays, told, key)
    except Exception:  # whatever is wrong with the file (a zip, arrays, JSON, lengths): it is made anew
        return None


def keep(key: str, found: Fitted) -> None:
    """Keep what was learned; another command sees the whole file or none. Where nothing can be written, nothing is."""
    folder = _path(key).parent
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
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
    features, table = found.features.kept(), found.examples.table
    told = {
        "key": key,
        "words": features["words"],
        "pieces": features["pieces"],
        "labels": list(found.examples.labels),
        "said": list(found.examples.said),
        "counts": found.familiar.counts,
        "rows": found.familiar.rows,
        "least": found.familiar.least,
        "temperature": found.temperature,
        "shape": list(table.shape),
    }
    return {
        "told": np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
        "words_idf": features["words_idf"],
        "pieces_idf": features["pieces_idf"],
        "weights": found.weights,
        "bias": found.bias,
        "data": table.data,
        "indices": table.indices,
        "indptr": table.indptr,
    }


def _fitted(arrays: dict[str, Any], told: dict[str, Any], key: str) -> Fitted:
    from scipy.sparse import csr_matrix

    if told["key"] != key:
        raise ValueError("it was kept under another key")
    features = Features.restored({**arrays, "words": told["words"], "pieces": told["pieces"]})
    table = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(told["shape"]))
    table.check_format(full_check=True)
    width = len(told["words"]) + len(told["pieces"])
    if table.shape[1] != width or arrays["weights"].shape != (len(arrays["bias"]), width):
        raise ValueError("its tables don't fit together")
    examples = Examples(features, table, tuple(told["labels"]), tuple(told["said"]))
    familiar = Familiarity(dict(told["counts"]), int(told["rows"]), float(told["least"]))
    return Fitted(features, arrays["weights"], arrays["bias"], float(told["temperature"]), examples, familiar)


__all__ = ["VERSION", "keep", "load"]
