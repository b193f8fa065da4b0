"""Data of all heads: posts, history, features, neighbours and splits."""
