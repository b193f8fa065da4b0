"""Still lifes: things on a table or in a room."""

from __future__ import annotations

import math

from embedstore.sample.canvas import Dice, Pen, shade
from embedstore.sample.scenes.settings import BRIGHT, PAINTS, WALLS, WOODS, room


def cup(p: Pen, d: Dice) -> None:
    """Draw a cup of coffee on a saucer, steaming."""
    room(p, d, 44)
    x, body = 50 + d.between(-8, 8), d.pick(((240, 238, 232), (172, 60, 50), (60, 96, 120)))
    p.shadow(x + 4, 61, 27, 6)
    p.oval(x, 60, 24, 6, shade(body, 0.92))
    p.oval(x, 59, 21, 4.6, shade(body, 1.02))
    p.arc((x + 9, 36, x + 24, 52), -100, 110, shade(body, 0.8), 2.6)
    for i in range(20):
        part = i / 20
        p.oval(x - 1.2 * (1 - part), 56 - part * 24, 9 + 6 * math.sqrt(part), 3 + part * 2,
               shade(body, 0.74 + 0.28 * part))  # fmt: skip
    p.oval(x, 32, 15.4, 5.4, shade(body, 1.05))
    p.oval(x, 32.6, 13.6, 4.5, (70, 40, 24))
    if d.count(0, 1):
        p.oval(x, 32.6, 9.5, 3.1, (176, 124, 78))
        p.poly([(x, 35), (x - 4.2, 32), (x - 2, 30.6), (x, 31.6), (x + 2, 30.6), (x + 4.2, 32)],
               (238, 218, 190))  # fmt: skip
    for k in (-5, 1, 6):
        swing = d.between(1, 3)
        points = [(x + k + swing * math.sin(t / 3.0), 26 - t) for t in range(18)]
        p.line(points, (255, 255, 255, 70), 1.4)
    for _ in range(d.count(2, 7)):
        bx, by = d.between(8, 92), d.between(64, 72)
        p.oval(bx, by, 2.3, 1.5, (58, 34, 22))
        p.line([(bx - 1.6, by), (bx + 1.6, by - 0.4)], (28, 16, 10), 0.4)


def bread(p: Pen, d: Dice) -> None:
    """Draw baguettes and a round loaf on a board."""
    room(p, d, 34)
    p.shadow(50, 62, 44, 8)
    p.box(6, 52, 94, 64, (188, 146, 100), 3)
    crust = d.pick(((190, 122, 60), (170, 102, 50), (204, 142, 78)))
    for i in range(14):
        part = i / 14
        p.oval(70 - 2 * part, 34 - 2 * part, 23 * (1 - part * 0.8), 15 * (1 - part * 0.8),
               shade(crust, 0.62 + 0.42 * part))  # fmt: skip
    for k in (-6, 0, 6):
        p.line([(62 + k, 24), (76 + k, 38)], (236, 214, 172), 1.3)
    for row in range(d.count(2, 3)):
        y, tilt = 44 + row * 8, d.between(-3, 3)
        for i in range(10):
            part = i / 10
            half = 5.6 * (1 - part * 0.85)
            ends = [(10 + part * 2, y + tilt), (88 - part * 2, y - tilt)]
            p.line(ends, shade(crust, 0.7 + 0.5 * part), half * 2)
            for ex, ey in ends:
                p.oval(ex, ey, half, half, shade(crust, 0.7 + 0.5 * part))
        for k in range(7):
            x = 16 + k * 10
            p.poly([(x, y + 3), (x + 2.4, y + 2.6), (x + 8.6, y - 3), (x + 5.4, y - 2.8)],
                   (240, 216, 170))  # fmt: skip
    p.rough(d, (10, 22, 92, 64), crust, 260, 1.2)


def fruit(p: Pen, d: Dice) -> None:
    """Draw a bowl of fruit."""
    room(p, d, 48)
    p.shadow(52, 66, 32, 6)
    colours = ((222, 120, 36), (196, 40, 40), (112, 160, 52), (238, 196, 60))
    for row, n in ((31, 3), (38, 4)):
        for i in range(n):
            fx = 50 + (i - (n - 1) / 2) * 13 + d.between(-1, 1)
            p.ball(fx, row + d.between(-1, 1), 8, d.pick(colours))
            p.line([(fx, row - 7), (fx + 1.4, row - 10)], (86, 60, 34), 0.7)
    for i in range(2):
        box = (28 + i * 4, 12 + i * 2, 74 + i * 4, 40 + i * 2)
        p.arc(box, 20, 115, (204, 164, 36), 5)
        p.arc(box, 22, 113, (246, 214, 84), 3)
    bowl = d.pick(((92, 128, 150), (232, 226, 214), (150, 86, 62)))
    for i in range(16):
        part = i / 16
        p.box(50 - 32 + part * 17, 42 + part * 22, 50 + 32 - part * 17, 45 + part * 22,
              shade(bowl, 1.08 - 0.4 * part), 1.4)  # fmt: skip


