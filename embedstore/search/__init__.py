"""From a question to the nearest posts."""
