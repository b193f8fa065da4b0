"""Plan a build before it starts: its work, time, memory and disk."""
