"""One training loop for every decoder: resumable, with early stopping on the latest posts."""

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from embedstore.progress import Progress, Step, silent
from heads.tweets.models.muon import Muon

Batch = TypeVar("Batch")

KEEP_EVERY = 60.0
"""Seconds between checkpoints."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    Attributes
    ----------
    epochs : int
        Passes over the posts, at most.
    minutes : float, optional
        Stop by then, with the learning rate already at its end.
    rate : float
        Highest learning rate of vectors; that of matrices is `matrix_rate`.
    matrix_rate : float, optional
        Learning rate of hidden matrices under Muon; without it AdamW learns everything.
    warmup : int
        Steps in which the rate rises.
    checks : int
        Times that the held-out slice is scored.
    patience : int
        Checks without a better score before it ends.
    decay : float
        Weight decay.
    clip : float
        Largest norm of the gradient.
    seed : int
        Of everything drawn.
    """

    epochs: int
    minutes: float | None = None
    rate: float = 2e-3
    matrix_rate: float | None = None
    warmup: int = 100
    checks: int = 10
    patience: int = 3
    decay: float = 0.05
    clip: float = 1.0
    seed: int = 0


@dataclass
class Learning(Generic[Batch]):
    """What the loop needs from a decoder.

    Attributes
    ----------
    module : Module
        Its parameters with `requires_grad` are learned.
    batches : callable
        The batches of an epoch, by its number; the same ones for the same number.
    loss : callable
        Sum of natural bits over a batch's labels, and how many labels there are.
    check : callable
        Bits per byte of the held-out slice.
    """

    module: nn.Module
    batches: Callable[[int], Sequence[Batch]]
    loss: Callable[[Batch], tuple[Tensor, int]]
    check: Callable[[], float]


@dataclass
class Log:
    """What happened, and where it stands.

    Attributes
    ----------
    epoch, step, done : int
        Epoch, steps in it, steps in all.
    seconds, cpu_seconds : float
        Spent so far, also before an interruption.
    tokens : int
        Labels learned from.
    best : float
        Bits per byte of the kept weights on the held-out slice.
    history : list
        A row for each check: step, epoch, loss, held_out, seconds.
    """

    epoch: int = 0
    step: int = 0
    done: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    tokens: int = 0
    best: float = math.inf
    worse: int = 0
    checked: int = 0
    finished: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


def learn(
    learning: Learning[Batch], plan: Plan, folder: Path, *, progress: Progress = silent
) -> Log:
    """Train, keeping the best weights; goes on where an interrupted training stopped.

    Parameters
    ----------
    learning : Learning
        The decoder's part.
    plan : Plan
        How long and how fast.
    folder : Path
        Holds checkpoints; one that is there is taken up.
    progress : callable
        Told of every step.
    """
    module = learning.module
    wanted = {name: weight for name, weight in module.named_parameters() if weight.requires_grad}
    optimizers = _optimizers(wanted, plan)
    log = _resume(folder, wanted, optimizers)
    started, cpu = time.perf_counter() - log.seconds, time.process_time() - log.cpu_seconds
    kept = time.perf_counter()
    recent: list[float] = []
    while not log.finished and log.epoch < plan.epochs:
        batches = learning.batches(log.epoch)
        while log.step < len(batches):
            share = (log.epoch + log.step / len(batches)) / plan.epochs
            if plan.minutes is not None:
                share = max(share, (time.perf_counter() - started) / (60 * plan.minutes))
            if share >= 1:
                break
            _set_rates(optimizers, min(1, (log.done + 1) / plan.warmup), share)
            # Seeded at each step, so that a resumed training is the same training.
            torch.manual_seed(plan.seed * 1_000_003 + log.done)
            module.train()
            total, count = learning.loss(batches[log.step])
            torch.autograd.backward(total / max(1, count))
            nn.utils.clip_grad_norm_(wanted.values(), plan.clip)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            recent.append(float(total.detach()) / max(1, count))
            log.step, log.done, log.tokens = log.step + 1, log.done + 1, log.tokens + count
            log.seconds = time.perf_counter() - started
            log.cpu_seconds = time.process_time() - cpu
            note = (
                f"epoch {log.epoch + 1}, loss {sum(recent[-50:]) / len(recent[-50:]):.3f},"
                f" {log.tokens / max(log.seconds, 1e-9):,.0f} tokens/s"
            )
            progress(Step("train", share * 100, 100, "%", ""))
            due = int(share * plan.checks) > log.checked
            if due:
                log.checked = int(share * plan.checks)
                _check(learning, folder, wanted, log, recent)
                _say(progress, f"{note}, held out {log.history[-1]['held_out']:.4f} bits a byte")
                if log.worse >= plan.patience:
                    break
            if time.perf_counter() - kept > KEEP_EVERY or due:
                _keep(folder, wanted, optimizers, log)
                kept = time.perf_counter()
        stopped = log.step < len(batches)
        log.epoch, log.step = log.epoch + 1, 0
        if stopped:
            break
    if not log.finished:
        _check(learning, folder, wanted, log, recent)
        log.finished = True
        log.seconds = time.perf_counter() - started
        log.cpu_seconds = time.process_time() - cpu
        _keep(folder, wanted, optimizers, log)
    _put(wanted, _read(folder / "best.safetensors"))
    module.eval()
    return log


