"""Animals, people, plants and play."""

from __future__ import annotations

import math

from embedstore.sample.canvas import Dice, Pen, shade
from embedstore.sample.scenes.settings import BRIGHT, FURS, PAINTS


def dog(p: Pen, d: Dice) -> None:
    """Draw the portrait of a dog on grass."""
    p.gradient((150, 178, 120), (88, 132, 66))
    p.rough(d, (0, 0, 100, 75), (112, 150, 84), 700, 3)
    fur, patch = d.pick(FURS), d.pick(FURS)
    p.oval(50, 80, 25, 26, shade(fur, 0.84))
    p.fur(d, 50, 76, 24, 20, shade(fur, 0.9), 4)
    p.fur(d, 50, 74, 9, 14, shade(patch, 1.15), 4)
    p.box(33, 57, 67, 61, d.pick(BRIGHT), 2)
    p.ball(50, 62.4, 2.2, (222, 184, 84))
    p.oval(50, 34, 18, 20, fur)
    p.fur(d, 50, 32, 18, 18, fur)
    for side in (-1, 1):
        x = 50 + side * 19
        ear = ((10, 17), (19, 18), (26, 38), (22, 52), (16, 44))
        p.poly([(50 + side * px, py) for px, py in ear], shade(patch, 0.66))
        p.fur(d, x + side * 1.4, 34, 5.4, 14, shade(patch, 0.72), 3)
    if d.count(0, 1):
        p.fur(d, 58.6, 28, 6.4, 8, shade(patch, 0.9), 2)
    p.oval(50, 45, 10.6, 10, shade(fur, 1.18))
    p.fur(d, 50, 45, 10, 9, shade(fur, 1.22), 2)
    for side in (-1, 1):
        eye = 50 + side * 8.4
        p.oval(eye, 29.6, 3, 2.7, (24, 16, 12))
        p.oval(eye, 29.8, 2.2, 2.2, (86, 52, 26))
        p.oval(eye, 29.8, 1.2, 1.3, (10, 8, 8))
        p.oval(eye - 0.7, 29, 0.6, 0.6, (250, 250, 250))
        p.line([(50, 46), (50 + side * 2.6, 50), (50 + side * 7.4, 48.6)], (44, 30, 26), 0.8)
    p.oval(50, 41, 5, 3.7, (24, 20, 20))
    p.oval(48.4, 39.8, 1.6, 0.8, (110, 104, 104))
    if d.count(0, 2):
        p.box(47, 50.4, 53.2, 59, (222, 108, 116), 3)
        p.line([(50.1, 51), (50.1, 57)], (180, 74, 86), 0.4)


