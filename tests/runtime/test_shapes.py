"""The shape that tensors have together is torch's."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plot.runtime.values.shapes import broadcast_shape, common_shape

shapes = st.lists(st.lists(st.integers(0, 3), max_size=4).map(tuple), max_size=4)


@settings(deadline=None)
@given(shapes)
def test_it_is_what_torch_says(these: list[tuple[int, ...]]) -> None:
    try:
        wanted = torch.broadcast_shapes(*these)  # type: ignore[no-untyped-call]
    except RuntimeError:
        with pytest.raises(ValueError, match="can't be broadcast together"):
            broadcast_shape(*these)
    else:
        assert broadcast_shape(*these) == wanted
        assert isinstance(broadcast_shape(*these), torch.Size)


def test_shapes_of_more_values_than_a_number_of_64_bits_are_known() -> None:
    wide = [torch.empty([2 if place == dim else 1 for place in range(64)]) for dim in range(64)]
    assert common_shape(wide) == torch.Size([2] * 64)
