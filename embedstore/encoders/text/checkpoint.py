"""Names and sizes of the tensors of BERT and DistilBERT, whichever library computes with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from embedstore.errors import WeightsError

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
TOKEN_TYPES = "embeddings.token_type_embeddings.weight"  # noqa: S105

_EPSILON = 1e-12


@dataclass(frozen=True)
class TensorNames:
    """Names of a model family's tensors."""

    embeddings_norm: str
    layer: str
    qkv: tuple[str, str, str]
    attention_out: str
    attention_norm: str
    up: str
    down: str
    out_norm: str


_NAMES = {
    "bert": TensorNames(
        embeddings_norm="embeddings.LayerNorm",
        layer="encoder.layer.",
        qkv=("attention.self.query", "attention.self.key", "attention.self.value"),
        attention_out="attention.output.dense",
        attention_norm="attention.output.LayerNorm",
        up="intermediate.dense",
        down="output.dense",
        out_norm="output.LayerNorm",
    ),
    "distilbert": TensorNames(
        embeddings_norm="embeddings.LayerNorm",
        layer="transformer.layer.",
        qkv=("attention.q_lin", "attention.k_lin", "attention.v_lin"),
        attention_out="attention.out_lin",
        attention_norm="sa_layer_norm",
        up="ffn.lin1",
        down="ffn.lin2",
        out_norm="output_layer_norm",
    ),
}


@dataclass(frozen=True)
class Architecture:
    """Sizes of a BERT or DistilBERT.

    Attributes
    ----------
    dim : int
        Width of its hidden states, and of its vectors.
    heads : int
        Attention heads, which share the width evenly.
    layers : int
        Transformer layers.
    epsilon : float
        Added to the variance in layer norms.
    names : TensorNames
        Names of its tensors.
    """

    dim: int
    heads: int
    layers: int
    epsilon: float
    names: TensorNames

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Architecture":
        """Read the sizes from a ``config.json`` whose ``model_type`` is one of the two."""
        distil = config["model_type"] == "distilbert"
        return cls(
            dim=config["dim" if distil else "hidden_size"],
            heads=config["n_heads" if distil else "num_attention_heads"],
            layers=config["n_layers" if distil else "num_hidden_layers"],
            epsilon=_EPSILON if distil else config.get("layer_norm_eps", _EPSILON),
            names=_NAMES[config["model_type"]],
        )

    def check(self, present: Collection[str]) -> None:
        """Check that no tensor is missing.

        Raises
        ------
        WeightsError
            One is missing.
        """
        names = self.names
        linear = (*names.qkv, names.attention_out, names.up, names.down)
        norms = (names.attention_norm, names.out_norm)
        wanted = [WORDS, POSITIONS]
        wanted += [f"{names.embeddings_norm}.weight", f"{names.embeddings_norm}.bias"]
        for number in range(self.layers):
            for part in (*linear, *norms):
                base = f"{names.layer}{number}.{part}"
                wanted += [f"{base}.weight", f"{base}.bias"]
        for name in wanted:
            if name not in present:
                raise missing(name)


def missing(name: str) -> WeightsError:
    """Make the error for a tensor that isn't there."""
    return WeightsError(
        f"the weights lack the tensor {name!r}, which config.json calls for:"
        " the folder is no complete BERT or DistilBERT"
    )


def bare_name(name: str) -> str:
    """Remove a task head's prefix, and the old names of layer norms from a tensor's name."""
    # Checkpoints of 2019 call a layer norm's weight and bias gamma and beta.
    name = name.removeprefix("bert.").removeprefix("distilbert.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )
