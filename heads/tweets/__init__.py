"""Decoders that write a post from its condition and from retrieved earlier posts."""
