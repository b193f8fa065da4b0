"""An environment of the peers' own, so that nothing of theirs is ever installed beside ours.

It borrows this environment's packages through a ``.pth`` file: torch, transformers,
sentence-transformers, open_clip, DuckDB and FAISS are then the very same for everyone, and six
gigabytes are not installed twice. What a peer needs beside, or in another version, comes
first on its path.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

PINS = Path(__file__).with_name("pins.txt")


def peers_python(name: str = "peers", pins: Path = PINS) -> tuple[Path, list[str]]:
    """The interpreter of the peers' environment, made when there is none.

    What could not be installed the last time is tried again.

    Parameters
    ----------
    name : str
        Folder of the environment: peers that need other versions have one of their own.
    pins : Path
        What is installed, a line each.

    Returns
    -------
    python : Path
    failed : list of str
        What could not be installed, and why: a sentence each.
    """
    folder = Path(sys.prefix) / name
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    done = _lines(stamp.read_text(encoding="utf-8")) if stamp.exists() else []
    missing = [line for line in _lines(pins.read_text(encoding="utf-8")) if line not in done]
    if not missing:
        return python, []
    print(f"installing the peers into {folder}", file=sys.stderr)
    if not done:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        site = next(folder.glob("lib/python*/site-packages"))
        # Not the path alone: editable installs are `.pth` files themselves.
        ours = sysconfig.get_path("purelib")
        (site / "borrowed.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    failed = {line: why for line in missing if (why := _install(python, line))}
    done += [line for line in missing if line not in failed]
    stamp.write_text("".join(f"{line}\n" for line in done), encoding="utf-8")
    return python, [f"{line}: {why}" for line, why in failed.items()]


def _lines(pins: str) -> list[str]:
    return [line for line in pins.splitlines() if line and not line.startswith("#")]


def _install(python: Path, line: str) -> str:
    """Install what one line names; the reason if that fails."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *line.split()], capture_output=True, text=True, check=False)
    errors = [said for said in done.stderr.splitlines() if said.startswith("ERROR")]
    return (errors or ["pip failed"])[-1] if done.returncode else ""
