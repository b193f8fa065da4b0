"""Landscapes, and what drives, flies or stands in them."""

from __future__ import annotations

import math
from itertools import pairwise

from embedstore.sample.canvas import Dice, Pen, shade
from embedstore.sample.scenes.settings import BRIGHT, sky, tree


def mountain(p: Pen, d: Dice) -> None:
    """Draw snowy mountains above a lake."""
    sky(p, d, 56)
    for x, h, grey in ((16, 34, 0.92), (86, 32, 0.98), (50 + d.between(-8, 8), 48, 0.78)):
        rock, peak = shade((118, 124, 138), grey), 58 - h
        ridge = [
            (x + h * 1.9 * (i - 6) / 12, 58 - h * (1 - abs(i - 6) / 6) - d.between(0, 2.4))
            for i in range(13)
        ]
        p.poly([(x - h, 58), *ridge, (x + h, 58)], rock)
        for _ in range(int(h * 5)):
            part, side = d.between(0.02, 1), d.pick((-1, 1))
            cx, cy = x + side * h * 0.9 * part * d.between(0, 1), peak + h * part
            size = d.between(1, 3.4)
            snowy = part < d.between(0.3, 0.75)
            tone = (238, 243, 249) if snowy else shade(rock, d.between(0.7, 1.15))
            tone = shade(tone, 0.8) if side > 0 else tone
            p.poly([(cx, cy), (cx + side * size, cy + size * 1.7), (cx - side * size * 0.4,
                    cy + size * 1.5)], tone)  # fmt: skip
    p.gradient((92, 128, 146), (58, 92, 112), 57, 75)
    p.rough(d, (0, 58, 100, 75), (130, 160, 176), 90, 4)
    for x in range(-2, 104, 4):
        tree(p, x + d.between(-1, 1), 60 + d.between(0, 2), d.between(7, 13), (40, 76, 58))


def tent(p: Pen, d: Dice) -> None:
    """Draw a lit tent among trees at dusk."""
    p.gradient((34, 44, 84), (214, 140, 110), 0, 54)
    for _ in range(50):
        p.oval(d.between(0, 100), d.between(0, 26), 0.25, 0.25, (255, 250, 230))
    for place in range(-3, 106, 7):
        tree(p, place + d.between(-2, 2), 56, d.between(18, 32), (26, 48, 46))
    p.gradient((72, 84, 52), (40, 50, 34), 54, 75)
    colour, x = d.pick(((230, 126, 44), (214, 70, 60), (226, 184, 62), (72, 140, 132))), 46.0
    p.glow(x, 54, 26, colour, 120)
    p.shadow(x, 68, 32, 3)
    p.poly([(x - 28, 68), (x, 32), (x + 28, 68)], colour)
    p.poly([(x, 32), (x + 28, 68), (x + 40, 60), (x + 10, 33)], shade(colour, 0.66))
    p.poly([(x - 8, 68), (x, 40), (x + 8, 68)], (255, 232, 170))
    p.line([(x, 32), (x - 34, 70)], (230, 226, 210), 0.3)


def beach(p: Pen, d: Dice) -> None:
    """Draw a beach with a parasol."""
    sky(p, d, 34)
    p.gradient((46, 128, 168), (126, 200, 204), 34, 52)
    p.gradient((236, 214, 168), (216, 186, 136), 50, 75)
    for i in range(5):
        y = 36 + i * 3
        for k in range(4):
            x = k * 28 + d.between(-8, 8)
            p.line([(x, y), (x + 12, y + 0.3)], (250, 252, 252, 150), 0.5)
    p.oval(50, 52, 70, 2.6, (246, 244, 236))
    x, colour = d.between(34, 62), d.pick(BRIGHT)
    p.shadow(x + 14, 69, 20, 2.6)
    p.line([(x, 28), (x + 5, 70)], (240, 236, 228), 1)
    for i in range(6):
        a, b = math.pi + i * math.pi / 6, math.pi + (i + 1) * math.pi / 6
        p.poly([(x, 27)] + [(x + 24 * math.cos(a + (b - a) * k / 4),
                             42 + 20 * math.sin(a + (b - a) * k / 4)) for k in range(5)],
               colour if i % 2 else (250, 246, 238))  # fmt: skip
    p.poly([(x - 20, 68), (x - 2, 68), (x + 2, 72), (x - 18, 72)], d.pick(BRIGHT))