def cat(p: Pen, d: Dice) -> None:
    """Draw the portrait of a cat."""
    top = d.pick(((206, 192, 180), (178, 190, 196), (196, 176, 146)))
    p.gradient(top, shade(top, 0.62))
    fur, eye = d.pick(FURS), d.pick(((150, 190, 70), (96, 160, 190), (220, 170, 50)))
    p.oval(50, 82, 25, 28, shade(fur, 0.8))
    p.fur(d, 50, 78, 24, 22, shade(fur, 0.86), 4)
    for side in (-1, 1):
        p.poly([(50 + side * 5, 19), (50 + side * 19, 4), (50 + side * 22, 28)], shade(fur, 0.8))
        p.poly([(50 + side * 10, 18), (50 + side * 17.6, 9), (50 + side * 19, 23)], (206, 150, 140))
        p.fur(d, 50 + side * 15, 17, 4, 6, shade(fur, 0.94), 3)
    p.oval(50, 36, 22, 19, fur)
    p.fur(d, 50, 35, 22, 19, fur)
    stripe = (*shade(fur, 0.5), 170)
    for k in (-8, -4, 0, 4, 8):
        p.line([(50 + k, 17 + abs(k) * 0.2), (50 + k * 0.7, 25)], stripe, 1.1)
    for side in (-1, 1):
        for k in (0, 4, 8):
            p.line([(50 + side * 21, 34 + k), (50 + side * 14.6, 36 + k * 0.6)], stripe, 0.9)
        x = 50 + side * 8.8
        p.oval(x, 33, 4.3, 3.5, (24, 18, 16))
        p.oval(x, 33, 3.8, 3.1, eye)
        p.oval(x, 33, 1.0, 2.9, (10, 10, 10))
        p.oval(x - 1.1, 31.8, 0.7, 0.7, (255, 255, 255))
        p.oval(50 + side * 4, 45.4, 4.6, 3.6, shade(fur, 1.25))
        p.fur(d, 50 + side * 4, 45.4, 4.4, 3.2, shade(fur, 1.3), 1.6)
        for hair in (-2, 0.6, 3):
            p.line([(50 + side * 6, 44.6 + hair * 0.5), (50 + side * 27, 43 + hair * 2)],
                   (246, 244, 240), 0.25)  # fmt: skip
    p.poly([(47.6, 40.6), (52.4, 40.6), (50, 43.4)], (196, 106, 104))
    p.arc((45, 42, 50, 48), 0, 120, (60, 40, 36), 0.5)
    p.arc((50, 42, 55, 48), 60, 180, (60, 40, 36), 0.5)


def flower(p: Pen, d: Dice) -> None:
    """Draw daisies in a meadow."""
    p.gradient((150, 186, 132), (70, 118, 60))
    for _ in range(60):
        x = d.between(0, 100)
        p.line([(x, 75), (x + d.between(-4, 4), d.between(44, 62))], (92, 148, 70), 0.5)
    petal = d.pick(((248, 246, 240), (232, 120, 160), (246, 214, 90), (176, 132, 214)))
    for x, y, r in ((50, 32, 19), (22, 52, 10), (80, 54, 11))[: d.count(1, 3)]:
        p.line([(x, y), (x + 2, 75)], (64, 112, 52), 1.6)
        for k in range(14):
            a = k * 2 * math.pi / 14
            cx, cy = x + r * 0.62 * math.cos(a), y + r * 0.62 * math.sin(a)
            wide = r * 0.2
            p.poly([(x, y), (cx - wide * math.sin(a), cy + wide * math.cos(a)),
                    (x + r * math.cos(a), y + r * math.sin(a)),
                    (cx + wide * math.sin(a), cy - wide * math.cos(a))],
                   shade(petal, 0.86 + 0.14 * (k % 2)))  # fmt: skip
        p.ball(x, y, r * 0.28, (222, 164, 40))


def football(p: Pen, d: Dice) -> None:
    """Draw a football on a pitch."""
    p.gradient((150, 186, 210), (206, 218, 214), 0, 30)
    p.gradient((76, 92, 110), (62, 74, 90), 18, 30)
    for _ in range(150):
        p.oval(d.between(0, 100), d.between(18.6, 29.4), 0.5, 0.6, d.pick(
            (*PAINTS, (230, 220, 210))))  # fmt: skip
    for i in range(9):
        p.gradient((64, 136, 58) if i % 2 else (78, 152, 68), (58, 126, 54), 30 + i * 5, 35 + i * 5)
    p.line([(0, 40), (100, 40)], (240, 244, 236), 0.8)
    if d.count(0, 1):
        for a, b in (((58, 40), (58, 14)), ((58, 14), (96, 14)), ((96, 14), (96, 40))):
            p.line([a, b], (248, 248, 248), 1.3)
        for i in range(1, 10):
            p.line([(58 + i * 3.8, 14), (58 + i * 3.8, 40)], (240, 240, 240, 110), 0.2)
            p.line([(58, 14 + i * 2.6), (96, 14 + i * 2.6)], (240, 240, 240, 110), 0.2)
    x, r = d.between(30, 44), d.between(14, 17)
    y = 70 - r
    p.shadow(x + 3, 69, r * 1.15, 3, 150)
    p.ball(x, y, r, (226, 226, 224))
    dark = (26, 28, 30)
    for k in range(6):
        turn, reach = k * 1.2566 - 1.57, r * 0.74 if k < 5 else 0.0
        cx, cy = x + reach * math.cos(turn), y + reach * math.sin(turn)
        size = r * (0.24 if k < 5 else 0.32)
        p.poly([(cx + size * math.cos(turn + j * 1.2566), cy + size * math.sin(turn + j * 1.2566))
                for j in range(5)], dark)  # fmt: skip
        p.line([(x, y), (cx, cy)], (70, 72, 74), 0.4)