def plate(p: Pen, d: Dice) -> None:
    """Draw a laid plate of food from above."""
    wood = d.pick(WOODS)
    p.table(wood, 0, planks=False)
    for i in range(9):
        p.line([(0, i * 9), (100, i * 9 + d.between(-1, 1))], (*shade(wood, 0.55), 110), 0.5)
    p.shadow(52, 41, 34, 32)
    p.oval(50, 38, 31, 31, (238, 236, 230))
    p.oval(50, 38, 30, 30, (250, 249, 245))
    p.oval(50, 38, 22, 22, (236, 234, 228))
    for _ in range(16):
        p.oval(44 + d.between(-9, 9), 43 + d.between(-8, 8), 4, 2.4, d.pick(
            ((86, 140, 58), (110, 164, 70), (60, 112, 48))))  # fmt: skip
    for i in range(3):
        p.oval(50 + i * 6, 30 + i * 3, 7.5, 4.6, (150, 92, 48))
        p.oval(49 + i * 6, 29 + i * 3, 6, 3.2, (192, 128, 74))
    for _ in range(d.count(3, 6)):
        p.ball(58 + d.between(-7, 7), 46 + d.between(-6, 6), 2.9, (206, 58, 42))
    p.line([(10, 18), (10, 62)], (196, 198, 202), 1.6)
    for k in (-2, 0, 2):
        p.line([(10 + k, 10), (10 + k, 22)], (196, 198, 202), 0.7)
    p.line([(90, 36), (90, 62)], (196, 198, 202), 1.8)
    p.poly([(88.6, 12), (91.4, 14), (91.4, 38), (88.6, 38)], (214, 216, 220))


def blocks(p: Pen, d: Dice) -> None:
    """Draw a tower of toy blocks, and a ball."""
    room(p, d, 54)
    p.shadow(48, 65, 36, 5)
    for level, row in enumerate(((22, 40, 58), (31, 49), (40,))):
        for x in row:
            colour, y = d.pick(PAINTS), 65 - level * 16
            lean = d.between(-1.5, 1.5)
            p.box(x + lean, y - 16, x + 16 + lean, y, colour, 1)
            p.box(x + 1.6 + lean, y - 14.4, x + 14.4 + lean, y - 1.6, shade(colour, 1.18), 1)
            p.poly([(x + 8 + lean, y - 12.4), (x + 12.4 + lean, y - 4), (x + 3.6 + lean, y - 4)],
                   shade(colour, 0.7))  # fmt: skip
    p.poly([(40, 17), (56, 17), (48, 6)], d.pick(PAINTS))
    p.ball(84, 60, 7.5, d.pick(PAINTS))


def armchair(p: Pen, d: Dice) -> None:
    """Draw an armchair beside a lamp."""
    wall = d.pick(WALLS)
    p.gradient(shade(wall, 0.98), shade(wall, 0.8), 0, 58)
    p.table(d.pick(WOODS), 58)
    p.box(10, 8, 30, 30, (250, 248, 240))
    p.box(12, 10, 28, 28, d.pick(((120, 150, 160), (200, 160, 120), (150, 130, 160))))
    colour = d.pick(((58, 98, 104), (176, 92, 62), (98, 110, 78), (92, 92, 112), (200, 160, 70)))
    p.shadow(50, 68, 30, 5)
    for x in (31, 66):
        p.box(x, 62, x + 3, 70, (90, 60, 40))
    p.box(31, 20, 69, 58, shade(colour, 0.86), 8)
    p.box(34, 23, 66, 50, colour, 6)
    p.box(30, 46, 70, 64, shade(colour, 0.92), 3)
    p.box(34, 42, 66, 54, shade(colour, 1.16), 4)
    for x in (24, 66):
        p.box(x, 36, x + 10, 65, shade(colour, 0.78), 5)
        p.box(x + 1, 36, x + 8.4, 44, shade(colour, 1.05), 4)
    p.box(41, 31, 57, 45, d.pick(PAINTS), 3)
    p.line([(84, 68), (84, 22)], (60, 56, 54), 1)
    p.oval(84, 69, 6, 1.5, (50, 46, 44))
    p.glow(84, 24, 15, (255, 236, 180), 120)
    p.poly([(77, 28), (91, 28), (88, 15), (80, 15)], (240, 222, 176))


