"""Text encoders on transformers: `minilm` and `distilbert`."""
