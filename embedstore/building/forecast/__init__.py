"""What a build will do and what that takes, before it starts."""
