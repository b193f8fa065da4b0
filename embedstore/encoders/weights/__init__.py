"""Where weights come from: a model hub, or packages of the registry."""
