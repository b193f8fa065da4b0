"""Run the encode stage of a build on a Ray cluster."""
