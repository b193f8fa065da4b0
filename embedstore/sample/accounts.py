"""The accounts: several to a company, each with its own level, drift and habits."""

from __future__ import annotations

import numpy as np

from embedstore.sample.brands import BRANDS
from embedstore.sample.calendars import N_DAYS, TOPICS
from embedstore.sample.effects import DAYS_PER_STEP, Account

ROLES: dict[str, tuple[float, float, float, dict[str, float]]] = {
    "main": (1.00, 10.9, 1.2, {"hiring": -1.5, "outage": -1.2, "results": -0.7}),
    "region": (0.75, 9.0, 0.5, {"event": 0.5, "results": -2.5}),
    "help": (0.60, 7.4, 0.5, {"outage": 2.6, "tip": 1.5, "launch": -1.5, "sports": -2.0,
                              "animals": -1.0, "results": -4.0, "hiring": -2.0}),
    "jobs": (0.50, 7.2, 0.3, {"hiring": 2.8, "behind": 0.8, "sale": -4.0, "outage": -4.0,
                              "launch": -2.0, "results": -2.0}),
    "press": (0.50, 8.4, 0.4, {"results": 2.6, "climate": 0.8, "milestone": 0.8, "sale": -4.0,
                               "animals": -1.5, "ask": -1.5, "outage": -0.7}),
    "crew": (0.45, 8.8, 0.5, {"behind": 1.5, "animals": 0.9, "tip": 0.4, "results": -4.0,
                              "outage": -2.5, "sale": -2.0}),
}  # fmt: skip
"""By role: the share of companies that have one, the mean of its log followers, how much it
posts beside the main account, and the topics it leans to."""

_REGIONS = (("UK", 0), ("Canada", -5), ("AU", 10), ("India", 5), ("Ireland", 0), ("West", -8))
_LIKES_PER_FOLLOWER = 0.86
_FLOOR = -4.35


def _username(handle: str, role: str, region: str) -> str:
    return {
        "main": handle,
        "region": handle + region,
        "help": f"Ask{handle}",
        "jobs": f"{handle}Jobs",
        "press": f"{handle}News",
        "crew": f"{handle}Crew",
    }[role]


def make_accounts(rng: np.random.Generator) -> list[Account]:
    """Draw the accounts of all companies.

    Followers are log-normal around the role's level and the company's size. The level of likes
    follows the followers, up to a factor of its own, and then drifts as a random walk.
    """
    steps = int(np.ceil(N_DAYS / DAYS_PER_STEP)) + 1
    accounts = []
    for index, brand in enumerate(BRANDS):
        size = 1.5 * rng.standard_normal()
        home = int(rng.choice([-8, -6, -5, -5, 0, 1]))
        for role, (share, log_followers, rate, _) in ROLES.items():
            there, level, own, talk, trend = rng.random(), *rng.standard_normal(4)
            region, offset = _REGIONS[int(rng.integers(len(_REGIONS)))]
            first_day = int(rng.integers(-1500, 1200))
            walk = np.cumsum(0.11 * rng.standard_normal(steps) + 0.02 * trend)
            if there >= share:
                continue
            followers = int(np.exp(log_followers + size + 1.3 * level))
            accounts.append(
                Account(
                    username=_username(brand.handle, role, region),
                    brand=index,
                    role=role,
                    followers=max(followers, 40),
                    base=_FLOOR + _LIKES_PER_FOLLOWER * np.log(max(followers, 40)) + 0.6 * own,
                    walk=tuple(np.round(walk - walk[0], 4).tolist()),
                    first_day=0 if role == "main" else max(first_day, 0),
                    rate=rate * float(np.exp(0.5 * talk)),
                    utc_offset=offset if role == "region" else home,
                )
            )
    return accounts


def topic_leaning(accounts: list[Account]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the log weight that role and company add to each topic, ``(accounts, topics)``."""
    table = np.zeros((len(accounts), len(TOPICS)))
    for row, account in zip(table, accounts, strict=True):
        for leaning in (ROLES[account.role][3], BRANDS[account.brand].leaning):
            for topic, weight in leaning.items():
                row[TOPICS.index(topic)] += weight
    return table
