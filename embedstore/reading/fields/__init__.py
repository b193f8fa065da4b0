"""Cells to values: one module for each kind of field."""
