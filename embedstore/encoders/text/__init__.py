"""Text encoders on transformers: `minilm`, `e5` and `distilbert`."""
