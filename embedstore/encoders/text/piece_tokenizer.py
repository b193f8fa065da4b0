"""XLM-R's tokenizer, for the vocabulary that ships with `e5`.

SentencePiece cleans a text by NFKC, with a few characters treated otherwise, splits it at
spaces and cuts each word into the pieces that are likeliest together (Kudo, 2018,
"Subword Regularization").

The vocabulary has 250,000 pieces, and the tokenizer in Rust takes a second to take them in. A few
texts are therefore cut with those pieces alone that occur in them, which gives the same tokens:
no other piece could be part of any way to cut them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedstore.encoders.text.forward import is_few
from embedstore.encoders.weights.e5 import Pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Tokens:
    """The tokens of one text, as far as they are kept.

    Attributes
    ----------
    ids : list of int
        Their numbers, ``<s>`` and ``</s>`` included.
    """

    ids: list[int]

    def __len__(self) -> int:
        return len(self.ids)


class PieceTokenizer:
    """A tokenizer with the methods of `tokenizers.Tokenizer` that an encoder calls.

    Copies share the vocabulary, which takes 180 MB once it is in Rust.

    Parameters
    ----------
    pieces : Pieces
        The vocabulary.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._vocabulary = _Vocabulary(pieces)
        self._end = pieces.end
        self._limit: int | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Make a copy with a limit of its own; the vocabulary never changes and is shared."""
        other = type(self).__new__(type(self))
        other.__dict__ |= self.__dict__
        return other

    def enable_truncation(self, max_length: int) -> None:
        """Keep so many tokens of a text, ``</s>`` the last of them."""
        self._limit = max_length

    def num_special_tokens_to_add(self, is_pair: bool) -> int:
        """Count the tokens that are put around every text."""
        return self._vocabulary.around.num_special_tokens_to_add(is_pair)

    def cleaned(self, text: str) -> str:
        """Clean a text as is done before it is split."""
        return str(self._vocabulary.normalizer.normalize_str(text))

    @property
    def model(self) -> Any:
        """The model of the tokenizer in Rust."""
        return self._vocabulary.whole.model

    def token_to_id(self, token: str) -> int | None:
        """Return the number of a piece."""
        number: int | None = self._vocabulary.whole.token_to_id(token)
        return number

    def encode_batch(self, texts: Sequence[str]) -> list[Any]:
        """Tokenize texts in full, with the place of each token in its text."""
        encodings: list[Any] = self._vocabulary.whole.encode_batch(texts)
        return encodings

    def encode_batch_fast(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenize texts, and truncate those that are too long."""
        if is_few(len(texts)):
            return [self._kept(ids) for ids in self._vocabulary.ids_of_few(texts)]
        encodings = self._vocabulary.whole.encode_batch_fast(texts)
        return [self._kept(encoding.ids) for encoding in encodings]

    def _kept(self, ids: list[int]) -> Tokens:
        if self._limit is not None and len(ids) > self._limit:
            return Tokens([*ids[: self._limit - 1], self._end])
        return Tokens(ids)


class _Vocabulary:
    """The pieces, and what is made of them when it is first needed."""

    def __init__(self, pieces: Pieces) -> None:
        from tokenizers import pre_tokenizers, processors

        self._pieces = pieces
        self._split = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
        )
        self.normalizer = _normalizer(pieces.replaced)
        self.around = processors.TemplateProcessing(
            single="<s> $A </s>",
            special_tokens=[("<s>", pieces.start), ("</s>", pieces.end)],
        )

    @cached_property
    def whole(self) -> "Tokenizer":
        """The tokenizer with all pieces."""
        tokenizer = self._tokenizer(self._pieces.scores, self._pieces.unknown)
        tokenizer.post_processor = self.around
        return tokenizer

    def ids_of_few(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize texts with the pieces that occur in them, special tokens included."""
        pieces = self._pieces
        words = {
            word
            for text in texts
            for word, _ in self._split.pre_tokenize_str(self.normalizer.normalize_str(text))
        }
        # The score of an unknown character is reckoned from the least likely piece.
        least = int(pieces.log_probabilities.argmin())
        numbers = np.array(sorted({pieces.unknown, least, *pieces.found_in(words)}))
        scores = [pieces.scored(number) for number in numbers.tolist()]
        unknown = int(np.searchsorted(numbers, pieces.unknown))
        encodings = self._tokenizer(scores, unknown).encode_batch_fast(texts)
        return [
            [pieces.start, *numbers[encoding.ids].tolist(), pieces.end]
            if encoding.ids
            else [pieces.start, pieces.end]
            for encoding in encodings
        ]

    def _tokenizer(self, scores: Sequence[tuple[str, float]], unknown: int) -> "Tokenizer":
        from tokenizers import Tokenizer, models

        tokenizer = Tokenizer(models.Unigram(scores, unk_id=unknown))
        tokenizer.normalizer = self.normalizer
        tokenizer.pre_tokenizer = self._split
        return tokenizer


def _normalizer(replaced: Mapping[str, str]) -> Any:
    """Make the cleaning of texts that the table `replaced` describes for single characters.

    All its entries but a few follow NFKC, which composes accents that stand after their letter
    as well, as SentencePiece does.
    """
    from unicodedata import normalize

    from tokenizers import Regex, normalizers

    own = {a: b for a, b in replaced.items() if normalize("NFKC", a) != b}
    steps: list[Any] = [
        # NFKC would make a plain tilde of it, but East Asian posts are full of it, and it has a
        # piece of its own. The other character is for private use and in no text.
        normalizers.Replace("～", "\ue000"),
        normalizers.NFKC(),
        normalizers.Replace("\ue000", "～"),
    ]
    for result in sorted(set(own.values())):
        characters = "".join(f"\\x{{{ord(a):x}}}" for a, b in own.items() if b == result)
        steps.append(normalizers.Replace(Regex(f"[{characters}]"), result))
    return normalizers.Sequence(steps)
