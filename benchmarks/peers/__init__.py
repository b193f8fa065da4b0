"""Ours beside the tools people would otherwise use: same run, same data, same weights.

Each way of doing a thing is a process of its own in an environment of the peers' own; ours and
the peers take turns in it. Peers get their documented best settings, found by trying where
there is something to try, before the clock runs.
"""
