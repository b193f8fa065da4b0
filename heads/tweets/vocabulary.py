"""A byte-level vocabulary of the store's own words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from heads.tweets.network import SLOTS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PLACEHOLDERS = ("<hyperlink>", "<mention>")

END = len(SLOTS)
"""Token after the last word."""

TOKENS = 4096


def learn(texts: Sequence[str], size: int = TOKENS) -> "Tokenizer":
    """Byte pairs learned from texts (Sennrich et al., 2016); placeholders are one token each."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(f"<|{name}|>", special=True) for name in (*SLOTS, "end")]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*special, *(AddedToken(word, special=True) for word in PLACEHOLDERS)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
