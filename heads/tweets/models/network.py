"""The small transformer: a decoder that reads prefix vectors and attends to neighbours.

Pre-norm layers with RMSNorm, rotary positions and gated linear units (Touvron et al., 2023). The
lower layers read each post alone. What they make of a neighbour is its encoding: the upper layers
look at it by cross-attention (Vaswani et al., 2017), and a pointer copies words from it, with a
sentinel that says how much to copy (Merity et al., 2016, "Pointer Sentinel Mixture Models"). A
post is thus encoded by the same weights that write it, which learns more from few posts than an
encoder of its own. The keys of both are the encodings one token earlier, so that whatever
followed the present word in a neighbour is one step away.

Posts of a batch are packed: each line holds the tokens of several posts of a chain one after
another, and masks keep them apart. Little is spent on padding short posts.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from heads.tweets.data.material import MEDIA
from heads.tweets.data.packing import Packed
from heads.tweets.data.vocabulary import COMPANY, FIRST_WORD, IMAGE, WRITE
from heads.tweets.models.level import Level


@dataclass(frozen=True)
class Shape:
    """Sizes of the network.

    Attributes
    ----------
    vocabulary : int
        Tokens.
    company, image : int
        Dimensions of the vectors that are projected to prefixes.
    clock : int
        Numbers that time is given as.
    width, heads : int
        Of the transformer.
    lower, upper : int
        Layers that read a post alone, and layers that look at neighbours too.
    pointer : int
        Width of the pointer's keys.
    dropout : float
        While training.
    """

    vocabulary: int
    company: int
    image: int
    clock: int = 9
    width: int = 256
    heads: int = 4
    lower: int = 2
    upper: int = 2
    pointer: int = 64
    dropout: float = 0.15


Rotary = tuple[Tensor, Tensor]
"""Cosine and sine of the angles of a rotary position embedding, each (B, 1, L, D / 2)."""


def rotary_angles(place: Tensor, size: int) -> Rotary:
    """Compute rotary angles (Su et al., 2021) of places (B, L), for heads of `size` dimensions."""
    half = size // 2
    speed = 1000 ** (-torch.arange(half, device=place.device, dtype=torch.float32) / half)
    angle = place[:, None, :, None].float() * speed
    return angle.cos(), angle.sin()


def rotate(x: Tensor, by: Rotary) -> Tensor:
    """Apply the rotary position embedding to heads of shape (B, H, L, D)."""
    half = x.shape[-1] // 2
    cos, sin = (part.to(x.dtype) for part in by)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Multi-head attention; keys and values are computed apart, so that they can be cached."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, shape.width, bias=False)
        self.value = nn.Linear(shape.width, shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def keys(self, of: Tensor, taken: Tensor, by: Rotary | None) -> tuple[Tensor, Tensor]:
        """Compute keys of some states and values of others, each of shape (B, H, S, D)."""
        key, value = self._split(self.key(of)), self._split(self.value(taken))
        return (key if by is None else rotate(key, by)), value

    def forward(
        self, x: Tensor, pair: tuple[Tensor, Tensor], mask: Tensor, by: Rotary | None
    ) -> Tensor:
        """Attend to keys and values; returns shape (B, L, width).

        Parameters
        ----------
        x : tensor, shape (B, L, width)
            States that attend.
        pair : tensors, shape (B, H, S, D)
            Keys and values.
        mask : tensor, shape (B, 1, L, S)
            Additive mask: 0 where one may look, a large negative number elsewhere.
        by : tensors, optional
            Rotary angles of x.
        """
        query = self._split(self.query(x)) * (x.shape[-1] // self.heads) ** -0.5
        query = query if by is None else rotate(query, by)
        # Plain products: on a CPU the fused kernel is slower in bfloat16.
        weight = (query @ pair[0].transpose(-1, -2) + mask).softmax(-1)
        mixed: Tensor = self.out((weight @ pair[1]).transpose(1, 2).flatten(2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        """Split states (B, L, width) into heads, (B, H, L, D)."""
        batch, length, _ = x.shape
        return x.view(batch, length, self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Self-attention, cross-attention to neighbours in upper layers, and gated feed-forward."""

    def __init__(self, shape: Shape, *, cross: bool) -> None:
        super().__init__()
        inner = shape.width * 8 // 3 // 16 * 16
        self.norm = nn.LayerNorm(shape.width, bias=False)
        self.attend = Attention(shape)
        self.cross_norm = nn.LayerNorm(shape.width, bias=False) if cross else None
        self.cross = Attention(shape) if cross else None
        self.gate_norm = nn.LayerNorm(shape.width, bias=False)
        self.gate = nn.Linear(shape.width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, shape.width, bias=False)
        self.drop = nn.Dropout(shape.dropout)

    def attend_neighbours(self, x: Tensor, pair: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """Add cross-attention to the neighbours; `pair` is their keys and values."""
        assert self.cross is not None
        assert self.cross_norm is not None
        seen: Tensor = x + self.drop(self.cross(self.cross_norm(x), pair, mask, None))
        return seen

    def feed_forward(self, x: Tensor) -> Tensor:
        """Add the gated feed-forward layer."""
        gate, up = self.gate(_cast(self.gate_norm(x))).chunk(2, dim=-1)
        mixed: Tensor = x + self.drop(self.down(F.silu(gate) * up))
        return mixed


class SmallNetwork(nn.Module):
    """Layers that read a post alone, layers that attend to neighbours, and a pointer."""

    earliest: Tensor
    latest: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.embed = nn.Embedding(shape.vocabulary, width)
        self.company = nn.Linear(shape.company, width, bias=False)
        self.image = nn.Linear(max(1, shape.image), width, bias=False)
        self.clock = nn.Linear(shape.clock, width, bias=False)
        self.level = Level(width)
        self.media = nn.Embedding(len(MEDIA), width)
        self.lower = nn.ModuleList(Layer(shape, cross=False) for _ in range(shape.lower))
        self.memory_norm = nn.LayerNorm(width, bias=False)
        self.upper = nn.ModuleList(Layer(shape, cross=True) for _ in range(shape.upper))
        self.norm = nn.LayerNorm(width, bias=False)
        self.pointer_query = nn.Linear(width, shape.pointer, bias=False)
        self.pointer_key = nn.Linear(width, shape.pointer, bias=False)
        self.sentinel = nn.Linear(width, 1)
        self.drop = nn.Dropout(shape.dropout)
        # A time later than all that was learned from is taken as the latest of them.
        self.register_buffer("earliest", torch.full((shape.clock,), -torch.inf))
        self.register_buffer("latest", torch.full((shape.clock,), torch.inf))
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02 if "embed" in name else weight.shape[1] ** -0.5)
            if name.startswith("level.") or name.endswith(("out.weight", "down.weight")):
                nn.init.zeros_(weight)
        nn.init.constant_(self.sentinel.bias, 2.0)

    def layers(self) -> list[Layer]:
        """List all layers, from the lowest."""
        return [module for module in (*self.lower, *self.upper) if isinstance(module, Layer)]

    def embed_tokens(self, tokens: Tensor, post: Tensor, batch: Packed) -> Tensor:
        """Embed tokens (C, L) and add the vectors of their post.

        Company, picture, time and media are added to slots. The level is added to every token:
        what it says of a text shows in few of its words, and in none of the first.
        """
        x: Tensor = self.embed(tokens)
        chains = torch.arange(len(post), device=post.device)[:, None]
        told = (post >= 0) & (post < batch.level.shape[1])
        level = self.level(batch.level)[chains, post * told] * told[..., None]
        x = x + level.to(x.dtype)
        clock = batch.clock.clamp(self.earliest, self.latest)
        parts = {
            COMPANY: self.company(batch.company),
            IMAGE: self.image(batch.image) + self.media(batch.media),
            WRITE: self.clock(clock),
        }
        for slot, vector in parts.items():
            chain, place = (tokens == slot).nonzero(as_tuple=True)
            added = vector[chain, post[chain, place]].to(x.dtype)
            x = x.index_put((chain, place), added, accumulate=True)
        dropped: Tensor = self.drop(x)
        return dropped

    def rotary(self, place: Tensor) -> Rotary:
        """Compute rotary angles of places for the sizes of this network."""
        return rotary_angles(place, self.shape.width // self.shape.heads)

    def encode(self, batch: Packed) -> tuple[Tensor, Tensor, Tensor]:
        """Encode every post by itself, with the lower layers.

        Returns
        -------
        x : tensor, shape (C, L, width)
            States after the lower layers, L = R W.
        keys, values : tensor, shape (C, L, width)
            Encodings to match, of the token before, and to take over, of the token itself.
        """
        tokens, post, place = (part.flatten(1) for part in (batch.tokens, batch.post, batch.place))
        x = self._run_layers(
            self.embed_tokens(tokens, post, batch), batch, self.layers()[: self.shape.lower]
        )
        values = _cast(self.memory_norm(x))
        keys = torch.where(place[:, :, None] == 0, values, values.roll(1, dims=1))
        return x, keys, values

    def visible_tokens(self, batch: Packed) -> Tensor:
        """Mark the tokens of other posts that each token may look at, shape (C, L, L), bool."""
        post = batch.post.flatten(1)
        chains = torch.arange(len(post), device=post.device)[:, None, None]
        seen = batch.visible[chains, post[:, :, None], post[:, None, :]]
        return seen & (post >= 0)[:, None, :]

    def forward(self, batch: Packed) -> Tensor:
        """Compute the nats of each token to be predicted, shape (tokens,), float32."""
        x, keys, values = self.encode(batch)
        seen = self.visible_tokens(batch)
        x = self._run_layers(
            x, batch, self.layers()[self.shape.lower :], (keys, values, additive_mask(seen))
        )
        states = self.norm(x)
        following = batch.next_token.flatten(1)
        asked = following >= 0
        wanted = following[asked]
        logits = F.linear(states[asked], self.embed.weight).float()
        words = -F.cross_entropy(logits, wanted, reduction="none")
        tokens = batch.tokens.flatten(1)
        owner = asked.nonzero()[:, 0]
        score = self.pointer_scores(states, self.pointer_key(keys))[asked].float()
        score = score.masked_fill(~(seen & (tokens >= FIRST_WORD)[:, None, :])[asked], -1e4)
        kept = self.sentinel(states[asked])[:, 0].float()
        whole = torch.logaddexp(kept, score.logsumexp(-1))
        copied = score.masked_fill(tokens[owner] != wanted[:, None], -1e4).logsumexp(-1)
        return whole - torch.logaddexp(kept + words, copied)

    def pointer_scores(self, states: Tensor, pointer_keys: Tensor) -> Tensor:
        """Score each token for being copied, shape (C, L, S); the sentinel competes with them.

        Parameters
        ----------
        states : tensor, shape (C, L, width)
            States of the tokens that are being written.
        pointer_keys : tensor, shape (C, S, pointer)
            Output of `pointer_key` for the tokens' keys.
        """
        query = self.pointer_query(states) * self.shape.pointer**-0.5
        score: Tensor = query @ pointer_keys.transpose(-1, -2)
        return score

    def _run_layers(
        self,
        x: Tensor,
        batch: Packed,
        layers: list[Layer],
        memory: tuple[Tensor, Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Run states (C, L, width) through layers; `memory` is keys, values and their mask."""
        shape = (*batch.tokens.shape, -1)
        lines = batch.post.flatten(0, 1)
        own_post = additive_mask((lines[:, :, None] == lines[:, None, :]).tril())
        by = self.rotary(batch.place.flatten(0, 1))
        for layer in layers:
            normed = _cast(layer.norm(x)).view(shape).flatten(0, 1)
            mixed = layer.attend(normed, layer.attend.keys(normed, normed, by), own_post, by)
            x = x + layer.drop(mixed).view_as(x)
            if memory is not None and layer.cross is not None:
                x = layer.attend_neighbours(x, layer.cross.keys(*memory[:2], None), memory[2])
            x = layer.feed_forward(x)
        return x


def _dtype(x: Tensor) -> torch.dtype:
    """Return the precision that matrix products have under autocast."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32


def _cast(x: Tensor) -> Tensor:
    """Round once to the precision of products, for an input of several of them."""
    return x.to(_dtype(x))


def additive_mask(seen: Tensor) -> Tensor:
    """Turn a mask (B, L, S) into numbers to add to scores, shape (B, 1, L, S)."""
    return torch.zeros_like(seen, dtype=_dtype(seen)).masked_fill_(~seen, -1e4)[:, None]
