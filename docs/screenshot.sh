#!/usr/bin/env bash
# Draws docs/images/similar.webp and report.webp anew: pages of `similar --html` and `heads report`
# on the demo's store. Needs `make demo`, Chromium and a font with emoji (Debian: chromium
# fonts-noto-color-emoji). `docs/screens.py` draws the pages of `embedstore serve`.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
page=$(mktemp -d)

draw() { # PAGE IMAGE WIDTH,HEIGHT
    chromium --headless --no-sandbox --disable-gpu --disable-background-networking \
        --hide-scrollbars --window-size="$3" --screenshot="$page/drawn.png" "file://$1"
    python - "$page/drawn.png" "$2" <<'PYTHON'
import sys
from PIL import Image

Image.open(sys.argv[1]).convert("RGB").save(sys.argv[2], quality=80, method=6)
PYTHON
}

embedstore similar scratch/demo/posts.store --in images --text "a cup of coffee" -k 8 --distinct \
    --html "$page/similar.html"
draw "$page/similar.html" docs/images/similar.webp 1240,1100
draw "$PWD/scratch/demo/report.html" docs/images/report.webp 1240,1130
rm -r "$page"
