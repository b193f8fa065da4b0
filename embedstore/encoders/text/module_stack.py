"""Sentence-transformers models other than BERT: their own modules run, on padded batches."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedstore.encoders.runtime.devices import Device, DType
from embedstore.encoders.text.model_config import ModelConfig
from embedstore.errors import EncoderError, WeightsError, first_line


class ModuleStack:
    """A stack of sentence-transformers modules whose first one is a transformer.

    Parameters
    ----------
    model_config : ModelConfig
        Configuration of its folder.
    device : {"cpu", "cuda"}
        Where to compute.
    dtype : {"float32", "bfloat16", "float16"}
        Precision to compute in.

    Raises
    ------
    WeightsError
        The folder can't be loaded without running code that came with it, or is broken.
    EncoderError
        It has no fast tokenizer, or its first module is no transformer.
    """

    def __init__(self, model_config: ModelConfig, *, device: Device, dtype: DType) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it is drawn outside a terminal too
        try:
            model = SentenceTransformer(
                str(model_config.folder),
                device=device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"dtype": getattr(torch, dtype)},
            )
        except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
            raise WeightsError(
                f"{model_config.folder} can't be loaded, at least not without running code that"
                f" comes with the model, which is never done: {first_line(error)}"
            ) from error
        self._model: Any = model.eval().to(dtype=getattr(torch, dtype))
        self.dim = int(model.get_embedding_dimension() or 0)
        self._device = torch.device(device)
        tokenizer = self._model.tokenizer
        self.tokenizer: Any = getattr(tokenizer, "backend_tokenizer", None)
        if self.tokenizer is None or "input_ids" not in tokenizer.model_input_names:
            raise EncoderError(
                f"{model_config.folder} can't be used: expected a transformer with a fast"
                f" tokenizer as its first module, found {type(self._model[0]).__name__} with"
                f" {type(tokenizer).__name__}"
            )
        self._pad: int = tokenizer.pad_token_id or 0
        self._has_types = "token_type_ids" in tokenizer.model_input_names

    @torch.inference_mode()
    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Compute vectors of shape (n, dim); see `embedstore.encoders.text.bert.Network`."""
        mask = np.arange(lengths.max()) < lengths[:, None]
        padded = np.full(mask.shape, self._pad, dtype=np.int64)
        padded[mask] = ids
        features = {"input_ids": padded, "attention_mask": mask.astype(np.int64)}
        if self._has_types:
            features["token_type_ids"] = np.zeros_like(padded)
        tensors = {name: torch.from_numpy(v).to(self._device) for name, v in features.items()}
        vectors: Tensor = self._model(tensors)["sentence_embedding"]
        return vectors
