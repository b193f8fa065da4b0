"""Fit CatBoost, AutoGluon or TabM on exported features; run by the peers' own interpreter.

python likes_models.py catboost|autogluon|tabm TRAIN ONLINE FROZEN OUT SECONDS

Each file is Parquet: TRAIN with the column `target`; ONLINE and FROZEN hold the posts that are
scored with either history. OUT gets post_id, online and frozen: predicted log1p counts. Seconds
and peak memory are printed as JSON.
"""

import json
import resource
import sys
import tempfile
import time
from typing import Any

import pandas as pd

LABEL = "target"
NAMES = ("username", "company")
TEXT = "text"
LATE = 0.15
"""Share of the training posts, the latest, that stops CatBoost and TabM."""


def catboost(train: pd.DataFrame, scored: list[pd.DataFrame], _: float) -> list[Any]:
    """Fit CatBoost on numbers, names and text, stopped by the latest training posts."""
    from catboost import CatBoostRegressor, Pool

    def pool(rows: pd.DataFrame, *, label: bool = True) -> Any:
        return Pool(
            rows.drop(columns=LABEL, errors="ignore"),
            rows[LABEL] if label else None,
            cat_features=list(NAMES),
            text_features=[TEXT],
        )

    edge = int(len(train) * (1 - LATE))
    model = CatBoostRegressor(
        iterations=2000, early_stopping_rounds=60, random_seed=0, thread_count=2, verbose=False,
        allow_writing_files=False,
    )  # fmt: skip
    model.fit(pool(train.iloc[:edge]), eval_set=pool(train.iloc[edge:]))
    return [model.predict(pool(rows, label=False)) for rows in scored]


def autogluon(train: pd.DataFrame, scored: list[pd.DataFrame], seconds: float) -> list[Any]:
    """Fit AutoGluon at its best quality within so many seconds."""
    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(LABEL, eval_metric="rmse", path=folder, verbosity=1)
        predictor.fit(
            train,
            presets="best_quality",
            time_limit=seconds,
            num_cpus=2,
            dynamic_stacking=False,
            # Forests don't heed the time: on the n-grams of the texts, one took 14 minutes.
            excluded_model_types=["RF", "XT"],
        )
        return [predictor.predict(rows) for rows in scored]


def tabm(train: pd.DataFrame, scored: list[pd.DataFrame], seconds: float) -> list[Any]:
    """Fit TabM (Gorishniy et al., 2025) on the numbers, stopped by the latest training posts."""
    import numpy as np
    import torch
    from sklearn.preprocessing import QuantileTransformer
    from tabm import TabM

    columns = [name for name in train.columns if name not in (LABEL, TEXT, *NAMES)]
    scale = QuantileTransformer(output_distribution="normal", random_state=0)
    scale.fit(train[columns].to_numpy(np.float64))

    def numbers(rows: pd.DataFrame) -> Any:
        # A missing number becomes the middle one.
        scaled = np.nan_to_num(scale.transform(rows[columns].to_numpy(np.float64)))
        return torch.from_numpy(scaled.astype(np.float32))

    torch.manual_seed(0)
    torch.set_num_threads(2)
    x, edge = numbers(train), int(len(train) * (1 - LATE))
    label = torch.from_numpy(train[LABEL].to_numpy(np.float32))
    centre, spread = label[:edge].mean(), label[:edge].std()
    y = (label - centre) / spread
    model = TabM.make(n_num_features=len(columns), d_out=1, d_block=256, k=16)
    steps = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=3e-4)

    def predict(rows: Any) -> Any:
        model.eval()
        with torch.inference_mode():
            return torch.cat([model(part).mean((1, 2)) for part in torch.split(rows, 1024)])

    best, kept, waited, started = np.inf, model.state_dict(), 0, time.perf_counter()
    while waited < 8 and time.perf_counter() - started < seconds:
        model.train()
        for some in torch.split(torch.randperm(edge), 256):
            steps.zero_grad()
            # Each of the k submodels has a loss of its own.
            loss = (model(x[some])[..., 0] - y[some, None]).square().mean()
            loss.backward()
            steps.step()
        error = float((predict(x[edge:]) - y[edge:]).square().mean())
        waited = 0 if error < best else waited + 1
        if error < best:
            best = error
            kept = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(kept)
    return [(predict(numbers(rows)) * spread + centre).numpy() for rows in scored]


def main() -> None:
    """Fit and predict."""
    name, train, online, frozen, out, seconds = sys.argv[1:]
    rows = [pd.read_parquet(file) for file in (train, online, frozen)]
    ids = rows[1]["post_id"]
    for part in rows:
        part.drop(columns="post_id", inplace=True)
        for column in (*NAMES, TEXT):
            part[column] = part[column].fillna("").astype(str)
    started = time.perf_counter()
    fit = {"catboost": catboost, "autogluon": autogluon, "tabm": tabm}[name]
    by_history = fit(rows[0], rows[1:], float(seconds))
    taken = time.perf_counter() - started
    pd.DataFrame({"post_id": ids, "online": by_history[0], "frozen": by_history[1]}).to_parquet(out)
    own, children = (
        resource.getrusage(who).ru_maxrss / 2**20
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"seconds": taken, "gb": max(own, children)}))


if __name__ == "__main__":
    main()
