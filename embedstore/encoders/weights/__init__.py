"""Sources of weights: a model hub, and packages of the registry."""
