"""The small transformer: a decoder that reads prefix vectors and looks at encoded neighbours.

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


Turn = tuple[Tensor, Tensor]
"""Cosine and sine of the angles that positions turn heads by, each (B, 1, L, D / 2)."""


def turn(place: Tensor, size: int) -> Turn:
    """Rotary angles (Su et al., 2021) of places (B, L) for heads of `size` dimensions."""
    half = size // 2
    speed = 1000 ** (-torch.arange(half, device=place.device, dtype=torch.float32) / half)
    angle = place[:, None, :, None].float() * speed
    return angle.cos(), angle.sin()


def rotate(x: Tensor, by: Turn) -> Tensor:
    """Heads of shape (B, H, L, D), turned."""
    half = x.shape[-1] // 2
    cos, sin = (part.to(x.dtype) for part in by)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Attention with several heads; keys and values may be given from before."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, shape.width, bias=False)
        self.value = nn.Linear(shape.width, shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def keys(self, of: Tensor, taken: Tensor, by: Turn | None) -> tuple[Tensor, Tensor]:
        """Keys and values of states, each of shape (B, H, S, D)."""
        key, value = self._split(self.key(of)), self._split(self.value(taken))
        return (key if by is None else rotate(key, by)), value

    def forward(
        self, x: Tensor, pair: tuple[Tensor, Tensor], hidden: Tensor, by: Turn | None
    ) -> Tensor:
        """Attend.

        Parameters
        ----------
        x : tensor, shape (B, L, width)
            Where from.
        pair : tensors, shape (B, H, S, D)
            Keys and values.
        hidden : tensor, shape (B, 1, L, S)
            0 where one may look, a large negative number elsewhere.
        by : tensors, optional
            Rotary angles of x.
        """
        query = self._split(self.query(x)) * (x.shape[-1] // self.heads) ** -0.5
        query = query if by is None else rotate(query, by)
        # Plain products: on a CPU the fused kernel is slower in bfloat16.
        weight = (query @ pair[0].transpose(-1, -2) + hidden).softmax(-1)
        mixed: Tensor = self.out((weight @ pair[1]).transpose(1, 2).flatten(2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        return x.view(batch, length, self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Self-attention, attention to neighbours where there is some, and a gated layer."""

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

    def look(self, x: Tensor, pair: tuple[Tensor, Tensor], far: Tensor) -> Tensor:
        """Attention to neighbours alone; `pair` is what the layer's `cross` made of them."""
        assert self.cross is not None
        assert self.cross_norm is not None
        seen: Tensor = x + self.drop(self.cross(self.cross_norm(x), pair, far, None))
        return seen

    def mix(self, x: Tensor) -> Tensor:
        """The gated layer alone."""
        gate, up = self.gate(_cast(self.gate_norm(x))).chunk(2, dim=-1)
        mixed: Tensor = x + self.drop(self.down(F.silu(gate) * up))
        return mixed


class SmallNetwork(nn.Module):
    """Layers that read a post alone, layers that look at neighbours, pointer."""

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
        """All layers, from the lowest."""
        return [module for module in (*self.lower, *self.upper) if isinstance(module, Layer)]

    def enter(self, tokens: Tensor, post: Tensor, batch: Packed) -> Tensor:
        """Embeddings of tokens (C, L) with the vectors of their post added.

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

    def turn(self, place: Tensor) -> Turn:
        """Rotary angles of places."""
        return turn(place, self.shape.width // self.shape.heads)

    def remember(self, batch: Packed) -> tuple[Tensor, Tensor, Tensor]:
        """Read every post alone.

        Returns
        -------
        x : tensor, shape (C, L, width)
            States after the lower layers, L = R W.
        keys, values : tensor, shape (C, L, width)
            Encodings to look for, of the token before, and to take over, of the token itself.
        """
        tokens, post, place = (part.flatten(1) for part in (batch.tokens, batch.post, batch.place))
        x = self._read(self.enter(tokens, post, batch), batch, self.layers()[: self.shape.lower])
        values = _cast(self.memory_norm(x))
        keys = torch.where(place[:, :, None] == 0, values, values.roll(1, dims=1))
        return x, keys, values

    def in_sight(self, batch: Packed) -> Tensor:
        """Whether a token may look at one of another post, shape (C, L, L)."""
        post = batch.post.flatten(1)
        chains = torch.arange(len(post), device=post.device)[:, None, None]
        seen = batch.visible[chains, post[:, :, None], post[:, None, :]]
        return seen & (post >= 0)[:, None, :]

    def forward(self, batch: Packed) -> Tensor:
        """Bits of nature: minus log-probability of each label, shape (labels,), float32."""
        x, keys, values = self.remember(batch)
        seen = self.in_sight(batch)
        x = self._read(x, batch, self.layers()[self.shape.lower :], (keys, values, bar(seen)))
        states = self.norm(x)
        labels = batch.labels.flatten(1)
        asked = labels >= 0
        label = labels[asked]
        logits = F.linear(states[asked], self.embed.weight).float()
        words = -F.cross_entropy(logits, label, reduction="none")
        tokens = batch.tokens.flatten(1)
        owner = asked.nonzero()[:, 0]
        score = self.points(states, self.pointer_key(keys))[asked].float()
        score = score.masked_fill(~(seen & (tokens >= FIRST_WORD)[:, None, :])[asked], -1e4)
        kept = self.sentinel(states[asked])[:, 0].float()
        whole = torch.logaddexp(kept, score.logsumexp(-1))
        copied = score.masked_fill(tokens[owner] != label[:, None], -1e4).logsumexp(-1)
        return whole - torch.logaddexp(kept + words, copied)

    def points(self, states: Tensor, pointed: Tensor) -> Tensor:
        """How much each token is to be copied, shape (C, L, S); the sentinel is its rival.

        Parameters
        ----------
        states : tensor, shape (C, L, width)
            What is being written.
        pointed : tensor, shape (C, S, pointer)
            What `pointer_key` made of the tokens' keys.
        """
        query = self.pointer_query(states) * self.shape.pointer**-0.5
        score: Tensor = query @ pointed.transpose(-1, -2)
        return score

    def _read(
        self,
        x: Tensor,
        batch: Packed,
        layers: list[Layer],
        memory: tuple[Tensor, Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Run states (C, L, width) through layers; memory is keys, values and who may look."""
        shape = (*batch.tokens.shape, -1)
        lines = batch.post.flatten(0, 1)
        near = bar((lines[:, :, None] == lines[:, None, :]).tril())
        by = self.turn(batch.place.flatten(0, 1))
        for layer in layers:
            normed = _cast(layer.norm(x)).view(shape).flatten(0, 1)
            mixed = layer.attend(normed, layer.attend.keys(normed, normed, by), near, by)
            x = x + layer.drop(mixed).view_as(x)
            if memory is not None and layer.cross is not None:
                x = layer.look(x, layer.cross.keys(*memory[:2], None), memory[2])
            x = layer.mix(x)
        return x


def _dtype(x: Tensor) -> torch.dtype:
    """The precision of products."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32


def _cast(x: Tensor) -> Tensor:
    """For several products: rounded once rather than for each."""
    return x.to(_dtype(x))


def bar(seen: Tensor) -> Tensor:
    """What is added to scores, shape (B, 1, L, S)."""
    return torch.zeros_like(seen, dtype=_dtype(seen)).masked_fill_(~seen, -1e4)[:, None]