def _say(progress: Progress, note: str) -> None:
    progress(Step("train", note=note))


def _check(
    learning: Learning[Any], folder: Path, wanted: dict[str, nn.Parameter], log: Log,
    recent: list[float],
) -> None:  # fmt: skip
    learning.module.eval()
    with torch.no_grad():
        found = learning.check()
    log.history.append(
        {
            "step": log.done,
            "epoch": log.epoch + 1,
            "loss": sum(recent) / max(1, len(recent)),
            "held_out": found,
            "seconds": log.seconds,
        }
    )
    recent.clear()
    if found < log.best:
        log.best, log.worse = found, 0
        _write({name: weight.detach() for name, weight in wanted.items()},
               folder / "best.safetensors")  # fmt: skip
    else:
        log.worse += 1


def _optimizers(wanted: dict[str, nn.Parameter], plan: Plan) -> list[torch.optim.Optimizer]:
    """Muon for hidden matrices where asked for, AdamW for the rest."""
    matrices, others, plain = [], [], []
    for name, weight in wanted.items():
        hidden = name.startswith(("lower.", "upper."))
        if plan.matrix_rate is not None and hidden and weight.ndim == 2:
            matrices.append(weight)
        elif weight.ndim >= 2:
            others.append(weight)
        else:
            plain.append(weight)
    groups = [
        {"params": others, "weight_decay": plan.decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW([g for g in groups if g["params"]], lr=plan.rate, betas=(0.9, 0.98))
    ]
    if matrices and plan.matrix_rate is not None:
        muon = Muon(matrices, lr=plan.matrix_rate, weight_decay=plan.decay)
        found.append(muon)
    for optimizer in found:
        for group in optimizer.param_groups:
            group["top"] = group["lr"]
    return found


def _set_rates(optimizers: Iterable[torch.optim.Optimizer], warm: float, share: float) -> None:
    """Up in the warm-up, then down to a hundredth along a half cosine."""
    down = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * warm * down


def _keep(
    folder: Path, wanted: dict[str, nn.Parameter], optimizers: list[torch.optim.Optimizer], log: Log
) -> None:
    """Write a checkpoint: weights, optimizers and log in one file, whole at any moment."""
    tensors = {f"weight.{name}": weight.detach() for name, weight in wanted.items()}
    for number, optimizer in enumerate(optimizers):
        for place, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                tensors[f"state.{number}.{place}.{name}"] = torch.as_tensor(value)
    _write(tensors, folder / "last.safetensors", json.dumps(vars(log)))


def _resume(
    folder: Path, wanted: dict[str, nn.Parameter], optimizers: list[torch.optim.Optimizer]
) -> Log:
    from safetensors import safe_open

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "last.safetensors"
    if not file.is_file():
        return Log()
    with safe_open(str(file), framework="pt") as opened:
        log = Log(**json.loads(opened.metadata()["log"]))
    tensors = _read(file)
    _put(wanted, {n[7:]: value for n, value in tensors.items() if n.startswith("weight.")})
    for number, optimizer in enumerate(optimizers):
        whole = optimizer.state_dict()
        for name, value in tensors.items():
            kind, *rest = name.split(".")
            if kind == "state" and int(rest[0]) == number:
                whole["state"].setdefault(int(rest[1]), {})[rest[2]] = value
        optimizer.load_state_dict(whole)
    return log


def _put(wanted: dict[str, nn.Parameter], values: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, weight in wanted.items():
            weight.copy_(values[name])


def _write(tensors: dict[str, Tensor], file: Path, log: str = "{}") -> None:
    from safetensors.torch import save_file

    beside = file.with_name(f"{file.name}.new")
    # Shared storage is refused by the format, and so copied.
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, str(beside),
              metadata={"log": log})  # fmt: skip
    beside.replace(file)


def _read(file: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return dict(load_file(str(file)))
