"""The commands `embedstore` and `heads`: they parse, call and print, and nothing else."""
