"""A pretrained causal language model that continues a list of an account's posts.

The prompt is a line on who posts, then the neighbours in the order of time, each after a
separator. Company, picture, time, level and kind of media of a post are vectors, projected and
added to the embedding of the token before it (prefix vectors, Li and Liang, 2021); they begin
at zero, so that an untrained decoder is the plain language model. Fine-tuning is by LoRA (Hu et
al., 2022): the model's own weights stay as they are.

In training each post of a chain is a target with those before it as its neighbours, so that one
pass through the model learns from all of them.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from embedstore.errors import FingerprintError, WeightsError, first_line
from heads.arrays import Floats
from heads.tweets.data.material import Material, told, wanting
from heads.tweets.data.packing import batches_of_like_length
from heads.tweets.data.retrieval import Chain, in_line, without_lead
from heads.tweets.models import attention
from heads.tweets.models.decoder import Lesson, Sampling, Written, read_weights
from heads.tweets.models.judge import read_off, two_judges
from heads.tweets.models.precision import dtype_of, precision
from heads.tweets.models.prefix import Prefix
from heads.tweets.models.pretrained import base_folder, import_peft, separator, weights_hash
from heads.tweets.models.sampling import draw
from heads.tweets.models.train import Learning, Log, Plan, learn
from heads.tweets.models.writer import CausalWriter

PLAN = Plan(epochs=3, minutes=60, rate=8e-4, warmup=20, checks=3, decay=0.0)
TOKENS_A_BATCH = 1600
CHECKED = 48
"""Held-out posts that say when to stop; more would take as long as the training."""

LONGEST = 110
"""Tokens of a neighbour that are looked at; 99% of tweets have fewer."""

BARE = 0.2
"""Share of the chains in training that begin with a target: it is what the first post of a
company looks like, and "without neighbours" in an evaluation."""

TEXTS_A_BATCH = 64
"""Texts that are written at once."""


@dataclass
class Line:
    """A chain as tokens.

    Attributes
    ----------
    ids : list of int
        Tokens.
    asked : list of bool
        True for tokens that are to be predicted.
    slots : list of (int, int)
        The token before each post, and the post's row.
    """

    ids: list[int]
    asked: list[bool]
    slots: list[tuple[int, int]]


@dataclass
class Inputs:
    """Lines as a batch.

    Attributes
    ----------
    vectors : tensor, shape (B, L, width)
        Embeddings.
    ids, here : tensor, shape (B, L), int64
        Tokens; 1 where there is one.
    asked : tensor, shape (B, L), bool
        Tokens to be predicted.
    """

    vectors: Tensor
    ids: Tensor
    asked: Tensor
    here: Tensor


class CausalDecoder:
    """A causal language model with prefix vectors and, once trained, adapters.

    Attributes
    ----------
    name : str
        ``smollm2``, or a hub name or folder.
    neighbours : int
        Earlier posts that it is given.
    candidates : int
        Texts that are drawn to choose from.
    trained : bool
        True once it was fine-tuned on a store.
    """

    candidates = 24  # Of twice as many the best was hardly closer to the true posts.

    def __init__(
        self, name: str, model: Any, tokenizer: Any, prefix: Prefix | None, *, neighbours: int = 6,
        trained: bool = False, device: str = "cpu",
    ) -> None:  # fmt: skip
        self.name, self.neighbours, self.trained, self.device = name, neighbours, trained, device
        self.model, self.tokenizer = model.to(device), tokenizer
        self.prefix = None if prefix is None else prefix.to(device)
        self._words: dict[str, list[int]] = {}
        self.separator, self.end = separator(name, tokenizer)

    @property
    def title(self) -> str:
        """Name of the decoder, in words."""
        how = "fine-tuned on this store" if self.trained else "not fine-tuned"
        return f"{self.name} ({how})"

    @classmethod
    def pretrained(cls, name: str, *, device: str = "cpu") -> "CausalDecoder":
        """Load a model as it was published.

        Raises
        ------
        WeightsError
            It isn't here and can't be had, or its files are damaged.
        """
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        source, dtype = base_folder(name), dtype_of(device)
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            tokenizer = AutoTokenizer.from_pretrained(source)
            model = AutoModelForCausalLM.from_pretrained(
                source, dtype=dtype, attn_implementation=attention.choose(device)
            )
        except Exception as error:  # each library that reads a file has errors of its own
            here = (Path(source) / "config.json").is_file()
            if isinstance(error, OSError | ValueError) and not here:
                raise WeightsError(
                    f"there is no causal language model {name!r} here or on the hub: give a"
                    " folder, or run `embedstore models install smollm2` and use smollm2"
                ) from error
            raise WeightsError(
                f"the files of the language model {name!r} can't be read ({first_line(error)}):"
                " get them again"
            ) from error
        return cls(name, model, tokenizer, None, device=device)

    def words(self, text: str) -> list[int]:
        """Tokenise a text; the tokens are cached."""
        if text not in self._words:
            self._words[text] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return self._words[text]

    def line(self, material: Material, chain: Chain, *, blank: bool = False) -> Line:
        """Write a chain as one line of tokens; with `blank` it ends where the target begins."""
        targets = chain.rows[chain.target].tolist()
        accounts = {material.accounts[row] for row in targets}
        company = material.companies[targets[-1]]
        accounts.discard("")
        who = f"{accounts.pop()} ({company})" if len(accounts) == 1 else company
        ids = list(self.tokenizer(f"Tweets by {who}:\n")["input_ids"])
        asked, slots = [False] * len(ids), []
        was_target = False
        for number, row in enumerate(chain.rows.tolist()):
            # The end of a post is the beginning of the separator behind it.
            place = range(len(self.separator))
            asked += [was_target and token < len(self.end) for token in place]
            ids += self.separator
            slots.append((len(ids) - 1, row))
            if caption := material.captions[row]:
                said = self.words(f"(picture: {caption}) ")
                ids, asked = [*ids, *said], [*asked, *[False] * len(said)]
            was_target = bool(chain.target[number])
            if was_target and blank:
                return Line(ids, asked, slots)
            words = self.words(material.texts[row])
            words = words if was_target else words[:LONGEST]
            ids, asked = [*ids, *words], [*asked, *[was_target] * len(words)]
        ids, asked = [*ids, *self.end], [*asked, *[was_target] * len(self.end)]
        return Line(ids, asked, slots)

    def embedded(self, material: Material, lines: Sequence[Line], *, left: bool = False) -> Inputs:
        """Embed lines padded on the right or on the left, with prefix vectors added."""
        longest = max(len(line.ids) for line in lines)
        shift = [longest - len(line.ids) if left else 0 for line in lines]
        ids = torch.zeros((len(lines), longest), dtype=torch.int64)
        here = torch.zeros((len(lines), longest), dtype=torch.int64)
        asked = torch.zeros((len(lines), longest), dtype=torch.bool)
        for number, line in enumerate(lines):
            part = slice(shift[number], shift[number] + len(line.ids))
            ids[number, part] = torch.tensor(line.ids)
            asked[number, part] = torch.tensor(line.asked)
            here[number, part] = 1
        ids = ids.to(self.device)
        vectors: Tensor = self.model.get_input_embeddings()(ids)
        if self.prefix is not None:
            slot = torch.zeros((len(lines), longest), dtype=torch.bool)
            for number, line in enumerate(lines):
                slot[number, [shift[number] + place for place, _ in line.slots]] = True
            slot = slot.to(self.device)
            rows = np.array([row for line in lines for _, row in line.slots])
            facts, levels = self.prefix(material, rows), self.prefix.levels(material, rows)
            vectors = vectors.index_put(
                slot.nonzero(as_tuple=True), facts.to(vectors.dtype), accumulate=True
            )
            # From its slot on to the next one, each post's tokens get its level.
            post = slot.flatten().cumsum(0).view_as(slot) - 1
            begun = slot.cumsum(1) > 0
            vectors = vectors + (levels[post] * begun[..., None]).to(vectors.dtype)
        return Inputs(vectors, ids, asked.to(self.device), here.to(self.device))

    def losses(self, inputs: Inputs) -> Tensor:
        """Compute the nats of each token to be predicted, row by row, shape (asked,), float32."""
        core = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        states = core.base_model(inputs_embeds=inputs.vectors).last_hidden_state
        wanted = states[:, :-1][inputs.asked[:, 1:]]
        tokens = inputs.ids[inputs.asked]
        parts = [
            nn.functional.cross_entropy(
                core.get_output_embeddings()(some).float(), those, reduction="none"
            )
            for some, those in zip(torch.split(wanted, 512), torch.split(tokens, 512), strict=True)
        ]
        return torch.cat(parts)

    def bits(self, material: Material, chains: Sequence[Chain]) -> Floats:
        """Compute the bits of each target's text and end; chains have one target each."""
        self.model.eval()
        found = np.zeros(len(chains))
        lines = [self.line(material, chain) for chain in chains]
        for batch in batches_of_like_length([len(line.ids) for line in lines], TOKENS_A_BATCH):
            inputs = self.embedded(material, [lines[place] for place in batch])
            with torch.inference_mode(), precision(self.device):
                loss = self.losses(inputs).double().cpu().numpy()
            owner = inputs.asked.nonzero()[:, 0].cpu().numpy()
            found[batch] = np.bincount(owner, loss, minlength=len(batch)) / math.log(2)
        return found

    def write(
        self, material: Material, chains: Sequence[Chain], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Written]]:
        """Write candidates for each chain's target."""
        self.model.eval()
        material = wanting(material, np.array([chain.rows[-1] for chain in chains]))
        found: list[list[Written]] = []
        together = max(1, TEXTS_A_BATCH // sampling.count)
        for start in range(0, len(chains), together):
            some = chains[start : start + together]
            generators = [
                torch.Generator().manual_seed(seed) for seed in seeds[start : start + together]
            ]
            lines = [self.line(material, chain, blank=True) for chain in some]
            with torch.inference_mode(), precision(self.device):
                inputs = self.embedded(material, lines, left=True)
                level = None
                if self.prefix is not None:
                    targets = np.array([chain.rows[-1] for chain in some])
                    level = sampling.emphasis * self.prefix.levels(material, targets)
                writer = CausalWriter(
                    self.model, inputs.vectors, inputs.here, level, sampling.count, sampling.longest
                )
                drawn = draw(writer.step, sampling, generators, self.end[-1])
            texts = [Written(self.tokenizer.decode(ids).rstrip(), bits) for ids, bits in drawn]
            found += [texts[k : k + sampling.count] for k in range(0, len(texts), sampling.count)]
        return found

    def fit(self, lesson: Lesson, plan: Plan = PLAN) -> Log:
        """Learn adapters and prefix vectors; the held-out rows say when to stop."""
        material, retriever, held = lesson.material, lesson.retriever, lesson.held
        self.adapt(material, seed=plan.seed)
        place = np.linspace(0, len(held) - 1, min(CHECKED, len(held))).round().astype(int)
        checked = held[place]
        checks = [retriever.chain(row, self.neighbours) for row in checked.tolist()]
        size = sum(len(material.texts[row].encode()) for row in checked.tolist())

        teacher, _ = two_judges(material, lesson.train)
        promised, known = read_off(teacher, material, lesson.train), material

        def batches(epoch: int) -> list[list[Line]]:
            nonlocal known
            random = np.random.default_rng([plan.seed, epoch])
            chains = retriever.training_chains(lesson.train, random, size=8, lead=5)
            bare = random.random(len(chains)) < BARE
            lines = [
                self.line(material, in_line(without_lead(chain) if cut else chain))
                for chain, cut in zip(chains, bare.tolist(), strict=True)
            ]
            known = told(material, promised, random)
            found = batches_of_like_length([len(line.ids) for line in lines], TOKENS_A_BATCH)
            return [[lines[row] for row in found[k]] for k in random.permutation(len(found))]

        def losses(batch: list[Line]) -> Iterator[Tensor]:
            with precision(self.device):
                values = self.losses(self.embedded(known, batch))
            yield values

        def check() -> float:
            return float(self.bits(material, checks).sum() / max(1, size))

        assert self.prefix is not None
        module = nn.ModuleDict({"model": self.model, "prefix": self.prefix})
        learning = Learning(module, batches, losses, check)
        log = learn(learning, plan, lesson.folder, progress=lesson.progress)
        self.trained = True
        return log

    def adapt(self, material: Material, *, seed: int = 0) -> None:
        """Add untrained adapters to every linear layer, and prefix vectors of zeros."""
        peft = import_peft()
        torch.manual_seed(seed)
        settings = peft.LoraConfig(
            r=16, lora_alpha=32, target_modules="all-linear",
            task_type="CAUSAL_LM",
        )  # fmt: skip
        with warnings.catch_warnings():
            # peft calls what transformers has deprecated.
            warnings.simplefilter("ignore", FutureWarning)
            self.model = peft.get_peft_model(self.model, settings)
        self.prefix = Prefix(
            material.vectors.shape[1], material.images.shape[1], material.clock.shape[1],
            self.model.config.hidden_size,
        ).to(self.device)  # fmt: skip

    def save(self, folder: Path) -> dict[str, Any]:
        """Write adapters and prefix vectors; the model's own weights stay where they are."""
        from safetensors.torch import save_file

        facts: dict[str, Any] = {"base": self.name, "neighbours": self.neighbours}
        if self.prefix is None:
            return facts
        self.model.save_pretrained(str(folder / "adapter"))
        # peft writes a model card whose fields are empty.
        (folder / "adapter" / "README.md").unlink(missing_ok=True)
        save_file(dict(self.prefix.state_dict()), str(folder / "prefix.safetensors"))
        sizes = {
            "company": self.prefix.company.in_features,
            "image": self.prefix.image.in_features,
            "clock": self.prefix.clock.in_features,
        }
        return facts | {"prefix": sizes, "weights": weights_hash(self.name)}

    @classmethod
    def load(cls, folder: Path, facts: dict[str, Any], *, device: str = "cpu") -> "CausalDecoder":
        """Read what `save` wrote.

        Raises
        ------
        WeightsError
            The model that was fine-tuned isn't here.
        FingerprintError
            It has other weights than when it was fine-tuned, or the prefix vectors are of
            another version of this decoder.
        """
        found = cls.pretrained(facts["base"], device=device)
        found.neighbours = facts["neighbours"]
        if "prefix" not in facts:
            return found
        if weights_hash(facts["base"]) != facts["weights"]:
            raise FingerprintError(
                f"{facts['base']} has other weights than when it was fine-tuned: fit it again"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            model = import_peft().PeftModel.from_pretrained(found.model, str(folder / "adapter"))
        found.model = model.merge_and_unload()
        found.prefix = Prefix(**facts["prefix"], width=found.model.config.hidden_size).to(device)
        read_weights(found.prefix, folder / "prefix.safetensors")
        found.trained = True
        return found
