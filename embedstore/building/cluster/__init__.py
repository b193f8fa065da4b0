"""The encode stage of a build on a cluster."""
