"""Made-up posts about six things, with vectors that say so."""

from datetime import datetime, timedelta
from typing import Any

import made_store
import numpy as np

THINGS = ("coffee", "weather", "football", "music", "travel", "school")
WORDS = {
    "coffee": "coffee beans roast barista espresso",
    "weather": "rain snow wind storm sunshine",
    "football": "match goal striker keeper stadium",
    "music": "album song guitar concert singer",
    "travel": "flight hotel beach luggage island",
    "school": "teacher pupils homework lesson exam",
}
EACH = 60
POSTS = EACH * len(THINGS)


def made_posts(count: int = POSTS, seed: int = 0) -> tuple[Any, dict[str, Any]]:
    """Vectors and columns of posts, post i about thing i % 6, whatever its company."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((len(THINGS), made_store.DIM))
    thing = np.arange(count) % len(THINGS)
    vectors = centres[thing] + 0.35 * random.standard_normal((count, made_store.DIM))
    texts = [
        " ".join(["the", *random.permutation(WORDS[THINGS[each]].split())[:4], f"number{seed}x{n}"])
        for n, each in enumerate(thing)
    ]
    company = [f"c{number}" for number in random.integers(0, 8, count)]
    return vectors.astype(np.float32), {
        "text": texts,
        "company": company,
        "username": [f"{name}_{n % 2}" for n, name in enumerate(company)],
        "created_at": [datetime(2020, 1, 1) + timedelta(days=n) for n in range(count)],
    }