def forest(p: Pen, d: Dice) -> None:
    """Draw a forest in the mist with a path."""
    p.gradient((206, 222, 200), (150, 184, 140), 0, 56)
    p.gradient((92, 126, 66), (60, 88, 46), 54, 75)
    for layer, (size, tone) in enumerate(((20, 1.5), (28, 1.2), (40, 0.9))):
        for i in range(8):
            x = i * 14 + d.between(-5, 5)
            if layer < 2 or not 32 < x < 68:
                tree(p, x, 56 + layer * 5, size + d.between(-4, 4), shade((62, 112, 66), tone))
    p.poly([(46, 56), (54, 56), (72, 75), (30, 75)], (186, 160, 116))
    p.glow(50, 16, 12, (255, 250, 220), 160)


def turbine(p: Pen, d: Dice) -> None:
    """Draw wind turbines on green hills."""
    sky(p, d, 60)
    for i in range(3):
        x = i * 42 + d.between(-8, 8)
        p.oval(x, 76, 46, 24, shade((112, 160, 80), 0.88 + i * 0.1))
    for x, size in ((20, 0.62), (80, 0.7), (d.between(42, 56), 1.0)):
        base, hub = 64.0, 64 - 46 * size
        p.poly([(x - 1.5 * size, base), (x + 1.5 * size, base), (x + 0.7 * size, hub),
                (x - 0.7 * size, hub)], (236, 240, 243))  # fmt: skip
        turn = d.between(0, 2)
        for k in range(3):
            a = turn + k * 2.0944
            tip = (x + 22 * size * math.cos(a), hub + 22 * size * math.sin(a))
            side = (x + 5 * size * math.cos(a + 0.25), hub + 5 * size * math.sin(a + 0.25))
            p.poly([(x, hub), side, tip], (248, 250, 252))
        p.oval(x, hub, 1.6 * size, 1.6 * size, (210, 216, 220))


def plane(p: Pen, d: Dice) -> None:
    """Draw an airliner above the clouds."""
    p.gradient((70, 134, 200), (196, 220, 236))
    for _ in range(40):
        p.oval(d.between(-5, 105), d.between(58, 78), d.between(8, 16), d.between(3, 7),
               (246, 249, 252, 150))  # fmt: skip
    tail, y = d.pick(BRIGHT), d.between(32, 40)
    p.poly([(44, y), (60, y), (36, y - 20), (31, y - 20)], (176, 186, 196))
    p.poly([(14, y - 1), (24, y - 2), (13, y - 17), (7, y - 17)], tail)
    p.poly([(12, y - 4), (86, y - 5), (94, y - 1), (86, y + 4), (20, y + 3)], (236, 240, 244))
    p.oval(86, y - 0.5, 9, 4.6, (244, 247, 250))
    p.poly([(14, y + 1), (90, y + 0.6), (84, y + 4), (20, y + 3)], (188, 198, 208))
    p.poly([(89, y - 3), (93, y - 1.6), (88, y - 1.4)], (40, 56, 74))
    for x in range(26, 86, 3):
        p.oval(x, y - 1.8, 0.6, 0.75, (54, 74, 96))
    p.poly([(42, y + 1), (60, y + 1), (38, y + 22), (30, y + 22)], (206, 214, 222))
    p.box(44, y + 8, 55, y + 12.6, (150, 160, 172), 2)
    p.poly([(12, y), (22, y), (8, y + 7), (4, y + 7)], (200, 208, 216))


def car(p: Pen, d: Dice) -> None:
    """Draw a car on a road before hills."""
    p.gradient((128, 170, 206), (226, 226, 214), 0, 50)
    for i in range(3):
        x = i * 38 + d.between(-10, 10)
        p.oval(x, 52, 30, 12 + d.between(0, 7), (92 + i * 10, 116 + i * 8, 96))
    p.gradient((96, 98, 102), (58, 60, 64), 50, 75)
    for x in range(-4, 100, 22):
        p.poly([(x, 70), (x + 12, 70), (x + 11, 71.6), (x - 1, 71.6)], (232, 226, 200))
    body = d.pick(((186, 34, 40), (236, 236, 238), (34, 70, 128), (52, 56, 62), (214, 168, 46)))
    p.shadow(50, 63, 40, 4, 150)
    p.poly([(28, 46), (38, 34), (64, 34), (77, 46)], shade(body, 0.9))
    p.poly([(31, 45.4), (39.4, 36), (50, 36), (50, 45.4)], (58, 74, 90))
    p.poly([(52, 45.4), (52, 36), (63, 36), (73, 45.4)], (66, 84, 102))
    p.poly([(40, 36), (44, 36), (38, 45), (33, 45)], (150, 170, 184, 120))
    p.box(12, 44, 90, 60, body, 6)
    p.box(13, 45, 89, 48, shade(body, 1.25), 2)
    p.box(12, 55, 90, 60, shade(body, 0.72), 4)
    p.line([(51, 46), (51, 58)], shade(body, 0.62), 0.4)
    p.oval(87, 49, 2.6, 2, (255, 248, 214))
    p.oval(14, 49, 1.8, 2, (206, 36, 30))
    for x in (28, 74):
        p.oval(x, 60, 8.4, 8.4, (24, 24, 26))
        p.oval(x, 60, 5.2, 5.2, (186, 190, 196))
        for k in range(5):
            a = k * 1.2566
            p.line([(x, 60), (x + 5 * math.cos(a), 60 + 5 * math.sin(a))], (110, 114, 120), 0.8)


