"""The soak, for some seconds: `python -m benchmarks.soak` runs it for half an hour."""

from pathlib import Path

from benchmarks.soak import Soak


def test_a_store_in_use_whose_processes_are_killed_stays_whole_and_answers_right(
    tmp_path: Path,
) -> None:
    soak = Soak(tmp_path, readers=2, posts=500, build_s=1.5, kill_s=2.0, backup_s=3)
    soak.run(6)
    assert soak.faults == []
    assert soak.done["answers"] > 0
    assert sum(count for name, count in soak.done.items() if name.startswith("kills")) > 0
