"""The models behind the likes head, and the baselines they are held against."""
