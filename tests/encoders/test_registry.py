import subprocess
import sys
from importlib import import_module

import pytest

from embedstore.encoders import FACTORIES, load_encoder
from embedstore.errors import EncoderError


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="no encoder is called 'bert': choose one of minilm, "):
        load_encoder("bert")


@pytest.mark.parametrize("factory", FACTORIES.values())
def test_every_factory_is_there(factory: str) -> None:
    module, function = factory.split(":")
    assert callable(getattr(import_module(module), function))


def test_neither_the_package_nor_a_factory_imports_torch() -> None:
    code = (
        "import sys, embedstore.encoders\n"
        "import embedstore.encoders.text.encoder, embedstore.encoders.text.recipe\n"
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
