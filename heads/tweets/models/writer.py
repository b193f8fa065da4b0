"""Writing token by token: what was computed for the beginnings of texts is kept."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from heads.tweets.data.packing import Packed
from heads.tweets.data.vocabulary import COMPANY, FIRST_WORD, IMAGE, WRITE
from heads.tweets.models.network import SmallNetwork, bar


@dataclass(frozen=True)
class Sources:
    """What the texts of each of C chains look at, S tokens long.

    Attributes
    ----------
    words : tensor, shape (C, S), int64
        Tokens.
    hidden : tensor, shape (C, S), bool
        Tokens that are not copied.
    far : tensor, shape (C, 1, 1, S)
        0 where a text may look, a large negative number elsewhere.
    pointed : tensor, shape (C, S, pointer)
        Keys of the pointer.
    cross : list
        Keys and values (C, H, S, D) of each layer; None in layers that do not look.
    level : tensor, shape (C, width)
        What is added to every token of a text.
    """

    words: Tensor
    hidden: Tensor
    far: Tensor
    pointed: Tensor
    cross: list[tuple[Tensor, Tensor] | None]
    level: Tensor

    def of(self, chains: Tensor) -> "Sources":
        """Those of some chains."""
        return Sources(
            self.words[chains],
            self.hidden[chains],
            self.far[chains],
            self.pointed[chains],
            [pair and (pair[0][chains], pair[1][chains]) for pair in self.cross],
            self.level[chains],
        )


class SmallLanes:
    """Texts being written by the small transformer.

    What a chain's texts look at is there once, however many of them are written: they ask it
    together, as if they were places of one text.

    Parameters
    ----------
    network : SmallNetwork
        The decoder.
    packed : Packed
        Chains whose last post is to be written, packed blank.
    count : int
        Texts for each chain.
    emphasis : float
        What the vectors of their levels are multiplied by.
    """

    def __init__(
        self, network: SmallNetwork, packed: Packed, count: int, emphasis: float = 1.0
    ) -> None:
        self.network, self.packed, self.count = network, packed, count
        _, keys, values = network.remember(packed)
        post = packed.post.flatten(1)
        self.post = post.masked_fill(post >= packed.level.shape[1], -1).amax(1)
        chains = torch.arange(len(post), device=post.device)
        first = (post == self.post[:, None]).int().argmax(1)
        seen = network.in_sight(packed)[chains, first]
        words = packed.tokens.flatten(1)
        self.sources = Sources(
            words,
            ~(seen & (words >= FIRST_WORD)),
            bar(seen[:, None]),
            network.pointer_key(keys),
            [
                None if layer.cross is None else layer.cross.keys(keys, values, None)
                for layer in network.layers()
            ],
            emphasis * network.level(packed.level[chains, self.post]),
        )
        # One lane for each chain at first, and the most of any chain.
        self.chain, self.number, self.most = chains, torch.zeros_like(chains), 1
        self.kept: list[tuple[Tensor, Tensor]] = []
        self.place = 0

    def step(self, last: Tensor | None, keep: Tensor | None) -> Tensor:
        """Log-probabilities of the next token of every lane that goes on."""
        device = self.post.device
        if last is None:
            begin = torch.tensor([[COMPANY, IMAGE, WRITE]], device=device)
            tokens = begin.expand(len(self.post), -1)
            post = self.post[:, None].expand(-1, tokens.shape[1])
            spoken = self._spoken(self._read(self.network.enter(tokens, post, self.packed)))
            # The texts of a chain begin alike.
            self.chain = self.chain.repeat_interleave(self.count)
            self._go_on(self.chain)
            return spoken[self.chain]
        if keep is not None:
            keep = keep.to(device)
            chains, self.chain = torch.unique(self.chain[keep], return_inverse=True)
            self.sources = self.sources.of(chains)
            self._go_on(keep)
        x = self.network.embed(last.to(device))
        x = x + self.sources.level[self.chain].to(x.dtype)
        return self._spoken(self._read(x[:, None]))

    def _go_on(self, lanes: Tensor) -> None:
        """Keep what was computed for some lanes, whose chains are `self.chain`, in order."""
        self.kept = [(key[lanes], value[lanes]) for key, value in self.kept]
        first = torch.searchsorted(self.chain, self.chain)
        self.number = torch.arange(len(self.chain), device=self.chain.device) - first
        self.most = int(self.number.max()) + 1

    def _read(self, x: Tensor) -> Tensor:
        """States (lanes, 1, width) after tokens (lanes, L, width) that follow what is kept."""
        network, length = self.network, x.shape[1]
        place = (torch.arange(length, device=x.device) + self.place).expand(len(x), -1)
        by = network.turn(place)
        before = torch.ones((1, length, self.place + length), dtype=torch.bool, device=x.device)
        near = bar(before.tril(self.place))
        kept = []
        for number, (layer, pair) in enumerate(
            zip(network.layers(), self.sources.cross, strict=True)
        ):
            normed = layer.norm(x)
            own = layer.attend.keys(normed, normed, by)
            if self.kept:
                key, value = self.kept[number]
                own = torch.cat([key, own[0]], dim=2), torch.cat([value, own[1]], dim=2)
            kept.append(own)
            x = x + layer.attend(normed, own, near, by)
            if pair is not None:
                x = self._apart(layer.look(self._together(x), pair, self.sources.far))
            x = layer.mix(x)
        self.kept, self.place = kept, self.place + length
        states: Tensor = network.norm(x)[:, -1:]
        return states

    def _together(self, x: Tensor) -> Tensor:
        """States (lanes, L, n) as places of their chains, (chains, most lanes of one * L, n)."""
        grid = x.new_zeros((len(self.sources.words), self.most, *x.shape[1:]))
        grid[self.chain, self.number] = x
        return grid.flatten(1, 2)

    def _apart(self, grid: Tensor) -> Tensor:
        """The states of each lane again: undoes `_together`."""
        lanes: Tensor = grid.view(len(grid), self.most, -1, grid.shape[-1])[self.chain, self.number]
        return lanes

    def _spoken(self, states: Tensor) -> Tensor:
        """Log-probabilities of words after states, both ways of saying each added up."""
        network, sources = self.network, self.sources
        share = F.linear(states[:, 0], network.embed.weight).float().softmax(-1)
        score = self._apart(network.points(self._together(states), sources.pointed))[:, 0].float()
        hidden = sources.hidden[self.chain]
        score = score.masked_fill(hidden, -1e4)
        points = torch.cat([network.sentinel(states)[:, 0].float(), score], dim=-1).softmax(-1)
        share = share * points[:, :1]
        share.scatter_add_(1, sources.words[self.chain], points[:, 1:].masked_fill(hidden, 0))
        share[:, :FIRST_WORD] = 0
        return share.clamp(min=1e-12).log()


class CausalLanes:
    """Texts being written by a language model.

    Parameters
    ----------
    model : Module
        The language model.
    vectors : tensor, shape (B, L, width)
        Embeddings of what stands before each text, padded on the left.
    here : tensor, shape (B, L), int64
        1 where there is a token.
    level : tensor, shape (B, width), optional
        What is added to the embedding of every token of a text.
    count : int
        Texts for each row.
    room : int
        Tokens of a text, at most.
    """

    def __init__(
        self, model: Any, vectors: Tensor, here: Tensor, level: Tensor | None, count: int, room: int
    ) -> None:
        from heads.tweets.models.kv_cache import spread

        self.model = model
        place = (here.cumsum(-1) - 1).clamp(min=0)
        out = model(
            inputs_embeds=vectors, attention_mask=here, position_ids=place,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        self.first: Tensor = out.logits[:, -1].repeat_interleave(count, 0)
        # Renamed in transformers 5.24; what it is called there goes in as it came out.
        self.name = "cache" if hasattr(out, "cache") else "past_key_values"
        self.kept = getattr(out, self.name)
        spread(self.kept, count, room)
        self.here = here.repeat_interleave(count, 0)
        self.place = place[:, -1:].repeat_interleave(count, 0)
        self.level = None if level is None else level.repeat_interleave(count, 0)

    def step(self, last: Tensor | None, keep: Tensor | None) -> Tensor:
        """Log-probabilities of the next token of every lane that goes on."""
        if last is None:
            return self.first
        if keep is not None:
            keep = keep.to(self.here.device)
            self.kept.batch_select_indices(keep)
            self.here, self.place = self.here[keep], self.place[keep]
            self.level = None if self.level is None else self.level[keep]
        self.here = torch.cat([self.here, torch.ones_like(self.here[:, :1])], dim=1)
        self.place = self.place + 1
        vectors = self.model.get_input_embeddings()(last[:, None].to(self.here.device))
        if self.level is not None:
            vectors = vectors + self.level[:, None].to(vectors.dtype)
        out = self.model(
            inputs_embeds=vectors, attention_mask=self.here,
            position_ids=self.place, use_cache=True, **{self.name: self.kept},
        )  # fmt: skip
        logits: Tensor = out.logits[:, -1]
        return logits
