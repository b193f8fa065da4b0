#!/usr/bin/env bash
# Draws docs/images/similar.webp anew: the page of `similar --html` on the demo's store.
# Needs `make demo`, Chromium and a font with emoji (Debian: chromium fonts-noto-color-emoji).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
page=$(mktemp -d)
embedstore similar scratch/demo/posts.store --in images --text "a cup of coffee" -k 8 --distinct \
    --html "$page/similar.html"
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
    --window-size=1240,1100 --screenshot="$page/similar.png" "file://$page/similar.html"
python - "$page/similar.png" docs/images/similar.webp <<'PYTHON'
import sys
from PIL import Image

Image.open(sys.argv[1]).convert("RGB").save(sys.argv[2], quality=80, method=6)
PYTHON
rm -r "$page"
