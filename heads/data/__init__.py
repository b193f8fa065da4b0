"""What heads learn from: posts, history, features, neighbours and splits."""
