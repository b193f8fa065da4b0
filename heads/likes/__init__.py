"""Heads that predict a post's engagement, with the baselines they are held against."""
