"""Devices, tools and what people hold."""

from __future__ import annotations

import math

from embedstore.sample.canvas import Dice, Pen, shade
from embedstore.sample.scenes.settings import PAINTS, WOODS, room


def phone(p: Pen, d: Dice) -> None:
    """Draw a smartphone with a call on its screen."""
    wall = d.pick(WOODS)
    p.table(wall, 0, planks=False)
    p.rough(d, (0, 0, 100, 75), wall, 240, 8)
    p.shadow(53, 42, 20, 33)
    p.box(34, 4, 66, 71, (22, 22, 26), 5)
    p.box(34.6, 4.6, 65.4, 70.4, (66, 68, 74), 4.6)
    p.box(35.2, 5.2, 64.8, 69.8, (14, 14, 16), 4.2)
    top = d.pick(((52, 96, 160), (128, 70, 140), (30, 120, 120), (210, 110, 80)))
    for i in range(30):
        p.box(36.6, 11 + i * 1.7, 63.4, 12.9 + i * 1.7, shade(top, 1.2 - i * 0.02))
    p.box(45, 7, 55, 8, (60, 60, 66), 0.5)
    p.oval(50, 66, 2.4, 2.4, (44, 44, 50))
    p.box(41, 16, 59, 21, (255, 255, 255, 220), 0.6)
    for row in range(3):
        for column in range(4):
            x, y = 38.4 + column * 6.2, 40 + row * 7
            p.box(x, y, x + 4.6, y + 4.6, d.pick(PAINTS), 1.1)


def laptop(p: Pen, d: Dice) -> None:
    """Draw an open laptop with code on its screen."""
    room(p, d, 46)
    p.shadow(50, 68, 42, 4)
    p.box(23, 6, 77, 47, (150, 154, 160), 2)
    p.box(24, 7, 76, 46, (24, 25, 28), 1.4)
    p.box(26, 9, 74, 44, d.pick(((30, 38, 56), (232, 236, 240), (24, 44, 50))))
    p.box(26, 9, 74, 12, (70, 78, 92))
    for row in range(9):
        x = 28.0 + 3 * d.count(0, 2)
        for _ in range(d.count(1, 3)):
            width = d.between(4, 11)
            if x + width < 73:
                p.box(
                    x,
                    15 + row * 3,
                    x + width,
                    16.2 + row * 3,
                    d.pick(((96, 170, 100), (214, 150, 70), (90, 140, 214), (150, 156, 166))),
                    0.4,
                )
            x += width + 1.4
    p.poly([(23, 47), (77, 47), (88, 68), (12, 68)], (184, 188, 194))
    p.poly([(12, 68), (88, 68), (88, 70), (12, 70)], (120, 124, 130))
    for row in range(5):
        y, spread = 49 + row * 2.3, row * 1.2
        for key in range(14):
            step = (50 + 2 * spread) / 14
            left = 25 - spread + key * step
            p.box(left, y, left + step * 0.84, y + 1.8, (38, 40, 44), 0.3)
    p.poly([(41, 61.6), (59, 61.6), (60, 66.6), (40, 66.6)], (164, 168, 174))
    if d.count(0, 1):
        p.cylinder(89, 44, 98, 58, d.pick(PAINTS))
        p.oval(93.5, 44, 4.5, 1.6, (60, 36, 22))


def padlock(p: Pen, d: Dice) -> None:
    """Draw a padlock before a board of circuits."""
    base = d.pick(((18, 44, 56), (24, 34, 62), (34, 30, 52)))
    p.gradient(shade(base, 1.3), shade(base, 0.7))
    for _ in range(26):
        x, y = d.between(0, 100), d.between(0, 75)
        ex, ey = x + d.pick((-14, 14, 22)), y
        p.line([(x, y), (ex, ey), (ex + 5, ey + d.pick((-5, 5)))], (70, 160, 170, 130), 0.4)
        p.oval(x, y, 0.8, 0.8, (110, 210, 214))
    brass = d.pick(((206, 164, 70), (176, 180, 188), (190, 120, 70)))
    p.shadow(50, 66, 24, 4, 150)
    p.arc((36, 8, 64, 50), 180, 360, (196, 200, 206), 4.6)
    for x in (36, 59.4):
        p.box(x, 28, x + 4.6, 38, (176, 180, 186))
    p.cylinder(30, 35, 70, 66, brass)
    p.oval(50, 47, 3.6, 3.6, (36, 30, 26))
    p.poly([(48.6, 48), (51.4, 48), (53, 58), (47, 58)], (36, 30, 26))


