"""What `info` counts."""

import embedstore
from embedstore.maintenance.info import info


def test_info_counts_sources_spaces_failures_and_sizes(store: embedstore.Store) -> None:
    found = info(store)
    [source] = found.sources.to_pylist()
    assert (source["source"], source["posts"], source["accounts"], source["with_likes"]) == (
        "posts",
        4,
        2,
        4,
    )
    [space] = found.spaces.to_pylist()
    assert (space["space"], space["vectors"]) == ("words", 3)
    [failure] = found.failures.to_pylist()
    assert (failure["stage"], failure["failures"]) == ("read", 1)
    assert found.contents == {"text": 3}
    assert found.sizes["store.duckdb"] > 0