def cinema(p: Pen, d: Dice) -> None:
    """Draw a dark cinema with rows of seats and popcorn."""
    p.gradient((30, 14, 22), (58, 22, 30))
    glow = d.pick(((120, 170, 220), (236, 190, 130), (170, 130, 210)))
    p.glow(50, 22, 30, glow, 150)
    p.box(20, 8, 80, 38, shade(glow, 1.1), 0.6)
    p.poly([(20, 38), (44, 20), (58, 30), (66, 24), (80, 38)], shade(glow, 0.5))
    for row in range(3):
        for i in range(9):
            seat, y = i * 13 - 4 + (row % 2) * 6, 50 + row * 8
            p.box(seat, y, seat + 11, y + 14, shade((150, 30, 40), 0.6 + 0.2 * row), 3)
    x = d.between(60, 78)
    for _ in range(26):
        p.ball(x + d.between(-8, 8), 44 + d.between(-3, 4), 2.3, (250, 234, 180))
    for i in range(6):
        a, b = x - 9 + i * 3, x - 6 + i * 3
        p.poly([(a, 46), (b, 46), (x + (b - x) * 0.74, 70), (x + (a - x) * 0.74, 70)],
               (206, 40, 44) if i % 2 else (248, 244, 238))  # fmt: skip


def stage(p: Pen, d: Dice) -> None:
    """Draw a lit stage before a crowd."""
    p.gradient((20, 16, 40), (60, 40, 84))
    for _ in range(d.count(3, 5)):
        x, foot, colour = d.between(10, 90), d.between(20, 80), d.pick(BRIGHT)
        p.poly([(x, 0), (foot - 10, 52), (foot + 10, 52)], (*shade(colour, 1.3), 80))
    p.box(10, 50, 90, 58, (44, 38, 58))
    p.box(38, 18, 62, 34, (236, 236, 244), 0.6)
    p.box(50, 38, 54, 50, (30, 26, 36), 1.4)
    p.oval(52, 36.4, 2, 2.3, (206, 160, 130))
    p.box(45, 43, 49, 50, (90, 66, 54))
    for row in range(3):
        for i in range(12):
            x, y = i * 9 + (row % 2) * 4.5 - 2 + d.between(-1, 1), 62 + row * 6
            tone = shade((34, 28, 46), 1.3 - 0.3 * row)
            p.oval(x, y, 3, 3.6, tone)
            p.oval(x, y + 8, 5.4, 5.4, tone)
            if not d.count(0, 3):
                p.line([(x + 3, y + 5), (x + 4.4, y - 6)], tone, 1.5)


