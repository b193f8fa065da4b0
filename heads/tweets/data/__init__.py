"""Data of decoders: material, retrieved neighbours, words and vocabularies."""
