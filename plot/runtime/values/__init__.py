"""Values of many particles at once: masks, shapes, merging, and probes on the host."""
