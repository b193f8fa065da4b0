"""Speed and memory, measured; each script prints one table and says on which machine."""
