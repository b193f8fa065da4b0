"""FAISS indexes over the vectors of a space: built, verified, mended and searched."""
