"""Writing token by token with a KV cache: beginnings of texts are not computed again."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from heads.tweets.data.packing import Packed
from heads.tweets.data.vocabulary import COMPANY, FIRST_WORD, IMAGE, WRITE
from heads.tweets.models.network import SmallNetwork, additive_mask


@dataclass(frozen=True)
class Sources:
    """Neighbours of C chains, each S tokens long, as the texts of the chains attend to them.

    Attributes
    ----------
    words : tensor, shape (C, S), int64
        Tokens.
    hidden : tensor, shape (C, S), bool
        Tokens that are not copied.
    mask : tensor, shape (C, 1, 1, S)
        Additive mask: 0 where a text may look, a large negative number elsewhere.
    pointer_keys : tensor, shape (C, S, pointer)
        Keys of the pointer.
    cross : list
        Keys and values (C, H, S, D) of each layer; None in layers without cross-attention.
    level : tensor, shape (C, width)
        Vector that is added to every token of a text.
    """

    words: Tensor
    hidden: Tensor
    mask: Tensor
    pointer_keys: Tensor
    cross: list[tuple[Tensor, Tensor] | None]
    level: Tensor

    def of(self, chains: Tensor) -> "Sources":
        """Select the sources of some chains."""
        return Sources(
            self.words[chains],
            self.hidden[chains],
            self.mask[chains],
            self.pointer_keys[chains],
            [pair and (pair[0][chains], pair[1][chains]) for pair in self.cross],
            self.level[chains],
        )


class SmallWriter:
    """Texts being written by the small transformer.

    The neighbours of a chain are in memory once, however many texts are written from them: the
    texts attend to them together, as if they were places of one text.

    Parameters
    ----------
    network : SmallNetwork
        The decoder.
    packed : Packed
        Chains whose last post is to be written, packed blank.
    count : int
        Texts for each chain.
    emphasis : float
        Factor of the vectors of their levels.
    """

    def __init__(
        self, network: SmallNetwork, packed: Packed, count: int, emphasis: float = 1.0
    ) -> None:
        self.network, self.packed, self.count = network, packed, count
        _, keys, values = network.encode(packed)
        post = packed.post.flatten(1)
        self.post = post.masked_fill(post >= packed.level.shape[1], -1).amax(1)
        chains = torch.arange(len(post), device=post.device)
        first = (post == self.post[:, None]).int().argmax(1)
        seen = network.visible_tokens(packed)[chains, first]
        words = packed.tokens.flatten(1)
        self.sources = Sources(
            words,
            ~(seen & (words >= FIRST_WORD)),
            additive_mask(seen[:, None]),
            network.pointer_key(keys),
            [
                None if layer.cross is None else layer.cross.keys(keys, values, None)
                for layer in network.layers()
            ],
            emphasis * network.level(packed.level[chains, self.post]),
        )
        # One text for each chain at first; `most` is the largest number of any chain.
        self.chain, self.number, self.most = chains, torch.zeros_like(chains), 1
        self.cache: list[tuple[Tensor, Tensor]] = []
        self.place = 0

    def step(self, last: Tensor | None, going: Tensor | None) -> Tensor:
        """Compute log-probabilities of the next token of every text that goes on."""
        device = self.post.device
        if last is None:
            begin = torch.tensor([[COMPANY, IMAGE, WRITE]], device=device)
            tokens = begin.expand(len(self.post), -1)
            post = self.post[:, None].expand(-1, tokens.shape[1])
            begun = self._run_layers(self.network.embed_tokens(tokens, post, self.packed))
            found = self._log_probabilities(begun)
            # The texts of a chain begin with the same tokens.
            self.chain = self.chain.repeat_interleave(self.count)
            self._select(self.chain)
            return found[self.chain]
        if going is not None:
            going = going.to(device)
            chains, self.chain = torch.unique(self.chain[going], return_inverse=True)
            self.sources = self.sources.of(chains)
            self._select(going)
        x = self.network.embed(last.to(device))
        x = x + self.sources.level[self.chain].to(x.dtype)
        return self._log_probabilities(self._run_layers(x[:, None]))

    def _select(self, texts: Tensor) -> None:
        """Select the cache of some texts, whose chains are `self.chain`, in order."""
        self.cache = [(key[texts], value[texts]) for key, value in self.cache]
        first = torch.searchsorted(self.chain, self.chain)
        self.number = torch.arange(len(self.chain), device=self.chain.device) - first
        self.most = int(self.number.max()) + 1

    def _run_layers(self, x: Tensor) -> Tensor:
        """Run tokens (texts, L, width) after the cached ones; returns states (texts, 1, width)."""
        network, length = self.network, x.shape[1]
        place = (torch.arange(length, device=x.device) + self.place).expand(len(x), -1)
        by = network.rotary(place)
        before = torch.ones((1, length, self.place + length), dtype=torch.bool, device=x.device)
        earlier = additive_mask(before.tril(self.place))
        cache = []
        for number, (layer, pair) in enumerate(
            zip(network.layers(), self.sources.cross, strict=True)
        ):
            normed = layer.norm(x)
            own = layer.attend.keys(normed, normed, by)
            if self.cache:
                key, value = self.cache[number]
                own = torch.cat([key, own[0]], dim=2), torch.cat([value, own[1]], dim=2)
            cache.append(own)
            x = x + layer.attend(normed, own, earlier, by)
            if pair is not None:
                grid = layer.attend_neighbours(self._by_chain(x), pair, self.sources.mask)
                x = self._by_text(grid)
            x = layer.feed_forward(x)
        self.cache, self.place = cache, self.place + length
        states: Tensor = network.norm(x)[:, -1:]
        return states

    def _by_chain(self, x: Tensor) -> Tensor:
        """Arrange states (texts, L, n) by chain, (chains, most texts of one · L, n)."""
        grid = x.new_zeros((len(self.sources.words), self.most, *x.shape[1:]))
        grid[self.chain, self.number] = x
        return grid.flatten(1, 2)

    def _by_text(self, grid: Tensor) -> Tensor:
        """Undo `_by_chain`: return the states of each text."""
        texts: Tensor = grid.view(len(grid), self.most, -1, grid.shape[-1])[self.chain, self.number]
        return texts

    def _log_probabilities(self, states: Tensor) -> Tensor:
        """Compute log-probabilities of words: each may come from the vocabulary or be copied."""
        network, sources = self.network, self.sources
        share = F.linear(states[:, 0], network.embed.weight).float().softmax(-1)
        grid = network.pointer_scores(self._by_chain(states), sources.pointer_keys)
        score = self._by_text(grid)[:, 0].float()
        hidden = sources.hidden[self.chain]
        score = score.masked_fill(hidden, -1e4)
        points = torch.cat([network.sentinel(states)[:, 0].float(), score], dim=-1).softmax(-1)
        share = share * points[:, :1]
        share.scatter_add_(1, sources.words[self.chain], points[:, 1:].masked_fill(hidden, 0))
        share[:, :FIRST_WORD] = 0
        return share.clamp(min=1e-12).log()


class CausalWriter:
    """Texts being written by a language model.

    Parameters
    ----------
    model : Module
        The language model.
    vectors : tensor, shape (B, L, width)
        Embeddings of the prompts, padded on the left.
    here : tensor, shape (B, L), int64
        1 where there is a token.
    level : tensor, shape (B, width), optional
        Vector that is added to the embedding of every token of a text.
    count : int
        Texts for each row.
    room : int
        Tokens of a text, at most.
    """

    def __init__(
        self, model: Any, vectors: Tensor, mask: Tensor, level: Tensor | None, count: int, room: int
    ) -> None:
        from heads.tweets.models.kv_cache import spread

        self.model = model
        place = (mask.cumsum(-1) - 1).clamp(min=0)
        out = model(
            inputs_embeds=vectors, attention_mask=mask, position_ids=place,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        self.first: Tensor = out.logits[:, -1].repeat_interleave(count, 0)
        # transformers 5.24 renamed the argument: the output's name is the input's too.
        self.name = "cache" if hasattr(out, "cache") else "past_key_values"
        self.cache = getattr(out, self.name)
        spread(self.cache, count, room)
        self.mask = mask.repeat_interleave(count, 0)
        self.place = place[:, -1:].repeat_interleave(count, 0)
        self.level = None if level is None else level.repeat_interleave(count, 0)

    def step(self, last: Tensor | None, going: Tensor | None) -> Tensor:
        """Compute log-probabilities of the next token of every text that goes on."""
        if last is None:
            return self.first
        if going is not None:
            going = going.to(self.mask.device)
            self.cache.batch_select_indices(going)
            self.mask, self.place = self.mask[going], self.place[going]
            self.level = None if self.level is None else self.level[going]
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=1)
        self.place = self.place + 1
        vectors = self.model.get_input_embeddings()(last[:, None].to(self.mask.device))
        if self.level is not None:
            vectors = vectors + self.level[:, None].to(vectors.dtype)
        out = self.model(
            inputs_embeds=vectors, attention_mask=self.mask,
            position_ids=self.place, use_cache=True, **{self.name: self.cache},
        )  # fmt: skip
        logits: Tensor = out.logits[:, -1]
        return logits
