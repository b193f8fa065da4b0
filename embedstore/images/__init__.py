"""Images: checks of their headers, and decoding to pixels."""
