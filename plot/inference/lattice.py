"""Normal numbers that fill their space evenly: the points of a lattice, moved at random, island by island.

A rank-1 lattice, shifted (Cranley and Patterson 1976): every point is a draw of the distribution, those of an island
keep their distance, and islands are independent. So estimates stay as they are, and their errors, which the islands
tell, get smaller where what is estimated is smooth (Dick, Kuo and Sloan 2013, High-dimensional integration).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot.heavy import torch
from plot.runtime.randomness import Stream, to_normals

if TYPE_CHECKING:
    from torch import Tensor

# Built component by component for 1,024 points: each has the least worst-case error in the Korobov space of smoothness
# 2 with product weights of 0.1.
GENERATOR = (
    *(1, 275, 421, 231, 71, 453, 83, 483, 105, 325, 27, 411, 19, 371, 345, 509, 223, 107, 291, 505, 235, 309),
    *(349, 413, 437, 265, 245, 481, 361, 75, 185, 197, 435, 29, 441, 261, 165, 455, 381, 283, 93, 193, 187, 311),
    *(317, 183, 249, 3, 397, 51, 41, 315, 191, 155, 501, 177, 37, 387, 273, 53, 409, 427, 485, 297),
)


def even_normals(dims: int, islands: int, per_island: int, stream: Stream) -> Tensor:
    """Draw standard normal points, (dims, islands * per_island), an island's side by side.

    In dimensions beyond those of the lattice they are independent.

    >>> even_normals(2, 16, 1_024, Stream(0)).shape
    torch.Size([2, 16384])
    """
    generator = torch.tensor(GENERATOR[:dims], dtype=torch.int64)
    steps = (generator[:, None] * torch.arange(per_island) % per_island).double() / per_island
    shifts = stream.uniforms((len(generator), islands, 1))
    even = to_normals((steps[:, None] + shifts).frac_().reshape(len(generator), islands * per_island))
    if dims <= len(generator):
        return even
    return torch.cat([even, stream.normals((dims - len(generator), even.shape[1]))])


__all__ = ["even_normals"]
