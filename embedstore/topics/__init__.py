"""Topics: clusters of posts by meaning, with names and ids that stay."""
