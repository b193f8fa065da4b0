"""Drawing tokens for many texts at once."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from heads.tweets.models.decoder import Sampling

Next = Callable[[Tensor | None, Tensor | None], Tensor]
"""Takes the tokens drawn last (None at first) and the texts that go on (None for all), and gives
the next tokens' log-probabilities, shape (texts, vocabulary)."""


def draw(
    logits: Next, sampling: Sampling, generators: list[torch.Generator], end: int
) -> list[tuple[list[int], float]]:
    """Draw texts; returns each one's token ids without the end, and the bits with it.

    A text that has not ended after `sampling.longest` tokens gives none.

    Parameters
    ----------
    logits : callable
        The decoder.
    sampling : Sampling
        Settings of the drawing; a temperature of 0 takes the likeliest token.
    generators : list
        One for each group of `sampling.count` texts, so that a text depends on its own seed.
    end : int
        Token after which a text is ready.
    """
    texts = len(generators) * sampling.count
    drawn: list[list[int]] = [[] for _ in range(texts)]
    bits = torch.zeros(texts)
    ready = torch.zeros(texts, dtype=torch.bool)
    here = torch.arange(texts)
    last: Tensor | None = None
    going: Tensor | None = None
    for _ in range(sampling.longest):
        score = logits(last, going).float().cpu()
        uniform = torch.cat(
            [torch.rand(sampling.count, generator=generator) for generator in generators]
        )
        if sampling.temperature <= 0:
            last = score.argmax(-1)
        else:
            share = (score / sampling.temperature).softmax(-1)
            last = _nucleus(share, sampling.top_p, uniform[here])
        spent = -score.log_softmax(-1).gather(-1, last[:, None])[:, 0] / math.log(2)
        bits[here] += torch.where(ready[here], 0, spent)
        ready[here] |= last == end
        for place, text in enumerate(here.tolist()):
            if not ready[text]:
                drawn[text].append(int(last[place]))
        if bool(ready.all()):
            break
        # Finished texts are dropped once they are a fifth of all: dropping copies the KV cache.
        going = None
        unfinished = (~ready[here]).nonzero()[:, 0]
        if len(unfinished) <= 0.8 * len(here):
            going, here, last = unfinished, here[unfinished], last[unfinished]
    for text in (~ready).nonzero()[:, 0].tolist():
        drawn[text] = []
    return list(zip(drawn, bits.tolist(), strict=True))


def _nucleus(share: Tensor, top_p: float, uniform: Tensor) -> Tensor:
    """Draw a token for each text from the smallest set that holds `top_p` of the probability."""
    ordered, token = share.topk(min(512, share.shape[-1]), dim=-1)
    total = ordered.cumsum(-1)
    ordered = ordered.masked_fill(total - ordered >= top_p, 0)
    total = ordered.cumsum(-1)
    place = (total < (uniform * total[:, -1])[:, None]).sum(-1, keepdim=True)
    return token.gather(-1, place.clamp(max=token.shape[-1] - 1))[:, 0]
