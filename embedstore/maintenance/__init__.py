"""Keep a store in order: info, check, remove, export, token lengths."""