def city(p: Pen, d: Dice) -> None:
    """Draw a skyline at night over water."""
    p.gradient((24, 32, 66), (196, 120, 96), 0, 60)
    x = -4.0
    while x < 100:
        width, height = d.between(7, 13), d.between(14, 46)
        tone = d.between(0.7, 1.2)
        p.box(x, 60 - height, x + width, 60, shade((48, 54, 78), tone))
        for row in range(int(height // 3.4)):
            for column in range(int(width // 2.6)):
                if d.count(0, 2):
                    wx, wy = x + 1.2 + column * 2.5, 60 - height + 1.6 + row * 3.3
                    p.box(wx, wy, wx + 1.1, wy + 1.5, (252, 214, 130))
        x += width + d.between(0, 2)
    p.gradient((64, 58, 84), (26, 30, 52), 60, 75)
    for _ in range(60):
        wx, wy = d.between(0, 98), d.between(61, 74)
        p.line([(wx, wy), (wx + d.between(1, 4), wy)], (252, 206, 130, 120), 0.3)


def cone(p: Pen, d: Dice) -> None:
    """Draw a traffic cone on a street."""
    p.gradient((176, 186, 194), (206, 208, 206), 0, 40)
    p.gradient((104, 106, 110), (72, 74, 78), 40, 75)
    for i in range(3):
        p.box(i * 36 + d.between(-4, 4), 8, i * 36 + 26, 40, shade((150, 150, 158), 0.8 + 0.1 * i))
    for x, s in ((50 + d.between(-6, 6), 1.0), (84, 0.55), (18, 0.5))[: d.count(1, 3)]:
        y = 68 - (1 - s) * 14
        p.shadow(x + 3, y, 20 * s, 3 * s, 140)
        p.box(x - 18 * s, y - 4 * s, x + 18 * s, y, (206, 78, 26), 0.8)
        bands = (0.0, 0.28, 0.48, 0.64, 0.8, 1.0)
        for i, (low, high) in enumerate(pairwise(bands)):
            wide, narrow = (13 - 10.6 * low) * s, (13 - 10.6 * high) * s
            bottom, top = y - (4 + low * 46) * s, y - (4 + high * 46) * s
            colour = (244, 242, 238) if i % 2 else (232, 96, 34)
            p.poly([(x - wide, bottom), (x - narrow, top), (x + narrow, top), (x + wide, bottom)],
                   colour)  # fmt: skip
        foot, tip = y - 4 * s, y - 50 * s
        p.poly([(x + 3 * s, foot), (x + s, tip), (x + 2.4 * s, tip), (x + 13 * s, foot)],
               (60, 20, 10, 70))  # fmt: skip
        p.poly([(x - 8 * s, foot), (x - 1.4 * s, tip), (x - 0.6 * s, tip), (x - 4 * s, foot)],
               (255, 240, 220, 80))  # fmt: skip


def fireworks(p: Pen, d: Dice) -> None:
    """Draw fireworks over roofs."""
    p.gradient((10, 12, 34), (44, 36, 76))
    for _ in range(d.count(3, 5)):
        x, y, r, colour = d.between(14, 86), d.between(12, 38), d.between(9, 18), d.pick(BRIGHT)
        p.glow(x, y, r * 0.7, colour, 90)
        for k in range(26):
            a = k * 2 * math.pi / 26
            points = [(x + r * t * math.cos(a), y + r * t * math.sin(a) + r * t * t * 0.22)
                      for t in (0.25, 0.6, 1.0)]  # fmt: skip
            p.line(points, shade(colour, 1.25), 0.35)
            p.oval(*points[-1], 0.6, 0.6, (255, 246, 224))
    x = -2.0
    while x < 100:
        w, h = d.between(8, 14), d.between(6, 15)
        p.box(x, 75 - h, x + w, 75, (14, 14, 24))
        p.poly([(x, 75 - h), (x + w / 2, 70 - h), (x + w, 75 - h)], (14, 14, 24))
        p.box(x + 3, 78 - h, x + 5, 80.6 - h, (250, 206, 120))
        x += w
