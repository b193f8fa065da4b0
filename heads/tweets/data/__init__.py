"""What decoders read: material, retrieved neighbours, words and vocabularies."""
