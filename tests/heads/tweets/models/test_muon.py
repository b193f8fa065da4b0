"""Muon beside torch's own."""

import torch
from torch import nn

from heads.tweets.models.muon import Muon, orthogonal


def test_an_orthogonal_matrix_turns_without_stretching_much() -> None:
    torch.manual_seed(0)
    for shape in ((96, 32), (32, 96)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_muon_moves_as_torch_does_in_its_own_precision() -> None:
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(32, 16)) for _ in range(2))
    one = Muon([ours], lr=0.02, weight_decay=0.05)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    for _ in range(5):
        ours.grad = torch.randn(32, 16)
        theirs.grad = ours.grad.clone()
        one.step()
        other.step()
    assert torch.allclose(ours, theirs, atol=2e-3)
    assert not torch.allclose(ours, torch.ones(32, 16), atol=2e-2)
