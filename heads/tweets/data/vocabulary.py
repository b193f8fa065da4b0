"""A byte-level vocabulary of the store's own words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PLACEHOLDERS = ("<hyperlink>", "<mention>")

SLOTS = ("company", "image", "write", "caption", "nothing", "end")
"""Special tokens; their ids are 0 to 5 in this order. The first three begin a post and get vectors
added, `caption` begins a caption, `nothing` is there to be looked at, `end` ends a post."""

COMPANY, IMAGE, WRITE, CAPTION, NOTHING, END = range(6)

FIRST_WORD = END
"""The least token that can be written."""

TOKENS = 4096


def learn(texts: Sequence[str], size: int = TOKENS) -> "Tokenizer":
    """Learn byte pairs from texts (Sennrich et al., 2016); placeholders are one token each."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(f"<|{name}|>", special=True) for name in SLOTS]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*special, *(AddedToken(word, special=True) for word in PLACEHOLDERS)],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
