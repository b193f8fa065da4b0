"""What a studio was started with: whom it answers, and how much it takes."""

from dataclasses import dataclass, field
from pathlib import Path


def _state_folder() -> Path:
    return Path.home() / ".local" / "state" / "embedstore"


@dataclass(frozen=True)
class Settings:
    """Settings of one studio.

    Attributes
    ----------
    hosts : frozenset of str
        Names by which it may be asked, in the header `Host`, beside loopback's. With `token`,
        numeric addresses are taken too.
    token : str, optional
        What a request has to present; None asks for nothing.
    behind_proxy : bool
        Whether a reverse proxy stands before it, which is believed what it says of the client.
    allowed_folders : tuple of Path
        Folders of the server whose files builds may read.
    audit_file : Path
        Where writes are recorded, one line of JSON each.
    max_body : int
        Largest body of a request in bytes, but for uploads.
    max_picture : int
        Largest picture in bytes.
    max_upload : int
        Largest file of posts in bytes.
    requests_per_s : float
        Requests that one client may make, on average.
    burst : int
        Requests that one client may make at once.
    slow_per_minute : float
        Of these, the ones that write, upload or log in, a minute.
    body_s : float
        Seconds for a request's body, beside its bytes at 16 kB/s.
    """

    hosts: frozenset[str] = frozenset()
    token: str | None = None
    behind_proxy: bool = False
    allowed_folders: tuple[Path, ...] = ()
    audit_file: Path = field(default_factory=lambda: _state_folder() / "audit.jsonl")
    max_body: int = 2**20
    max_picture: int = 30_000_000
    max_upload: int = 2 * 2**30
    requests_per_s: float = 500.0
    burst: int = 1000
    slow_per_minute: float = 120.0
    body_s: float = 20.0
