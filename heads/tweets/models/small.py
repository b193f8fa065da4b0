"""The small decoder: trained from scratch on the store's own posts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from heads.arrays import Floats, Indices
from heads.tweets.data import vocabulary
from heads.tweets.data.material import Material, told, wanting
from heads.tweets.data.ngrams import Ngrams
from heads.tweets.data.packing import Packed, batches_of_like_length, pack
from heads.tweets.data.retrieval import Chain, thinned
from heads.tweets.data.vocabulary import END
from heads.tweets.models.decoder import Lesson, Sampling, Written, read_weights
from heads.tweets.models.judge import read_off, two_judges
from heads.tweets.models.memory import give_back
from heads.tweets.models.mixture import Mixture
from heads.tweets.models.network import Shape, SmallNetwork
from heads.tweets.models.precision import precision
from heads.tweets.models.sampling import draw
from heads.tweets.models.train import Learning, Log, Plan, learn
from heads.tweets.models.writer import SmallWriter

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PLAN = Plan(epochs=6, minutes=28, rate=2e-3, matrix_rate=2e-3, warmup=100, checks=6)
TOKENS_A_BATCH = 4096
"""Tokens of a step of the optimizers."""

TOKENS_AT_ONCE = {"cpu": 1024, "cuda": 4096}
"""Tokens that are computed at once, by device; a step adds up their gradients.

What backward needs of a whole step takes 0.7 GB, and what a text sees of its neighbours grows with
the square of their tokens."""

TOGETHER = 4
"""Chains that are written for at once: 48 texts each have a KV cache of 0.3 GB."""

ORDER = 5
"""Tokens that an n-gram's probability rests on."""

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of the n-grams that are tried on the posts held out in training."""


class SmallDecoder:
    """Byte-level vocabulary and the small transformer.

    Attributes
    ----------
    neighbours : int
        Earlier posts that it is given.
    candidates : int
        Texts that are drawn to choose from.
    ngrams : Ngrams, optional
        Runs of tokens of the posts it learned from, once it has.
    share : float
        Their share of a probability, beside the network's.
    """

    name = "small"
    candidates = 48

    def __init__(
        self, tokenizer: "Tokenizer", network: SmallNetwork, *, neighbours: int = 20,
        device: str = "cpu",
    ) -> None:  # fmt: skip
        self.tokenizer = tokenizer
        self.network = network.to(device)
        self.neighbours = neighbours
        self.device = device
        self._at_once = TOKENS_AT_ONCE[torch.device(device).type]
        self.ngrams: Ngrams[int] | None = None
        self.share = 0.0
        self._tokens: dict[str, list[int]] = {}

    @property
    def title(self) -> str:
        """Name of the decoder, in words."""
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
        """Make an untrained one whose vocabulary is learned from the texts of some rows."""
        tokenizer = vocabulary.learn([material.texts[row] for row in rows.tolist()], size)
        shape = Shape(
            vocabulary=-(-tokenizer.get_vocab_size() // 16) * 16,
            company=material.vectors.shape[1],
            image=material.images.shape[1],
            **sizes,
        )
        return cls(tokenizer, SmallNetwork(shape), device=device)

    def words(self, text: str) -> list[int]:
        """Tokenise a text; the tokens are cached."""
        if text not in self._tokens:
            self._tokens[text] = self.tokenizer.encode(text).ids
        return self._tokens[text]

    def bits(self, material: Material, chains: Sequence[Chain]) -> Floats:
        """Compute the bits of each target's text and end; chains have one target each."""
        mixed = self._network_shares(material, chains)
        if self.ngrams is not None:
            counted = self._counted(material, chains)
            mixed = [
                (1 - self.share) * one + self.share * other
                for one, other in zip(mixed, counted, strict=True)
            ]
        return np.array([-np.log2(share).sum() for share in mixed])

    def _network_shares(self, material: Material, chains: Sequence[Chain]) -> list[Floats]:
        """Compute the network's probability of each token of each target and its end."""
        self.network.eval()
        found: list[Floats] = [np.zeros(0)] * len(chains)
        for batch in self._batches(material, chains, self._at_once):
            packed = self._packed(material, [chains[place] for place in batch])
            with torch.inference_mode(), precision(self.device):
                loss = self.network(packed).double().cpu().numpy()
            owner = (packed.next_token.flatten(1) >= 0).nonzero()[:, 0].cpu().numpy()
            for number, place in enumerate(batch):
                found[place] = np.exp(-loss[owner == number])
        return found

    def _counted(self, material: Material, chains: Sequence[Chain]) -> list[Floats]:
        """Compute the n-grams' probability of each token of each target and its end."""
        assert self.ngrams is not None
        floor = 1 / self.network.shape.vocabulary
        texts = (material.texts[int(chain.rows[-1])] for chain in chains)
        return [self.ngrams.likelihood(self.words(text), floor) for text in texts]

    def _batches(self, material: Material, chains: Sequence[Chain], tokens: int) -> list[list[int]]:
        """Group chains by length into batches of so many tokens; returns their places."""
        length = [
            sum(8 + len(self.words(material.texts[row])) for row in chain.rows.tolist())
            for chain in chains
        ]
        return batches_of_like_length(length, tokens)

    def fit(self, lesson: Lesson, plan: Plan = PLAN) -> Log:
        """Learn to write the training rows; the held-out ones say when to stop."""
        material, retriever = lesson.material, lesson.retriever
        train, held = lesson.train, lesson.held
        checks = [retriever.chain(row, self.neighbours) for row in held.tolist()]
        size = sum(len(material.texts[row].encode()) for row in held.tolist())

        clock = torch.from_numpy(material.clock[train]).to(self.device)
        self.network.earliest, self.network.latest = clock.amin(0), clock.amax(0)
        teacher, _ = two_judges(material, train)
        promised, known = read_off(teacher, material, train), material

        def batches(epoch: int) -> list[list[Chain]]:
            nonlocal known
            random = np.random.default_rng([plan.seed, epoch])
            whole = retriever.training_chains(train, random, size=12, lead=8, again=True)
            chains = [thinned(chain, random) for chain in whole]
            known = told(material, promised, random)
            found = [
                [chains[place] for place in batch]
                for batch in self._batches(material, chains, TOKENS_A_BATCH)
            ]
            return [found[place] for place in random.permutation(len(found))]

        def losses(batch: list[Chain]) -> Iterator[Tensor]:
            for part in self._batches(known, batch, self._at_once):
                with precision(self.device):
                    values = self.network(self._packed(known, [batch[place] for place in part]))
                yield values

        def check() -> float:
            return float(self.bits(material, checks).sum() / max(1, size))

        learning = Learning(self.network, batches, losses, check)
        log = learn(learning, plan, lesson.folder, progress=lesson.progress)
        self.ngrams = Ngrams(
            [self.words(material.texts[row]) for row in train.tolist()], END, ORDER
        )
        one, other = (
            np.concatenate(shares)
            for shares in (self._network_shares(material, checks), self._counted(material, checks))
        )
        costs = [-np.log2((1 - share) * one + share * other).sum() / size for share in SHARES]
        self.share, log.best = SHARES[int(np.argmin(costs))], float(min(costs))
        return log

    def write(
        self, material: Material, chains: Sequence[Chain], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Written]]:
        """Write candidates for each chain's target."""
        self.network.eval()
        material = wanting(material, np.array([chain.rows[-1] for chain in chains]))
        found: list[list[Written]] = []
        for start in range(0, len(chains), TOGETHER):
            part = slice(start, start + TOGETHER)
            some = chains[part]
            generators = [torch.Generator().manual_seed(seed) for seed in seeds[part]]
            with torch.inference_mode(), precision(self.device):
                packed = self._packed(material, some, blank=True)
                writer = SmallWriter(self.network, packed, sampling.count, sampling.emphasis)
                step = writer.step
                if self.ngrams is not None:
                    step = Mixture(writer.step, self.ngrams, self.share).step
                drawn = draw(step, sampling, generators, END)
            texts = [
                Written(self.tokenizer.decode(ids, skip_special_tokens=False), bits)
                for ids, bits in drawn
            ]
            found += [texts[k : k + sampling.count] for k in range(0, len(texts), sampling.count)]
            give_back()
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        """Write weights, vocabulary, and the tokens that n-grams were counted in."""
        from safetensors.torch import save_file

        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(weights, str(folder / "weights.safetensors"))
        self.tokenizer.save(str(folder / "tokenizer.json"))
        if self.ngrams is not None:
            lines = [token for line in self.ngrams.lines for token in (*line, END)]
            save_file({"tokens": torch.tensor(lines)}, str(folder / "ngrams.safetensors"))
        return {
            "shape": asdict(self.network.shape),
            "neighbours": self.neighbours,
            "ngrams": self.share,
        }

    @classmethod
    def load(cls, folder: Path, facts: dict[str, Any], *, device: str = "cpu") -> "SmallDecoder":
        """Read what `save` wrote.

        Raises
        ------
        FingerprintError
            The weights are of another version of this decoder.
        """
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        network = SmallNetwork(Shape(**facts["shape"]))
        read_weights(network, folder / "weights.safetensors")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        found = cls(tokenizer, network.eval(), neighbours=facts["neighbours"], device=device)
        if (folder / "ngrams.safetensors").is_file():
            tokens = load_file(str(folder / "ngrams.safetensors"))["tokens"].numpy()
            lines = np.split(tokens, np.flatnonzero(tokens == END) + 1)[:-1]
            found.ngrams = Ngrams([line[:-1].tolist() for line in lines], END, ORDER)
            found.share = facts["ngrams"]
        return found

    def _packed(
        self, material: Material, chains: Sequence[Chain], *, blank: bool = False
    ) -> Packed:
        """Pack chains on the device of the network."""
        return pack(self.words, material, chains, blank=blank).to(self.device)
