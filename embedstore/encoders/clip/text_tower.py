"""The forward pass of CLIP's text transformer over packed texts: no padding.

open_clip pads every text to the full context of 77 tokens. In a causal transformer no
token sees what comes after it, so that nothing after a text's end token has any
influence on its vector: here nothing is computed for it. The tokens of a batch lie one
text after the other in a single matrix; attention stays within each text (see
`embedstore.encoders.runtime.attention`), and in the last layer only end tokens ask.

The architecture is that of Radford et al., "Learning Transferable Visual Models From
Natural Language Supervision" (2021).
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

from embedstore.encoders.runtime.attention import Packing, attention
from embedstore.encoders.runtime.linear import Linear
from embedstore.encoders.runtime.transfer import to_device


@dataclass(frozen=True)
class _Layer:
    """One residual block.

    Attributes
    ----------
    query : Linear or None
        Queries apart from keys and values, in the last layer only.
    rest : Linear
        Keys and values there; queries, keys and values in all the others.
    activation : nn.Module or None
        What follows `up`; None if that includes it.
    """

    attention_norm: nn.Module
    query: Linear | None
    rest: Linear
    attention_out: Linear
    attention_scale: nn.Module
    norm: nn.Module
    up: Linear
    activation: nn.Module | None
    down: Linear
    scale: nn.Module


class TextTower:
    """Token ids to text vectors.

    Parameters
    ----------
    parts : nn.Module
        What holds the text transformer: an open_clip ``CLIP`` or ``TextTransformer``, on
        its device and in its dtype. See `of`, which says which of them can be used.
    """

    def __init__(self, parts: Any) -> None:
        self._tokens: Tensor = parts.token_embedding.weight.detach()
        self._positions: Tensor = parts.positional_embedding.detach()
        self._norm: nn.Module = parts.ln_final
        self._projection: nn.Module | Tensor | None = parts.text_projection
        blocks = list(parts.transformer.resblocks)
        self._heads: int = blocks[0].attn.num_heads
        self._layers = [_layer(block, block is blocks[-1]) for block in blocks]

    @classmethod
    def of(cls, model: Any, end_token: int) -> Self | None:
        """Take the text tower out of an open_clip model.

        Returns
        -------
        TextTower or None
            None if the tower is not CLIP's own: it isn't causal, it has a class token,
            other blocks or another pooling, or it belongs to another library.
        """
        from open_clip.transformer import ResidualAttentionBlock, TextTransformer

        if hasattr(model, "text_pool_type"):
            parts, pooling, pooled = model, model.text_pool_type, model.text_eos_id
        elif isinstance(getattr(model, "text", None), TextTransformer):
            parts, pooling, pooled = model.text, model.text.pool_type, model.text.eos_id
        else:
            return None
        at_the_end = (pooling == "argmax" and end_token == parts.vocab_size - 1) or (
            pooling == "eos" and end_token == pooled
        )
        plain = all(type(block) is ResidualAttentionBlock for block in parts.transformer.resblocks)
        if not at_the_end or not plain:
            return None
        if parts.attn_mask is None or getattr(parts, "cls_emb", None) is not None:
            return None
        return cls(parts)

    @torch.inference_mode()
    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Vectors of texts, not normalised.

        Parameters
        ----------
        ids : array, shape (sum of lengths,), int64
            Token ids of all texts, one text after the other. Each begins with the start
            token and holds one end token, as its last.
        lengths : array, shape (n,), int64
            Tokens of each text; equal lengths stand side by side.

        Returns
        -------
        Tensor
            Shape (n, dim), in the tower's dtype.
        """
        last = np.cumsum(lengths) - 1
        position = np.arange(len(ids)) - np.repeat(last + 1 - lengths, lengths)
        ends = self._to_device(last)
        packing = Packing(lengths, self._tokens.device)
        hidden = self._tokens[self._to_device(ids)] + self._positions[self._to_device(position)]
        for layer in self._layers:
            normed = layer.attention_norm(hidden)
            rest = layer.rest(normed)
            if layer.query is None:
                context = attention(rest, packing, self._heads, scale=None, causal=True, fused=True)
            else:
                context = self._last_attention(layer.query(normed[ends]), rest, packing)
                hidden = hidden[ends]
            hidden = hidden + layer.attention_scale(layer.attention_out(context))
            inner = layer.up(layer.norm(hidden))
            if layer.activation is not None:
                inner = layer.activation(inner)
            hidden = hidden + layer.scale(layer.down(inner))
        vectors: Tensor = self._norm(hidden)
        if isinstance(self._projection, nn.Module):
            vectors = self._projection(vectors)
        elif self._projection is not None:
            vectors = vectors @ self._projection
        return vectors

    def _last_attention(self, query: Tensor, key_value: Tensor, packing: Packing) -> Tensor:
        """What each text's end token sees; (n, width) and (tokens, 2 · width) to (n, width)."""
        width = query.shape[1]
        context = torch.empty_like(query)
        row = 0
        for run in packing.runs:
            shape = (run.texts, run.length, 2, self._heads, width // self._heads)
            key, value = key_value[run.start : run.stop].view(shape).permute(2, 0, 3, 1, 4)
            asked = query[row : row + run.texts].view(run.texts, 1, *shape[3:]).transpose(1, 2)
            out = F.scaled_dot_product_attention(asked, key, value)
            context[row : row + run.texts] = out.transpose(1, 2).reshape(run.texts, width)
            row += run.texts
        return context

    def _to_device(self, values: NDArray[np.int64]) -> Tensor:
        return to_device(values, self._tokens.device)


def _layer(block: Any, is_last: bool) -> _Layer:
    """Take a residual block of open_clip apart."""
    weight, bias = block.attn.in_proj_weight.detach(), block.attn.in_proj_bias.detach()
    cut = weight.shape[1] if is_last else 0
    activation = block.mlp.gelu
    exact = isinstance(activation, nn.GELU) and activation.approximate == "none"
    return _Layer(
        attention_norm=block.ln_1,
        query=Linear(weight[:cut], bias[:cut]) if is_last else None,
        rest=Linear(weight[cut:], bias[cut:]),
        attention_out=_linear(block.attn.out_proj),
        attention_scale=block.ls_1,
        norm=block.ln_2,
        up=_linear(block.mlp.c_fc, gelu=exact),
        activation=None if exact else activation,
        down=_linear(block.mlp.c_proj),
        scale=block.ls_2,
    )


def _linear(module: nn.Linear, *, gelu: bool = False) -> Linear:
    return Linear(module.weight.detach(), module.bias.detach(), gelu=gelu)
