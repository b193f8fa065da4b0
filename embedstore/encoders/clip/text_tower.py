"""Forward pass of CLIP's text transformer over packed texts: no padding.

open_clip pads every text to the full context of 77 tokens. In a causal transformer no
token attends to later ones, so that nothing after a text's end token changes its vector,
and nothing is computed for it here. The tokens of a batch lie one text after the other in
a single matrix; attention stays within each text (`embedstore.encoders.runtime.attention`).
In the last layer only the end tokens have queries.

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
        Queries of the end tokens, in the last layer only.
    key_value : Linear
        Keys and values in the last layer; queries, keys and values in all others.
    activation : nn.Module or None
        Activation after `up`; None if `up` applies it itself.
    """

    attention_norm: nn.Module
    query: Linear | None
    key_value: Linear
    attention_out: Linear
    attention_scale: nn.Module
    norm: nn.Module
    up: Linear
    activation: nn.Module | None
    down: Linear
    scale: nn.Module


class TextTower:
    """Forward pass of a CLIP's text transformer.

    Parameters
    ----------
    parts : nn.Module
        An open_clip ``CLIP`` or ``TextTransformer``, on its device and in its dtype, of the
        kind that `of` accepts.
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
        """Build the forward pass from an open_clip model.

        Parameters
        ----------
        model : open_clip.CLIP
            The whole model.
        end_token : int
            Id of the tokenizer's end token.

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
        pools_end_token = (pooling == "argmax" and end_token == parts.vocab_size - 1) or (
            pooling == "eos" and end_token == pooled
        )
        plain = all(type(block) is ResidualAttentionBlock for block in parts.transformer.resblocks)
        if not pools_end_token or not plain:
            return None
        if parts.attn_mask is None or getattr(parts, "cls_emb", None) is not None:
            return None
        return cls(parts)

    @torch.inference_mode()
    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Compute vectors of texts, not normalised.

        Parameters
        ----------
        ids : array, shape (sum of lengths,), int64
            Token ids of all texts, one text after the other. Each begins with the start
            token and holds one end token, as its last.
        lengths : array, shape (n,), int64
            Tokens of each text; texts of equal length are consecutive.

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
            qkv = layer.key_value(normed)
            if layer.query is None:
                context = attention(qkv, packing, self._heads, scale=None, causal=True, fused=True)
            else:
                context = self._last_attention(layer.query(normed[ends]), qkv, packing)
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
        """Compute attention from each text's end token to all its tokens.

        Parameters
        ----------
        query : Tensor, shape (n, width)
            Queries of the end tokens.
        key_value : Tensor, shape (tokens, 2 · width)
            Keys and values of all tokens, side by side.
        packing : Packing
            Layout of the texts.

        Returns
        -------
        Tensor, shape (n, width)
            One row a text.
        """
        width = query.shape[1]
        context = torch.empty_like(query)
        row = 0
        for group in packing.groups:
            n, shape = group.texts, (group.texts, group.length, 2, self._heads, -1)
            key, value = key_value[group.start : group.stop].view(shape).permute(2, 0, 3, 1, 4)
            end_query = query[row : row + n].view(n, 1, self._heads, -1).transpose(1, 2)
            out = F.scaled_dot_product_attention(end_query, key, value)
            context[row : row + n] = out.transpose(1, 2).reshape(n, width)
            row += n
        return context

    def _to_device(self, values: NDArray[np.int64]) -> Tensor:
        return to_device(values, self._tokens.device)


def _layer(block: Any, is_last: bool) -> _Layer:
    """Take a layer's weights from a residual block of open_clip."""
    weight, bias = block.attn.in_proj_weight.detach(), block.attn.in_proj_bias.detach()
    queries = weight.shape[1] if is_last else 0  # rows of the queries to keep apart
    activation = block.mlp.gelu
    exact = isinstance(activation, nn.GELU) and activation.approximate == "none"
    return _Layer(
        attention_norm=block.ln_1,
        query=Linear(weight[:queries], bias[:queries]) if is_last else None,
        key_value=Linear(weight[queries:], bias[queries:]),
        attention_out=_linear(block.attn.out_proj),
        attention_scale=block.ls_1,
        norm=block.ln_2,
        up=_linear(block.mlp.c_fc, gelu=exact),
        activation=None if exact else activation,
        down=_linear(block.mlp.c_proj),
        scale=block.ls_2,
    )


def _linear(module: nn.Linear, *, gelu: bool = False) -> Linear:
    """Convert torch's linear layer."""
    return Linear(module.weight.detach(), module.bias.detach(), gelu=gelu)
