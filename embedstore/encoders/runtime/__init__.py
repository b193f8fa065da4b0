"""Computation that encoders share: packed text batches, image batches, memory, devices."""
