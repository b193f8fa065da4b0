"""Decoders: the small one, pretrained language models, and their training."""