def lipstick(p: Pen, d: Dice) -> None:
    """Draw an open lipstick and a powder compact."""
    top = d.pick(((244, 206, 206), (222, 206, 230), (240, 222, 200)))
    p.gradient(top, shade(top, 0.84))
    p.shadow(52, 66, 34, 4, 80)
    red = d.pick(((176, 26, 44), (204, 60, 84), (146, 40, 66), (216, 90, 70)))
    x = d.between(32, 42)
    p.cylinder(x - 7, 44, x + 7, 67, (34, 32, 38))
    p.cylinder(x - 6, 32, x + 6, 44, (214, 176, 96))
    p.cylinder(x - 4.8, 18, x + 4.8, 32, red)
    p.poly([(x - 4.8, 18.4), (x - 4.8, 14), (x + 3, 7), (x + 4.8, 10), (x + 4.8, 18.4)], red)
    p.oval(x - 1, 13.4, 2.6, 4, shade(red, 1.2))
    p.oval(70, 58, 17, 8, (40, 36, 42))
    p.oval(70, 56, 17, 8, (224, 188, 110))
    p.oval(70, 55.6, 14, 6.2, (232, 190, 162))
    p.line([(8, 70), (30, 64)], shade(red, 0.95), 2.6)


def parcel(p: Pen, d: Dice) -> None:
    """Draw cardboard boxes."""
    room(p, d, 50)
    card = d.pick(((190, 146, 98), (176, 132, 86), (204, 164, 116)))
    p.shadow(54, 66, 38, 5)
    for x, y, s in ((20, 66, 30), (54, 66, 22), (26, 37, 19))[: d.count(1, 3)]:
        e = s * 0.42
        p.poly([(x, y - s), (x + s, y - s), (x + s, y), (x, y)], card)
        p.poly([(x + s, y - s), (x + s + e, y - s - e * 0.5), (x + s + e, y - e * 0.5), (x + s, y)],
               shade(card, 0.7))  # fmt: skip
        p.poly([(x, y - s), (x + e, y - s - e * 0.5), (x + s + e, y - s - e * 0.5), (x + s, y - s)],
               shade(card, 1.14))  # fmt: skip
        p.box(x + s * 0.43, y - s, x + s * 0.57, y, (222, 196, 150, 190))
        p.box(x + s * 0.1, y - s * 0.4, x + s * 0.36, y - s * 0.14, (244, 242, 236))
        for i in range(6):
            p.box(x + s * (0.13 + i * 0.035), y - s * 0.35, x + s * (0.145 + i * 0.035),
                  y - s * 0.2, (40, 40, 44))  # fmt: skip


def coins(p: Pen, d: Dice) -> None:
    """Draw a piggy bank with piles of coins."""
    room(p, d, 54)
    pink = d.pick(((228, 142, 150), (236, 168, 160), (140, 170, 196)))
    p.shadow(44, 68, 30, 4)
    for x in (28, 36, 52, 60):
        p.box(x - 2.6, 56, x + 2.6, 69, shade(pink, 0.8), 1)
    for i in range(14):
        part = i / 14
        p.oval(44 - 4 * part, 46 - 4 * part, 25 * (1 - part * 0.85), 17 * (1 - part * 0.85),
               shade(pink, 0.8 + 0.34 * part))  # fmt: skip
    p.poly([(54, 34), (58, 24), (64, 33)], shade(pink, 0.86))
    p.oval(70, 47, 4.6, 5.4, shade(pink, 0.9))
    for y in (45.6, 48.4):
        p.oval(71, y, 0.9, 1, (120, 60, 70))
    p.oval(61, 41, 1.3, 1.5, (30, 26, 28))
    p.arc((14, 40, 22, 48), 60, 330, shade(pink, 0.85), 1.2)
    p.box(37, 29, 48, 30.2, (92, 46, 54), 0.6)
    for x, n in ((78, 3), (87, d.count(4, 8))):
        for i in range(n):
            p.oval(x, 69 - i * 3, 5.4, 1.9, (150, 110, 34))
            p.oval(x, 68 - i * 3, 5.4, 1.9, (228, 186, 80))


def gift(p: Pen, d: Dice) -> None:
    """Draw wrapped gifts under lights."""
    top = d.pick(((40, 66, 56), (96, 34, 42), (46, 52, 84)))
    p.gradient(top, shade(top, 0.6))
    for _ in range(24):
        p.glow(d.between(0, 100), d.between(2, 40), d.between(1, 2.6), (255, 222, 150), 190)
    p.gradient((110, 84, 66), (74, 54, 44), 60, 75)
    p.shadow(50, 68, 36, 4, 160)
    for x, w, h in ((24, 26, 24), (52, 22, 34)):
        paper, ribbon = d.pick(BRIGHT), d.pick(((250, 240, 214), (226, 190, 90)))
        p.cylinder(x, 68 - h, x + w, 68, paper)
        p.box(x - 1, 66 - h, x + w + 1, 71 - h, shade(paper, 1.15), 0.5)
        p.box(x + w * 0.43, 66 - h, x + w * 0.57, 68, ribbon)
        for side in (-1, 1):
            p.oval(x + w / 2 + side * 4.4, 63.4 - h, 4.4, 2.8, ribbon)
            p.oval(x + w / 2 + side * 4.4, 63.4 - h, 2.2, 1.2, shade(ribbon, 0.7))
        p.oval(x + w / 2, 64 - h, 1.6, 1.8, shade(ribbon, 0.86))
