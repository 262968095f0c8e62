"""The inference methods, under the names of `--method`."""