def headphones(p: Pen, d: Dice) -> None:
    """Draw headphones beside a record."""
    room(p, d, 46)
    p.oval(70, 52, 25, 15, (20, 20, 22))
    for r in (22, 18, 14):
        p.arc((70 - r, 52 - r * 0.6, 70 + r, 52 + r * 0.6), 0, 360, (54, 54, 58), 0.3)
    p.oval(70, 52, 8, 4.8, d.pick(PAINTS))
    p.oval(70, 52, 0.9, 0.6, (230, 230, 230))
    shell = d.pick(((38, 38, 42), (232, 228, 220), (146, 60, 50), (60, 84, 110)))
    p.shadow(36, 64, 25, 4)
    p.arc((14, 10, 58, 70), 178, 362, shade(shell, 0.8), 4)
    p.arc((16, 11, 56, 68), 200, 300, shade(shell, 1.3), 0.8)
    for x, side in ((15.5, 1), (56.5, -1)):
        p.oval(x, 46, 7.4, 12, shell)
        p.oval(x + side * 2.6, 46, 5.6, 10.6, (26, 24, 26))
        p.oval(x - side * 2, 44, 2.4, 6, shade(shell, 1.3))


def gamepad(p: Pen, d: Dice) -> None:
    """Draw a game controller."""
    base = d.pick(((44, 36, 66), (28, 48, 62), (62, 38, 50)))
    p.gradient(base, shade(base, 0.55))
    p.glow(20, 14, 16, d.pick(PAINTS), 150)
    p.glow(84, 18, 14, d.pick(PAINTS), 130)
    shell = d.pick(((232, 232, 236), (226, 176, 60), (198, 52, 54), (70, 130, 170)))
    p.shadow(50, 62, 36, 5, 170)
    for x in (26, 74):
        p.oval(x, 50, 13, 18, shade(shell, 0.82))
    p.box(22, 27, 78, 52, shell, 11)
    p.box(26, 28, 74, 32, shade(shell, 1.12), 3)
    p.box(27, 36, 31, 47, (58, 60, 66), 1)
    p.box(23.5, 39.5, 34.5, 43.5, (58, 60, 66), 1)
    for x, y, colour in ((71, 35, PAINTS[0]), (77, 41, PAINTS[1]), (65, 41, PAINTS[2]),
                         (71, 47, PAINTS[3])):  # fmt: skip
        p.ball(x, y, 2.7, colour)
    for x in (41, 58):
        p.oval(x, 50, 5.2, 5.2, (30, 30, 34))
        p.ball(x, 49.4, 4, (74, 76, 82))
    p.box(47, 36, 53, 39, (90, 94, 100), 1)


def umbrella(p: Pen, d: Dice) -> None:
    """Draw an open umbrella in the rain."""
    p.gradient((96, 108, 122), (170, 178, 184), 0, 60)
    p.gradient((92, 100, 108), (70, 78, 86), 60, 75)
    colour, x = d.pick(PAINTS), 50 + d.between(-6, 6)
    for _ in range(90):
        rx, ry = d.between(0, 100), d.between(0, 70)
        p.line([(rx, ry), (rx - 1, ry + 4)], (220, 230, 240, 120), 0.25)
    p.shadow(x, 69, 22, 3)
    p.line([(x, 14), (x, 60)], (60, 50, 44), 1.2)
    p.arc((x - 6, 54, x, 66), 0, 180, (60, 50, 44), 1.4)
    for k in range(-5, 6, 2):
        p.oval(x + k * 4.83, 38, 4.83, 2.4, shade(colour, 0.55))
    turns = [math.pi * (1 + k / 24) for k in range(25)]
    for i, reach in enumerate((29, 18, 7)):
        dome = [(x + reach * math.cos(t), 38 + 25 * math.sin(t)) for t in turns]
        p.poly(dome, shade(colour, 0.86 if i % 2 else 1.08))
    p.line([(x, 9), (x, 14)], (60, 50, 44), 1)


def heart(p: Pen, d: Dice) -> None:
    """Draw a heart held in two hands."""
    top = d.pick(((222, 232, 236), (240, 226, 220), (226, 236, 222)))
    p.gradient(top, shade(top, 0.8))
    red, skin = d.pick(((200, 44, 54), (216, 70, 90))), d.pick(
        ((236, 190, 158), (168, 112, 78), (104, 68, 48), (212, 158, 118)))  # fmt: skip
    p.shadow(50, 62, 30, 6, 70)
    for side in (-1, 1):
        palm = ((48, 75), (26, 75), (4, 62), (2, 55), (18, 52), (40, 58))
        p.poly([(50 + side * px, py) for px, py in palm], shade(skin, 0.95))
        for k in range(4):
            p.line([(50 + side * 22, 62 - k * 2.6), (50 + side * (5 + k * 1.4), 57 - k * 3.6)],
                   shade(skin, 1.02 - 0.04 * k), 3.4)  # fmt: skip
    size = d.between(0.85, 1.1)
    points = []
    for i in range(60):
        t = i / 60 * 2 * math.pi
        hx = 16 * math.sin(t) ** 3
        hy = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((50 + hx * 1.25 * size, 32 - hy * 1.25 * size))
    p.poly([(x + 1, y + 1.4) for x, y in points], shade(red, 0.66))
    p.poly(points, red)
    p.oval(42, 23, 4.4, 3, (255, 255, 255, 110))


