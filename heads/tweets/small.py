"""The small decoder: trained from scratch on the store's own posts."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from embedstore.progress import Progress, silent
from heads.posts import Floats, Indices, Mask
from heads.tweets import vocabulary
from heads.tweets.decoder import Sampling, Written
from heads.tweets.material import LEVELS, Material
from heads.tweets.network import (
    CAPTION,
    COMPANY,
    EARLIER,
    FIRST_WORD,
    IMAGE,
    NOTHING,
    WRITE,
    Packed,
    Shape,
    SmallNetwork,
)
from heads.tweets.retrieve import Chain, Retriever, thinned
from heads.tweets.sampling import draw
from heads.tweets.train import Learning, Log, Plan, learn
from heads.tweets.vocabulary import END

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PLAN = Plan(epochs=5, rate=2e-3, matrix_rate=2e-3, warmup=100, checks=8)
TOKENS_A_BATCH = 4096
LONGEST = 120
"""Tokens of a neighbour that are looked at; 99% of tweets have fewer."""


class SmallDecoder:
    """Byte-level vocabulary and the small transformer.

    Attributes
    ----------
    neighbours : int
        Earlier posts that it is given.
    """

    name = "small"

    def __init__(
        self, tokenizer: "Tokenizer", network: SmallNetwork, *, neighbours: int = 10,
        device: str = "cpu",
    ) -> None:  # fmt: skip
        self.tokenizer = tokenizer
        self.network = network.to(device)
        self.neighbours = neighbours
        self.device = device
        self._tokens: dict[str, list[int]] = {}

    @property
    def title(self) -> str:
        """What it is, in words."""
        count = sum(weight.numel() for weight in self.network.parameters())
        return f"small ({count / 1e6:.1f} million weights, trained on this store)"

    @classmethod
    def new(
        cls,
        material: Material,
        rows: Indices,
        *,
        device: str = "cpu",
        size: int = vocabulary.TOKENS,
        **sizes: Any,
    ) -> "SmallDecoder":
        """An untrained one whose vocabulary is learned from the texts of some rows."""
        tokenizer = vocabulary.learn([material.texts[row] for row in rows.tolist()], size)
        shape = Shape(
            vocabulary=-(-tokenizer.get_vocab_size() // 16) * 16,
            company=material.vectors.shape[1],
            image=material.images.shape[1],
            **sizes,
        )
        return cls(tokenizer, SmallNetwork(shape), device=device)

    def words(self, text: str) -> list[int]:
        """Tokens of a text, kept for the next time."""
        if text not in self._tokens:
            self._tokens[text] = self.tokenizer.encode(text).ids
        return self._tokens[text]

    def pack(self, material: Material, chains: Sequence[Chain], *, blank: bool = False) -> Packed:
        """Chains as a batch; with `blank`, targets are only the slots they begin with."""
        memory = [self._memory(material, chain) for chain in chains]
        target = [self._targets(material, chain, blank=blank) for chain in chains]
        most = max(len(chain.rows) for chain in chains)
        rows = np.zeros((len(chains), most), dtype=np.int64)
        # Captions stand as posts of their own behind the others, seen by their own post only.
        visible = np.zeros((len(chains), most, 2 * most), dtype=bool)
        for number, chain in enumerate(chains):
            count = len(chain.rows)
            rows[number, :count] = chain.rows
            visible[number, :count, :count] = chain.visible
            visible[number, np.arange(count), most + np.arange(count)] = True
        shift = [len(chain.rows) for chain in chains]
        for number, part in enumerate(memory):
            part[1][:] = [post if post < shift[number] else post - shift[number] + most
                          for post in part[1]]  # fmt: skip
        images = np.nan_to_num(material.images[rows])
        if not images.shape[-1]:
            images = np.zeros((*rows.shape, 1), dtype=np.float32)
        level = material.level[rows]
        facts = (
            material.company_vectors[rows],
            images,
            material.clock[rows],
            np.where(level < 0, LEVELS, level),
            material.media[rows],
        )
        twice = [torch.from_numpy(np.concatenate([fact, fact], axis=1)) for fact in facts]
        parts = [
            _padded([part[kind] for part in lists], fill)
            for lists, fills in ((memory, (0, -1, 0)), (target, (0, -1, 0, -100)))
            for kind, fill in enumerate(fills)
        ]
        names = [item.name for item in fields(Packed)]
        tensors = [*parts, torch.from_numpy(visible), *twice]
        return Packed(**dict(zip(names, tensors, strict=True))).to(self.device)

    def _memory(self, material: Material, chain: Chain) -> tuple[list[int], list[int], list[int]]:
        tokens, post, place = [NOTHING], [0], [0]
        used: Mask = np.asarray(chain.visible.any(axis=0))
        count = len(chain.rows)
        for number, row in enumerate(chain.rows.tolist()):
            entries = []
            if used[number]:
                entries.append((number, [EARLIER, *self.words(material.texts[row])[:LONGEST], END]))
            caption = material.captions[row]
            if chain.target[number] and caption:
                entries.append((count + number, [CAPTION, *self.words(caption)[:LONGEST], END]))
            for owner, ids in entries:
                tokens += ids
                post += [owner] * len(ids)
                place += range(len(ids))
        return tokens, post, place

    def _targets(
        self, material: Material, chain: Chain, *, blank: bool
    ) -> tuple[list[int], list[int], list[int], list[int]]:
        tokens: list[int] = []
        post: list[int] = []
        place: list[int] = []
        labels: list[int] = []
        for number in np.flatnonzero(chain.target).tolist():
            words = [] if blank else self.words(material.texts[int(chain.rows[number])])
            ids = [COMPANY, IMAGE, WRITE, *words]
            tokens += ids
            post += [number] * len(ids)
            place += range(len(ids))
            labels += [-100, -100, *words, -100 if blank else END]
        return tokens, post, place, labels

    def bits(self, material: Material, chains: Sequence[Chain]) -> Floats:
        """Bits of each target's text and end; chains have one target each."""
        self.network.eval()
        found = np.zeros(len(chains))
        for batch in self._batches(material, chains):
            packed = self.pack(material, [chains[place] for place in batch])
            with torch.inference_mode(), self._precision():
                loss = self.network(packed).double().cpu().numpy()
            owner = (packed.labels >= 0).nonzero()[:, 0].cpu().numpy()
            found[batch] = np.bincount(owner, loss, minlength=len(batch)) / math.log(2)
        return found

    def _batches(self, material: Material, chains: Sequence[Chain]) -> list[list[int]]:
        """Places of chains of like length, as many together as a batch holds."""
        length = [
            sum(8 + len(self.words(material.texts[row])) for row in chain.rows.tolist())
            for chain in chains
        ]
        batches: list[list[int]] = []
        for place in np.argsort(length, kind="stable").tolist():
            if not batches or length[place] * (len(batches[-1]) + 1) > TOKENS_A_BATCH:
                batches.append([])
            batches[-1].append(place)
        return batches

    def fit(
        self,
        material: Material,
        retriever: Retriever,
        train: Indices,
        held: Indices,
        folder: Path,
        *,
        plan: Plan = PLAN,
        progress: Progress = silent,
    ) -> Log:
        """Learn to write the training rows; the held-out ones say when to stop."""
        checks = [retriever.chain(row, self.neighbours) for row in held.tolist()]
        size = sum(len(material.texts[row].encode()) for row in held.tolist())

        def batches(epoch: int) -> list[list[Chain]]:
            random = np.random.default_rng([plan.seed, epoch])
            whole = retriever.training_chains(train, random, size=12, lead=8)
            chains = [thinned(chain, random) for chain in whole]
            found = [
                [chains[place] for place in batch] for batch in self._batches(material, chains)
            ]
            return [found[place] for place in random.permutation(len(found))]

        def loss(batch: list[Chain]) -> tuple[Tensor, int]:
            with self._precision():
                values = self.network(self.pack(material, batch))
            return values.sum(), len(values)

        def check() -> float:
            return float(self.bits(material, checks).sum() / max(1, size))

        return learn(Learning(self.network, batches, loss, check), plan, folder, progress=progress)

    def write(
        self, material: Material, chains: Sequence[Chain], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Written]]:
        """Candidates for each chain's target."""
        self.network.eval()
        found: list[list[Written]] = []
        for start in range(0, len(chains), 8):
            some = chains[start : start + 8]
            generators = [torch.Generator().manual_seed(seed) for seed in seeds[start : start + 8]]
            with torch.inference_mode(), self._precision():
                lanes = _Lanes(self, self.pack(material, some, blank=True), sampling.count)
                drawn = draw(lanes.step, sampling, generators, END)
            texts = [
                Written(self.tokenizer.decode(ids, skip_special_tokens=False), bits)
                for ids, bits in drawn
            ]
            found += [texts[k : k + sampling.count] for k in range(0, len(texts), sampling.count)]
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        """Write weights and vocabulary."""
        from safetensors.torch import save_file

        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(weights, str(folder / "weights.safetensors"))
        self.tokenizer.save(str(folder / "tokenizer.json"))
        return {"shape": asdict(self.network.shape), "neighbours": self.neighbours}

    @classmethod
    def load(cls, folder: Path, facts: dict[str, Any], *, device: str = "cpu") -> "SmallDecoder":
        """Read what `save` wrote."""
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        network = SmallNetwork(Shape(**facts["shape"]))
        network.load_state_dict(load_file(str(folder / "weights.safetensors")))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(tokenizer, network.eval(), neighbours=facts["neighbours"], device=device)

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16)


