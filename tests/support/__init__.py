"""What tests share: clocks, fakes, sizes, strategies, tolerances."""
