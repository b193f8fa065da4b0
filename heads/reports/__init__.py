"""What works: an account's level, what goes with its likes, and a report of it."""
