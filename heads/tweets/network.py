"""The small transformer: a decoder that reads prefix vectors and looks at encoded neighbours.

Pre-norm layers with RMSNorm, rotary positions and gated linear units (Touvron et al., 2023);
cross-attention to neighbours as in Vaswani et al. (2017); and a pointer that copies words from
them, with a sentinel that says how much to copy (Merity et al., 2016, "Pointer Sentinel Mixture
Models"). The pointer's keys are the states one token earlier, so that whatever followed the
present word in a neighbour is one step away.

Posts of a batch are packed: each row holds the tokens of many posts one after another, and masks
keep them apart. Nothing is spent on padding short posts.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


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
    width, layers, heads, encoder_layers : int
        Of the transformer.
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
    layers: int = 4
    heads: int = 4
    encoder_layers: int = 2
    pointer: int = 64
    dropout: float = 0.15


SLOTS = ("company", "image", "write", "earlier", "caption", "nothing")
"""Special tokens whose embeddings get vectors added; their ids are 0 to 5 in this order."""

COMPANY, IMAGE, WRITE, EARLIER, CAPTION, NOTHING = range(6)
FIRST_WORD = 6


@dataclass
class Packed:
    """A batch of B rows, in each P posts.

    Attributes
    ----------
    memory, memory_post, memory_place : tensor, shape (B, S), int64
        Tokens of neighbours, number of their post in the row, position in their post; the
        post is −1 where there is only padding. Position 0 of a row is the sentinel.
    tokens, post, place : tensor, shape (B, L), int64
        The same of what is written.
    labels : tensor, shape (B, L), int64
        The token that comes next; −100 where nothing is to be learned.
    visible : tensor, shape (B, P, P), bool
        Whether a post that is written (dimension 1) may look at one of the memory.
    company, image, clock : tensor, shape (B, P, dim), float32
        Vectors of the posts.
    level, media : tensor, shape (B, P), int64
        Relative level from 0, 10 for unknown; kind of media.
    """

    memory: Tensor
    memory_post: Tensor
    memory_place: Tensor
    tokens: Tensor
    post: Tensor
    place: Tensor
    labels: Tensor
    visible: Tensor
    company: Tensor
    image: Tensor
    clock: Tensor
    level: Tensor
    media: Tensor

    def to(self, device: torch.device | str) -> "Packed":
        """The same on another device."""
        return Packed(**{name: value.to(device) for name, value in vars(self).items()})


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
        self.pair = nn.Linear(shape.width, 2 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)

    def keys(self, x: Tensor, by: Turn | None) -> tuple[Tensor, Tensor]:
        """Keys and values of states, each of shape (B, H, S, D)."""
        key, value = (self._split(part) for part in self.pair(x).chunk(2, dim=-1))
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
        self.norm = nn.RMSNorm(shape.width)
        self.attend = Attention(shape)
        self.cross_norm = nn.RMSNorm(shape.width) if cross else None
        self.cross = Attention(shape) if cross else None
        self.gate_norm = nn.RMSNorm(shape.width)
        self.gate = nn.Linear(shape.width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, shape.width, bias=False)
        self.drop = nn.Dropout(shape.dropout)

    def mix(self, x: Tensor) -> Tensor:
        """The gated layer alone."""
        gate, up = self.gate(self.gate_norm(x)).chunk(2, dim=-1)
        mixed: Tensor = x + self.drop(self.down(F.silu(gate) * up))
        return mixed


class SmallNetwork(nn.Module):
    """Encoder of neighbours, decoder, pointer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.embed = nn.Embedding(shape.vocabulary, width)
        self.company = nn.Linear(shape.company, width, bias=False)
        self.image = nn.Linear(max(1, shape.image), width, bias=False)
        self.clock = nn.Linear(shape.clock, width, bias=False)
        self.level = nn.Embedding(11, width)
        self.media = nn.Embedding(4, width)
        self.encoder = nn.ModuleList(Layer(shape, cross=False) for _ in range(shape.encoder_layers))
        self.memory_norm = nn.RMSNorm(width)
        # Every second layer looks at the neighbours: as good as all of them, and quicker.
        self.layers = nn.ModuleList(
            Layer(shape, cross=number % 2 == 1 or shape.layers == 1)
            for number in range(shape.layers)
        )
        self.norm = nn.RMSNorm(width)
        self.pointer_query = nn.Linear(width, shape.pointer, bias=False)
        self.pointer_key = nn.Linear(width, shape.pointer, bias=False)
        self.sentinel = nn.Linear(width, 1)
        self.drop = nn.Dropout(shape.dropout)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=0.02 if "embed" in name else weight.shape[1] ** -0.5)
            if name.endswith(("out.weight", "down.weight")):
                nn.init.zeros_(weight)
        nn.init.constant_(self.sentinel.bias, 2.0)

    def enter(self, tokens: Tensor, post: Tensor, batch: Packed) -> Tensor:
        """Embeddings of tokens; those of slots with their post's vectors added, (B, L, width)."""
        x: Tensor = self.embed(tokens)
        when = self.clock(batch.clock) + self.level(batch.level)
        parts = {
            COMPANY: self.company(batch.company),
            IMAGE: self.image(batch.image) + self.media(batch.media),
            WRITE: when,
            EARLIER: when,
        }
        for slot, vector in parts.items():
            row, place = (tokens == slot).nonzero(as_tuple=True)
            x = x.index_put(
                (row, place), vector[row, post[row, place]].to(x.dtype), accumulate=True
            )
        dropped: Tensor = self.drop(x)
        return dropped

    def stack(self) -> list[Layer]:
        """The decoder's layers."""
        return _layers(self.layers)

    def turn(self, place: Tensor) -> Turn:
        """Rotary angles of places."""
        return turn(place, self.shape.width // self.shape.heads)

    def remember(self, batch: Packed) -> Tensor:
        """States of the neighbours' tokens, shape (B, S, width)."""
        x = self.enter(batch.memory, batch.memory_post, batch)
        same = batch.memory_post[:, :, None] == batch.memory_post[:, None, :]
        hidden, by = _bar(same), self.turn(batch.memory_place)
        for layer in _layers(self.encoder):
            normed = layer.norm(x)
            pair = layer.attend.keys(normed, by)
            x = x + layer.drop(layer.attend(normed, pair, hidden, by))
            x = layer.mix(x)
        states: Tensor = self.memory_norm(x)
        return states

    def in_sight(self, batch: Packed) -> Tensor:
        """Whether a token that is written may look at one of the memory, shape (B, L, S)."""
        rows = torch.arange(len(batch.tokens), device=batch.tokens.device)[:, None, None]
        post, other = batch.post.clamp(min=0), batch.memory_post.clamp(min=0)
        seen = batch.visible[rows, post[:, :, None], other[:, None, :]]
        seen = seen & (batch.memory_post >= 0)[:, None, :]
        seen[:, :, 0] = True
        return seen

    def decode(self, batch: Packed, memory: Tensor, seen: Tensor) -> Tensor:
        """Last states of what is written, shape (B, L, width)."""
        x = self.enter(batch.tokens, batch.post, batch)
        same = batch.post[:, :, None] == batch.post[:, None, :]
        hidden, far, by = _bar(same.tril()), _bar(seen), self.turn(batch.place)
        for layer in self.stack():
            normed = layer.norm(x)
            pair = layer.attend.keys(normed, by)
            x = x + layer.drop(layer.attend(normed, pair, hidden, by))
            if layer.cross is not None:
                assert layer.cross_norm is not None
                normed = layer.cross_norm(x)
                pair = layer.cross.keys(memory, None)
                x = x + layer.drop(layer.cross(normed, pair, far, None))
            x = layer.mix(x)
        states: Tensor = self.norm(x)
        return states

    def points(self, states: Tensor, memory: Tensor, seen: Tensor) -> Tensor:
        """Log-probability of copying each token of the memory, shape (B, L, S).

        The sentinel at place 0 is the log-probability of not copying.
        """
        query, key = self.pointer_query(states).float(), self.pointer_key(memory).float()
        score = query @ key.roll(1, dims=1).transpose(-1, -2) * key.shape[-1] ** -0.5
        score = torch.cat([self.sentinel(states).float(), score[:, :, 1:]], dim=-1)
        return score.masked_fill(~seen, -1e4).log_softmax(-1)

    def forward(self, batch: Packed) -> Tensor:
        """Bits of nature: minus log-probability of each label, shape (labels,), float32."""
        memory = self.remember(batch)
        seen = self.in_sight(batch)
        states = self.decode(batch, memory, seen)
        asked = batch.labels >= 0
        label = batch.labels[asked]
        words = F.linear(states[asked], self.embed.weight).float().log_softmax(-1)
        words = words.gather(-1, label[:, None])[:, 0]
        copyable = seen & (batch.memory >= FIRST_WORD)[:, None, :]
        copyable[:, :, 0] = True
        points = self.points(states, memory, copyable)[asked]
        same = batch.memory[asked.nonzero()[:, 0]] == label[:, None]
        same[:, 0] = False
        copied = points.masked_fill(~same, -1e4).logsumexp(-1)
        return -torch.logaddexp(points[:, 0] + words, copied)


def _layers(modules: nn.ModuleList) -> list[Layer]:
    return [module for module in modules if isinstance(module, Layer)]


def _bar(seen: Tensor) -> Tensor:
    """What is added to scores, shape (B, 1, L, S); in the precision that scores have."""
    kind = seen.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32
    return torch.zeros_like(seen, dtype=dtype).masked_fill_(~seen, -1e4)[:, None]
