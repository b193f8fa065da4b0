"""`clip`: texts and images in one space."""