class _Lanes:
    """Texts being written: what was computed for their beginnings is kept."""

    def __init__(self, decoder: SmallDecoder, packed: Packed, count: int) -> None:
        self.network = network = decoder.network
        memory = network.remember(packed)
        seen = network.in_sight(packed)[:, -1:]
        copyable = seen & (packed.memory >= FIRST_WORD)[:, None, :]
        copyable[:, :, 0] = True
        self.begin = packed.tokens.repeat_interleave(count, 0)
        self.memory = memory.repeat_interleave(count, 0)
        self.words = packed.memory.repeat_interleave(count, 0)
        self.seen = seen.repeat_interleave(count, 0)
        self.copyable = copyable.repeat_interleave(count, 0)
        facts = ("company", "image", "clock", "level", "media")
        self.packed = replace(
            packed, **{name: getattr(packed, name).repeat_interleave(count, 0) for name in facts}
        )
        self.post = packed.post.repeat_interleave(count, 0)
        self.place = 0
        self.kept: list[tuple[Tensor, Tensor]] = []
        self.far = torch.zeros_like(self.seen, dtype=torch.bfloat16).masked_fill_(~self.seen, -1e4)
        self.cross = [
            None if layer.cross is None else layer.cross.keys(self.memory, None)
            for layer in network.stack()
        ]

    def step(self, last: Tensor | None, keep: Tensor | None) -> Tensor:
        """Log-probabilities of the next token of every lane that goes on."""
        if keep is not None:
            self._leave(keep.to(self.begin.device))
        network = self.network
        tokens = self.begin if last is None else last[:, None].to(self.begin.device)
        post = self.post if last is None else self.post[:, -1:]
        length = tokens.shape[1]
        place = (torch.arange(length, device=tokens.device) + self.place).expand(len(tokens), -1)
        by = network.turn(place)
        x = network.enter(tokens, post, self.packed)
        hidden = torch.full((length, self.place + length), -1e4, device=x.device).triu(
            self.place + 1
        )[None, None]
        kept = []
        for number, layer in enumerate(network.stack()):
            normed = layer.norm(x)
            pair = layer.attend.keys(normed, by)
            if self.kept:
                key, value = self.kept[number]
                pair = torch.cat([key, pair[0]], dim=2), torch.cat([value, pair[1]], dim=2)
            kept.append(pair)
            x = x + layer.attend(normed, pair, hidden, by)
            far = self.cross[number]
            if layer.cross is not None and layer.cross_norm is not None and far is not None:
                x = x + layer.cross(layer.cross_norm(x), far, self.far[:, None], None)
            x = layer.mix(x)
        self.kept, self.place = kept, self.place + length
        states = network.norm(x)[:, -1:]
        points = network.points(states, self.memory, self.copyable)[:, 0]
        words = F.linear(states[:, 0], network.embed.weight).float().log_softmax(-1)
        share = words.exp() * points[:, :1].exp()
        copied = points.exp().masked_fill(~self.copyable[:, 0], 0)
        copied[:, 0] = 0
        share.scatter_add_(1, self.words, copied)
        share[:, :FIRST_WORD] = 0
        return share.clamp(min=1e-12).log()

    def _leave(self, keep: Tensor) -> None:
        """Go on with some lanes only."""
        for name in ("begin", "memory", "words", "seen", "copyable", "post", "far"):
            setattr(self, name, getattr(self, name)[keep])
        facts = ("company", "image", "clock", "level", "media")
        self.packed = replace(
            self.packed, **{name: getattr(self.packed, name)[keep] for name in facts}
        )
        self.kept = [(key[keep], value[keep]) for key, value in self.kept]
        self.cross = [pair and (pair[0][keep], pair[1][keep]) for pair in self.cross]


def _padded(rows: Sequence[Sequence[int]], fill: int) -> Tensor:
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])
