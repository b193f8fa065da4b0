"""Colours and backdrops that several scenes share."""

from __future__ import annotations

from embedstore.sample.canvas import Dice, Pen, shade

WALLS = ((226, 219, 206), (203, 214, 219), (214, 205, 222), (196, 209, 192), (232, 226, 219))
WOODS = ((150, 105, 68), (176, 132, 90), (120, 84, 60), (196, 164, 128))
PAINTS = ((196, 62, 54), (58, 104, 170), (66, 140, 92), (226, 178, 58), (130, 84, 150))
FURS = ((146, 92, 52), (214, 170, 112), (74, 62, 56), (232, 222, 206), (120, 116, 112))
BRIGHT = ((216, 62, 66), (66, 132, 200), (240, 190, 64), (92, 170, 104), (170, 92, 180))
SKIES = (((96, 156, 214), (206, 226, 236)), ((236, 160, 108), (246, 216, 170)),
         ((124, 140, 184), (226, 206, 206)))  # fmt: skip


def room(p: Pen, d: Dice, y: float = 52) -> None:
    """Draw a wall, and a table or floor below."""
    wall = d.pick(WALLS)
    p.gradient(shade(wall, 1.04), shade(wall, 0.86), 0, y)
    p.table(d.pick(WOODS), y)


def sky(p: Pen, d: Dice, y: float) -> None:
    """Draw a sky with some clouds down to a height."""
    top, bottom = d.pick(SKIES)
    p.gradient(top, bottom, 0, y)
    for _ in range(d.count(1, 3)):
        x, cy = d.between(5, 95), d.between(6, 18)
        for _ in range(5):
            p.oval(x + d.between(-8, 8), cy + d.between(-2, 2), d.between(4, 8), 2.4,
                   (255, 255, 255, 90))  # fmt: skip


def tree(p: Pen, x: float, y: float, size: float, green: tuple[int, int, int]) -> None:
    """Draw a fir by its foot and its height."""
    p.box(x - size * 0.07, y - size * 0.2, x + size * 0.07, y, (84, 62, 44))
    for i in range(4):
        base, half = y - size * (0.14 + i * 0.2), size * (0.34 - i * 0.065)
        p.poly([(x - half, base), (x + half, base), (x, base - size * 0.36)],
               shade(green, 0.8 + 0.1 * i))  # fmt: skip
