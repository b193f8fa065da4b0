"""How encoders compute: packed batches, budgets of memory, devices, pixels."""
