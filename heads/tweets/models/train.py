"""One training loop for every decoder: resumable, with early stopping on the latest posts."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from embedstore.progress import Progress, Step, silent
from heads.tweets.models.memory import give_back
from heads.tweets.models.muon import Muon

Batch = TypeVar("Batch")

CHECKPOINT_SECONDS = 60.0
"""Seconds between checkpoints."""

GIVE_BACK_STEPS = 8
"""Steps between two times that free memory is given back."""


@dataclass(frozen=True)
class Plan:
    """Length and learning rates of a training.

    Attributes
    ----------
    epochs : int
        Passes over the posts, at most.
    minutes : float, optional
        Stop by then, with the learning rate already at its end.
    rate : float
        Highest learning rate of AdamW.
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
        Seed of everything drawn.
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
    """A decoder as the training loop sees it.

    Attributes
    ----------
    module : Module
        Its parameters with `requires_grad` are learned.
    batches : callable
        Returns the batches of an epoch; the same ones for the same number.
    losses : callable
        Yields the nats of a batch's predicted tokens, some of them at a time: the graph of one
        part is freed before the next is computed.
    check : callable
        Returns the bits per byte of the held-out slice.
    """

    module: nn.Module
    batches: Callable[[int], Sequence[Batch]]
    losses: Callable[[Batch], Iterator[Tensor]]
    check: Callable[[], float]


