"""`clip`: encoder of texts and images into one space."""
