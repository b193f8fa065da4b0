"""A report as PDF, printed by a browser of the system without a window."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from embedstore.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
TIMEOUT_S = 120


def print_page(page: str, file: Path) -> None:
    """Print an HTML page to a PDF file.

    Parameters
    ----------
    page : str
        The page.
    file : Path
        Where the PDF goes.

    Raises
    ------
    InputError
        There is no browser, or it doesn't print.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise InputError(
            "PDF needs Chromium or Chrome on this machine: install one, or write --format html"
            " and print that from a browser"
        )
    with tempfile.TemporaryDirectory() as folder:
        source, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium's sandbox refuses to run for root; the page has no script and loads nothing.
            command.append("--no-sandbox")
        try:
            done = subprocess.run(  # noqa: S603
                [*command, source.as_uri()], capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{browser} doesn't print: {error}") from error
        if done.returncode or not printed.exists():
            said = done.stderr.decode(errors="replace").strip()[-300:]
            raise InputError(f"{browser} doesn't print: {said}")
        shutil.move(printed, file)
