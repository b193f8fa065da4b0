"""FAISS indexes over the vectors of a space: built, verified, repaired and searched."""