def desk(p: Pen, d: Dice) -> None:
    """Draw an office desk by a window, with two people at work."""
    p.gradient((232, 230, 224), (204, 202, 198), 0, 56)
    p.table((186, 176, 160), 56, planks=False)
    p.box(56, 8, 92, 36, (156, 194, 214))
    p.line([(74, 8), (74, 36)], (246, 246, 244), 1)
    for x in (26, 62):
        skin = d.pick(((236, 190, 158), (168, 112, 78), (104, 68, 48), (212, 158, 118)))
        hair = d.pick(((40, 30, 26), (120, 80, 44), (176, 150, 110), (70, 66, 70)))
        p.oval(x, 50, 10, 13, d.pick(BRIGHT))
        p.box(x - 1.8, 33, x + 1.8, 39, shade(skin, 0.88))
        p.oval(x, 29, 5.2, 6.2, skin)
        p.arc((x - 5.4, 21.6, x + 5.4, 34), 175, 365, hair, 3)
        for side in (-1, 1):
            p.oval(x + side * 2, 28.6, 0.6, 0.7, (36, 28, 26))
        p.arc((x - 2.4, 29, x + 2.4, 33), 20, 160, (150, 66, 60), 0.5)
    p.box(8, 58, 92, 75, (128, 90, 58))
    p.box(4, 54, 96, 58, (146, 104, 68))
    for x in (32, 68):
        p.poly([(x, 54), (x + 14, 54), (x + 16, 43), (x + 2, 43)], (70, 74, 82))
    p.cylinder(50, 49, 54, 54, (222, 220, 214))
    p.poly([(8, 54), (14, 54), (15, 47), (7, 47)], (180, 96, 62))
    for k in (-3, 0, 3):
        p.oval(11 + k, 41, 2.2, 6, (72, 128, 74))


def chart(p: Pen, d: Dice) -> None:
    """Draw a bar chart with a line that rises."""
    p.gradient((246, 248, 250), (222, 228, 234))
    for i in range(6):
        p.line([(14, 14 + i * 10), (92, 14 + i * 10)], (206, 212, 218), 0.3)
    colour = d.pick(((56, 112, 176), (60, 148, 120), (128, 92, 170), (212, 120, 58)))
    heights, level = [], d.between(8, 18)
    for i in range(d.count(6, 8)):
        level = max(6.0, min(46.0, level + d.between(-3, 9)))
        heights.append(level)
        x = 18 + i * 9
        p.box(x, 64 - level, x + 6, 64, colour, 0.6)
        p.box(x, 64 - level, x + 2, 64, shade(colour, 1.2), 0.6)
    points = [(21 + i * 9, 58 - h * 1.05) for i, h in enumerate(heights)]
    p.line(points, (224, 84, 60), 1)
    for x, y in points:
        p.oval(x, y, 1.3, 1.3, (224, 84, 60))
    p.line([(14, 10), (14, 64), (94, 64)], (70, 78, 88), 0.6)
    p.box(16, 4, d.between(40, 60), 7, (70, 78, 88), 0.6)


def pumpkin(p: Pen, d: Dice) -> None:
    """Draw pumpkins on a porch."""
    p.gradient((66, 52, 84), (196, 116, 70), 0, 52)
    p.table((110, 80, 58), 52)
    for x, y, r in ((50, 46, 18), (82, 56, 10), (20, 57, 9))[: d.count(1, 3)]:
        p.shadow(x, y + r * 0.84, r * 1.2, 3)
        orange = d.pick(((226, 122, 34), (206, 100, 30), (236, 146, 52)))
        for k in (-1, 1, -0.55, 0.55, 0):
            p.oval(x + k * r * 0.62, y, r * 0.56, r * 0.86, shade(orange, 1.1 - 0.3 * abs(k)))
        p.box(x - r * 0.1, y - r * 1.12, x + r * 0.12, y - r * 0.74, (86, 104, 48), 0.6)
        if r > 15 and d.count(0, 1):
            for side in (-1, 1):
                p.poly([(x + side * 10, y - 2), (x + side * 3.4, y - 2), (x + side * 7, y - 9)],
                       (255, 218, 110))  # fmt: skip
            p.poly([(x - 10, y + 4), (x - 4, y + 6), (x, y + 5), (x + 4, y + 6), (x + 10, y + 4),
                    (x + 4, y + 11), (x - 4, y + 11)], (255, 218, 110))  # fmt: skip