def newspaper(p: Pen, d: Dice) -> None:
    """Draw a newspaper on a table."""
    wood = d.pick(((120, 84, 60), (150, 112, 80), (84, 70, 62)))
    p.table(wood, 0, planks=False)
    p.shadow(53, 41, 36, 32)
    p.poly([(18, 8), (80, 5), (84, 68), (20, 71)], (236, 231, 219))
    for i in range(14):
        x = 24 + i * 3.9
        p.box(x, 10.4, x + d.between(2.2, 3.4), 15, (34, 32, 32))
    p.line([(22, 17.6), (79, 16.6)], (60, 58, 56), 0.4)
    p.box(24, 20, 78, 23.4, (50, 48, 48))
    p.box(24, 25, d.between(58, 74), 27.4, (70, 68, 66))
    p.box(24, 31, 52, 52, (142, 150, 154))
    p.poly([(24, 52), (34, 40), (42, 46), (52, 36), (52, 52)], (84, 92, 92))
    p.oval(44, 36, 2.6, 2.6, (220, 222, 220))
    for x in (55, 67.5):
        for i in range(17):
            p.box(x, 31 + i * 2.1, x + d.between(7, 10.6), 32 + i * 2.1, (110, 108, 104))
    for i in range(6):
        p.box(25, 55 + i * 2.1, 25 + d.between(20, 27), 56 + i * 2.1, (110, 108, 104))


def bulb(p: Pen, d: Dice) -> None:
    """Draw a glowing light bulb."""
    top = d.pick(((38, 46, 62), (58, 44, 60), (36, 58, 58)))
    p.gradient(top, shade(top, 0.7))
    x = 50 + d.between(-10, 10)
    p.line([(x, 0), (x, 12)], (24, 24, 28), 1)
    p.glow(x, 42, 27, (255, 214, 120), 190)
    p.cylinder(x - 5, 11, x + 5, 22, (150, 140, 124))
    p.poly([(x - 5, 22), (x + 5, 22), (x + 11, 36), (x - 11, 36)], (255, 236, 176))
    p.oval(x, 41, 14, 14, (255, 238, 184))
    p.oval(x - 4, 38, 6, 7, (255, 250, 230))
    p.line([(x - 3, 22), (x - 5, 38), (x - 1.6, 35), (x + 1.6, 38.6), (x + 5, 35), (x + 3, 22)],
           (226, 130, 40), 0.7)  # fmt: skip
    for k in range(12):
        a = k * math.pi / 6
        p.line(
            [
                (x + 21 * math.cos(a), 41 + 21 * math.sin(a)),
                (x + 27 * math.cos(a), 41 + 27 * math.sin(a)),
            ],
            (255, 226, 150, 150),
            0.7,
        )


def price_tag(p: Pen, d: Dice) -> None:
    """Draw a sale tag with a percent sign."""
    top = d.pick(((246, 214, 74), (240, 118, 92), (120, 196, 190)))
    p.gradient(top, shade(top, 0.82))
    for k in range(18):
        a = k * math.pi / 9
        p.poly([(50, 38), (50 + 90 * math.cos(a), 38 + 90 * math.sin(a)),
                (50 + 90 * math.cos(a + 0.16), 38 + 90 * math.sin(a + 0.16))],
               (255, 255, 255, 40))  # fmt: skip
    tag = d.pick(((206, 34, 46), (36, 60, 112), (250, 248, 244)))
    ink = (40, 36, 40) if tag[0] > 240 else (252, 250, 244)
    p.shadow(54, 45, 32, 22, 90)
    p.poly([(16, 40), (34, 18), (86, 18), (86, 62), (34, 62)], tag)
    p.oval(29, 40, 3.4, 3.4, shade(top, 0.8))
    p.line([(28, 40), (8, 24), (2, 30)], (240, 236, 226), 0.7)
    p.line([(48, 55), (74, 25)], ink, 3.4)
    for x, y in ((52, 31), (70, 49)):
        p.oval(x, y, 6.6, 6.6, ink)
        p.oval(x, y, 3.2, 3.2, tag)
