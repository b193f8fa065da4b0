"""Attacks on a store, counted: what is lost, what is left behind, what ends in a traceback."""
