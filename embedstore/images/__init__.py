"""Bytes of pictures to checked pixels."""
