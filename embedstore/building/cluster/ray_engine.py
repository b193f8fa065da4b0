"""The encode stage on Ray: shards go to workers on any number of nodes.

Ray Data hands each shard to a worker that has loaded the encoder once. A worker or node
that dies is replaced by Ray, and its shard is given to another. The store's folder must be
where every node sees it; nodes need embedstore and the encoder's weights.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedstore.building.cluster import shards
from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder
from embedstore.errors import EncoderError


class Cluster:
    """A Ray cluster, as the encode stage uses it."""

    def encode(self, todo: Sequence[Path], encoder: Encoder, *, device: str) -> Iterator[Path]:
        """Encode shards on all nodes.

        Parameters
        ----------
        todo : sequence of Path
            From `shards.write_todo`.
        encoder : Encoder
            What it is done with: workers load it by its name, weights and settings, and
            refuse if theirs has another fingerprint.
        device : str
            ``auto``, ``cpu`` or ``cuda``. With GPUs in the cluster and not ``cpu``, a
            worker has one; else one core.

        Yields
        ------
        Path
            The `todo` file of each shard as it is done, in any order.

        Raises
        ------
        EncoderError
            A worker can't load the encoder, or fails at a shard again and again.
        """
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        # Ray Data tells of each execution, whatever `ray.init` was asked.
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = DataContext.get_current()
        context.enable_progress_bars = False
        # A worker that can't load its encoder will not learn to.
        context.actor_init_retry_on_errors = False
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call,unused-ignore]
        gpus = int(resources.get("GPU", 0)) if device != "cpu" else 0
        workers = min(len(todo), gpus or int(resources.get("CPU", 1)))
        files = [{"todo": os.fspath(file.resolve())} for file in todo]
        dataset = ray.data.from_items(files, override_num_blocks=len(files)).map_batches(
            _Worker,
            batch_size=1,
            num_cpus=1,
            num_gpus=1 if gpus else None,
            compute=ActorPoolStrategy(
                min_size=1, max_size=workers, initial_size=workers, max_tasks_in_flight_per_actor=2
            ),
            fn_constructor_kwargs={
                "name": encoder.name,
                "weights": encoder.weights,
                "device": device,
                "settings": encoder.settings,
                "fingerprints": [output.fingerprint for output in encoder.outputs],
            },
        )
        try:
            for row in dataset.iter_rows():
                yield Path(row["todo"])
        except ray.exceptions.RayError as error:
            last = str(error).strip().splitlines()[-1]
            raise EncoderError(
                f"a Ray worker failed: {last}. Shards that were done are kept; mend this and run"
                " the same command again"
            ) from error


class _Worker:
    """One process that encodes shards."""

    def __init__(
        self,
        name: str,
        weights: str | None,
        device: str,
        settings: Mapping[str, Any],
        fingerprints: Sequence[str],
    ) -> None:
        self._encoder = load_encoder(name, weights, device=device, **settings)
        mine = [output.fingerprint for output in self._encoder.outputs]
        if mine != list(fingerprints):
            raise EncoderError(
                f"the weights of {name} on this node have fingerprint {mine[0][:8]}, those of the"
                f" build {fingerprints[0][:8]}: install the same weights on every node"
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        for file in batch["todo"]:
            shards.encode(Path(file), self._encoder)
        return batch


@contextmanager
def cluster(address: str | None) -> Iterator[Cluster]:
    """Join the cluster at `address`, or start one on this machine; leave it afterwards.

    Raises
    ------
    EncoderError
        Ray isn't installed, or there is no cluster at `address`.
    """
    try:
        import ray
    except ImportError as error:
        raise EncoderError(
            "the engine ray needs the package ray: pip install 'embedstore[ray]', or build with"
            " --engine local"
        ) from error
    # Whoever has joined a cluster already stays in it.
    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(
                address=address, log_to_driver=False, logging_level=logging.ERROR, **_own(address)
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EncoderError(
                f"there is no Ray cluster at {address}: {str(error).splitlines()[0]}. Start one"
                " with `ray start --head`, or leave out --address"
            ) from error
    try:
        yield Cluster()
    finally:
        if mine:
            ray.shutdown()


def _own(address: str | None) -> dict[str, Any]:
    return {} if address else {"include_dashboard": False}
