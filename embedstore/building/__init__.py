"""The main job: posts in, every text and picture embedded once."""
