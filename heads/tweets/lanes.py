"""Writing token by token: what was computed for the beginnings of texts is kept."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from heads.tweets.network import SmallNetwork, bar
from heads.tweets.packing import Packed
from heads.tweets.vocabulary import COMPANY, FIRST_WORD, IMAGE, WRITE

FACTS = ("company", "image", "clock", "level", "media")


class SmallLanes:
    """Texts being written by the small transformer.

    Parameters
    ----------
    network : SmallNetwork
        The decoder.
    packed : Packed
        Chains whose last post is to be written, packed blank.
    count : int
        Texts for each chain.
    """

    def __init__(self, network: SmallNetwork, packed: Packed, count: int) -> None:
        self.network = network
        _, keys, values = network.remember(packed)
        post = packed.post.flatten(1)
        last = post.masked_fill(post >= packed.level.shape[1], -1).amax(1)
        chains = torch.arange(len(post), device=post.device)
        first = (post == last[:, None]).int().argmax(1)
        seen = network.in_sight(packed)[chains, first][:, None]
        words = packed.tokens.flatten(1)

        def lanes(x: Tensor) -> Tensor:
            return x.repeat_interleave(count, 0)

        self.packed = replace(packed, **{name: lanes(getattr(packed, name)) for name in FACTS})
        self.post, self.words, self.keys = lanes(last)[:, None], lanes(words), lanes(keys)
        self.far = lanes(bar(seen))
        self.hidden = lanes(~(seen & (words >= FIRST_WORD)[:, None]))[:, 0]
        self.cross = [
            None if layer.cross is None else layer.cross.keys(self.keys, lanes(values), None)
            for layer in network.layers()
        ]
        self.kept: list[tuple[Tensor, Tensor]] = []
        self.place = 0

    def step(self, last: Tensor | None, keep: Tensor | None) -> Tensor:
        """Log-probabilities of the next token of every lane that goes on."""
        device = self.post.device
        if keep is not None:
            self._leave(keep.to(device))
        begin = torch.tensor([[COMPANY, IMAGE, WRITE]], device=device).expand(len(self.post), -1)
        tokens = begin if last is None else last[:, None].to(device)
        length = tokens.shape[1]
        place = (torch.arange(length, device=device) + self.place).expand(len(tokens), -1)
        network = self.network
        by = network.turn(place)
        x = network.enter(tokens, self.post.expand(-1, length), self.packed)
        before = torch.ones((1, length, self.place + length), dtype=torch.bool, device=device)
        near = bar(before.tril(self.place))
        kept = []
        for number, (layer, far) in enumerate(zip(network.layers(), self.cross, strict=True)):
            normed = layer.norm(x)
            pair = layer.attend.keys(normed, normed, by)
            if self.kept:
                key, value = self.kept[number]
                pair = torch.cat([key, pair[0]], dim=2), torch.cat([value, pair[1]], dim=2)
            kept.append(pair)
            x = x + layer.attend(normed, pair, near, by)
            if far is not None:
                x = layer.look(x, far, self.far)
            x = layer.mix(x)
        self.kept, self.place = kept, self.place + length
        return self._spoken(network.norm(x)[:, -1:])

    def _spoken(self, states: Tensor) -> Tensor:
        """Log-probabilities of words, both ways of saying each added up."""
        network = self.network
        share = F.linear(states[:, 0], network.embed.weight).float().softmax(-1)
        score = network.points(states, self.keys)[:, 0].float()
        score = score.masked_fill(self.hidden, -1e4)
        points = torch.cat([network.sentinel(states)[:, 0].float(), score], dim=-1).softmax(-1)
        share = share * points[:, :1]
        share.scatter_add_(1, self.words, points[:, 1:].masked_fill(self.hidden, 0))
        share[:, :FIRST_WORD] = 0
        return share.clamp(min=1e-12).log()

    def _leave(self, keep: Tensor) -> None:
        """Go on with some lanes only."""
        for name in ("post", "words", "keys", "far", "hidden"):
            setattr(self, name, getattr(self, name)[keep])
        self.packed = replace(
            self.packed, **{name: getattr(self.packed, name)[keep] for name in FACTS}
        )
        self.kept = [(key[keep], value[keep]) for key, value in self.kept]
        self.cross = [pair and (pair[0][keep], pair[1][keep]) for pair in self.cross]


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
        from heads.tweets.cache import spread

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
