"""Labels: classes and numbers that a person defined, learned on the cached vectors."""
