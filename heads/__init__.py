"""Small models on cached vectors: likes from posts, and posts for likes."""
