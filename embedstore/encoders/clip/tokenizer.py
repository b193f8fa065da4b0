"""CLIP's tokenizer in Rust, with token ids equal to open_clip's.

open_clip's own tokenizer is pure Python. Here `tokenizers`, built from open_clip's
vocabulary and merges, splits texts into words and merges byte pairs. open_clip's own
function still cleans the texts.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from embedstore.encoders.readability import Readability, judge

if TYPE_CHECKING:
    from open_clip.tokenizer import SimpleTokenizer

_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_SPECIAL = "_of_text>"


class ClipTokenizer:
    """Fast replacement of an open_clip tokenizer.

    Parameters
    ----------
    original : open_clip.tokenizer.SimpleTokenizer
        The tokenizer whose ids it reproduces.
    """

    def __init__(self, original: "SimpleTokenizer") -> None:
        from open_clip.tokenizer import get_clean_fn
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers

        self._original = original
        self._lowers = original.clean_fn is get_clean_fn("lower")
        self._split = pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True)
        self._rust = Tokenizer(
            models.BPE(
                vocab=original.encoder,
                merges=list(original.bpe_ranks),
                end_of_word_suffix="</w>",
            )
        )
        self._rust.pre_tokenizer = pre_tokenizers.Sequence(
            [self._split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        self._agreed: set[str] = set()

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize texts, start and end tokens included, without truncation."""
        cleaned = [self._clean(text) for text in texts]
        words = [
            encoding.ids
            for encoding in self._rust.encode_batch_fast(cleaned, add_special_tokens=False)
        ]
        for index, text in enumerate(cleaned):
            if not self._splits_alike(text):
                words[index] = self._original.encode(texts[index])
        start, end = self._original.sot_token_id, self._original.eot_token_id
        return [[start, *ids, end] for ids in words]

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that are mostly spelled byte by byte; none are unknown."""
        cleaned = [self._clean(text) for text in texts]
        return judge(cleaned, self._rust.encode_batch(cleaned), None)

    def _clean(self, text: str) -> str:
        """Clean a text as open_clip does."""
        # The slow repair of encodings and entities leaves printable ASCII as it is.
        if self._lowers and text.isascii() and text.isprintable() and "&" not in text:
            return " ".join(text.split()).lower()
        cleaned: str = self._original.clean_fn(text)
        return cleaned

    def _splits_alike(self, text: str) -> bool:
        """Tell if Rust splits a cleaned text into the same words as open_clip.

        It may not if the text spells out a special token, or if a character is newer than
        one of the two Unicode tables; each new character is tried once.
        """
        if _SPECIAL in text.lower():
            return False
        if not self._agreed.issuperset(text):
            self._agreed.update(filter(self._agrees_on, set(text) - self._agreed))
            return self._agreed.issuperset(text)
        return True

    def _agrees_on(self, character: str) -> bool:
        """Tell if both tokenizers put a character in the same class."""
        # Letters, digits, spaces and all others each split this text differently.
        probe = f"a{character}!a'{character}a"
        words: list[str] = self._original.pat.findall(probe)
        return [word for word, _ in self._split.pre_tokenize_str(probe)] == words
