"""Augmentation: other views of the training posts, encoded once and kept in the store."""