@dataclass
class Log:
    """Course of a training, and where it stands.

    Attributes
    ----------
    epoch, step, done : int
        Number of the epoch from 0, steps in it, steps in all.
    seconds, cpu_seconds : float
        Spent so far, also before an interruption.
    tokens : int
        Predicted tokens so far.
    best : float
        Bits per byte of the best weights on the held-out slice.
    worse : int
        Checks since the best one.
    checked : int
        Checks that were due so far.
    finished : bool
        True once the training has ended.
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
    """Train and return to the best weights; an interrupted training is taken up again.

    Parameters
    ----------
    learning : Learning
        The decoder's part.
    plan : Plan
        Length and learning rates.
    folder : Path
        Holds checkpoints; one that is there is taken up.
    progress : callable
        Told of every step.
    """
    return _Training(learning, plan, folder, progress).run()


class _Training(Generic[Batch]):
    """One training with its optimizers, its log and its clock."""

    def __init__(
        self, learning: Learning[Batch], plan: Plan, folder: Path, progress: Progress
    ) -> None:
        self.learning, self.plan, self.folder, self.progress = learning, plan, folder, progress
        module = learning.module
        named = module.named_parameters()
        self.weights = {name: weight for name, weight in named if weight.requires_grad}
        self.optimizers = _optimizers(self.weights, plan)
        self.log = _resume(folder, self.weights, self.optimizers)
        self.started = time.perf_counter() - self.log.seconds
        self.cpu_started = time.process_time() - self.log.cpu_seconds
        self.saved = time.perf_counter()
        self.recent: list[float] = []

    def run(self) -> Log:
        """Train epoch by epoch until the plan ends or the held-out slice gets no better."""
        log = self.log
        while not log.finished and log.epoch < self.plan.epochs:
            stopped = self._epoch(self.learning.batches(log.epoch))
            log.epoch, log.step = log.epoch + 1, 0
            if stopped:
                break
        if not log.finished:
            self._check()
            log.finished = True
            self._tick()
            self._save()
        _put(self.weights, _read(self.folder / "best.safetensors"))
        self.learning.module.eval()
        return log

    def _epoch(self, batches: Sequence[Batch]) -> bool:
        """Run the rest of an epoch; returns whether the training ends within it."""
        log, plan = self.log, self.plan
        while log.step < len(batches):
            share = (log.epoch + log.step / len(batches)) / plan.epochs
            if plan.minutes is not None:
                share = max(share, (time.perf_counter() - self.started) / (60 * plan.minutes))
            if share >= 1:
                break
            self._step(batches[log.step], share)
            self.progress(Step("train", share * 100, 100, "%", ""))
            due = int(share * plan.checks) > log.checked
            if due:
                log.checked = int(share * plan.checks)
                self._report_check()
                if log.worse >= plan.patience:
                    break
            if due or time.perf_counter() - self.saved > CHECKPOINT_SECONDS:
                self._save()
        return log.step < len(batches)

    def _step(self, batch: Batch, share: float) -> None:
        """Take one step of the optimizers; `share` of the training has passed."""
        log, plan = self.log, self.plan
        _set_rates(self.optimizers, min(1, (log.done + 1) / plan.warmup), share)
        # Seeded at each step, so that a resumed training is the same training.
        torch.manual_seed(plan.seed * 1_000_003 + log.done)
        self.learning.module.train()
        total, count = 0.0, 0
        for nats in self.learning.losses(batch):
            torch.autograd.backward(nats.sum())
            total, count = total + float(nats.detach().sum()), count + len(nats)
        for weight in self.weights.values():
            if weight.grad is not None:
                weight.grad.div_(max(1, count))
        nn.utils.clip_grad_norm_(self.weights.values(), plan.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if log.done % GIVE_BACK_STEPS == 0:
            give_back()
        self.recent.append(total / max(1, count))
        log.step, log.done, log.tokens = log.step + 1, log.done + 1, log.tokens + count
        self._tick()

    def _tick(self) -> None:
        """Bring the times of the log up to now."""
        self.log.seconds = time.perf_counter() - self.started
        self.log.cpu_seconds = time.process_time() - self.cpu_started

    def _report_check(self) -> None:
        """Score the held-out slice and say how the training goes."""
        log, latest = self.log, self.recent[-50:]
        note = (
            f"epoch {log.epoch + 1}, loss {sum(latest) / len(latest):.3f},"
            f" {log.tokens / max(log.seconds, 1e-9):,.0f} tokens/s"
        )
        self._check()
        found = log.history[-1]["held_out"]
        self.progress(Step("train", note=f"{note}, held out {found:.4f} bits a byte"))

    def _check(self) -> None:
        """Score the held-out slice; the weights are saved if none were better."""
        log = self.log
        self.learning.module.eval()
        with torch.no_grad():
            found = self.learning.check()
        give_back()
        log.history.append(
            {
                "step": log.done,
                "epoch": log.epoch + 1,
                "loss": sum(self.recent) / max(1, len(self.recent)),
                "held_out": found,
                "seconds": log.seconds,
            }
        )
        self.recent.clear()
        if found < log.best:
            log.best, log.worse = found, 0
            best = {name: weight.detach() for name, weight in self.weights.items()}
            _write(best, self.folder / "best.safetensors")
        else:
            log.worse += 1

    def _save(self) -> None:
        """Write a checkpoint: weights, optimizers and log in one file, by an atomic rename."""
        tensors = {f"weight.{name}": weight.detach() for name, weight in self.weights.items()}
        for number, optimizer in enumerate(self.optimizers):
            for place, state in optimizer.state_dict()["state"].items():
                for name, value in state.items():
                    tensors[f"state.{number}.{place}.{name}"] = torch.as_tensor(value)
        _write(tensors, self.folder / "last.safetensors", json.dumps(vars(self.log)))
        self.saved = time.perf_counter()


def _optimizers(wanted: dict[str, nn.Parameter], plan: Plan) -> list[torch.optim.Optimizer]:
    """Make the optimizers: Muon for hidden matrices where the plan has it, AdamW for the rest."""
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
    """Set the learning rates: up in the warm-up, then along a half cosine to a hundredth."""
    down = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * warm * down


def _resume(
    folder: Path, wanted: dict[str, nn.Parameter], optimizers: list[torch.optim.Optimizer]
) -> Log:
    """Read the last checkpoint into weights and optimizers; returns its log, or a new one."""
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
    """Copy values into the weights of the same names."""
    with torch.no_grad():
        for name, weight in wanted.items():
            weight.copy_(values[name])


def _write(tensors: dict[str, Tensor], file: Path, log: str = "{}") -> None:
    """Write tensors beside the file and rename them into place."""
    from safetensors.torch import save_file

    beside = file.with_name(f"{file.name}.new")
    # The format refuses tensors that share memory: each is copied.
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, str(beside),
              metadata={"log": log})  # fmt: skip
    beside.replace(file)


def _read(file: Path) -> dict[str, Tensor]:
    """Read the tensors of a file."""
    from safetensors.torch import load_file

    return dict(load_file(str(file)))
