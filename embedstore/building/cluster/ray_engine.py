"""Encode shards on Ray, on any number of nodes.

Ray Data gives each shard to a worker process that has loaded the encoder once. Ray replaces a
worker or node that dies, and gives its shard to another. Every node needs access to the store's
directory, embedstore, and the encoder's weights.
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
    """A Ray cluster that this process has joined."""

    def encode(self, todo: Sequence[Path], encoder: Encoder, *, device: str) -> Iterator[Path]:
        """Encode shards on all nodes.

        Parameters
        ----------
        todo : sequence of Path
            Files of the shards, from `shards.write_todo`.
        encoder : Encoder
            Workers load an encoder of the same name, weights and settings, and compare its
            fingerprints.
        device : {"auto", "cpu", "cuda"}
            A worker has one GPU if the cluster has any and the device is not ``cpu``; else
            it has one core.

        Yields
        ------
        Path
            The `todo` file of each shard once it is encoded, in any order.

        Raises
        ------
        EncoderError
            A worker can't load the encoder, or failed repeatedly at a shard.
        """
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        # Ray Data logs each execution, whatever level `ray.init` was given.
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = DataContext.get_current()
        context.enable_progress_bars = False
        # A worker that can't load its encoder fails again when it is restarted.
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
    """A worker process: loads the encoder once, and encodes shards."""

    def __init__(
        self,
        name: str,
        weights: str | None,
        device: str,
        settings: Mapping[str, Any],
        fingerprints: Sequence[str],
    ) -> None:
        self._encoder = load_encoder(name, weights, device=device, **settings)
        loaded = [output.fingerprint for output in self._encoder.outputs]
        if loaded != list(fingerprints):
            raise EncoderError(
                f"the weights of {name} on this node have fingerprint {loaded[0][:8]}, those of the"
                f" build {fingerprints[0][:8]}: install the same weights on every node"
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        for file in batch["todo"]:
            shards.encode(Path(file), self._encoder)
        return batch


@contextmanager
def cluster(address: str | None) -> Iterator[Cluster]:
    """Join the cluster at an address, or start one on this machine; leave it after the block.

    Parameters
    ----------
    address : str, optional
        Address of a cluster; None starts one on this machine.

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
    # A process that has joined a cluster already stays in it.
    joining = not ray.is_initialized()
    if joining:
        # Ray refuses options of a new cluster together with an address.
        options = {} if address else {"include_dashboard": False}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EncoderError(
                f"there is no Ray cluster at {address}: {str(error).splitlines()[0]}. Start one"
                " with `ray start --head`, or leave out --address"
            ) from error
    try:
        yield Cluster()
    finally:
        if joining:
            ray.shutdown()
