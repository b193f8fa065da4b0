"""The scenes: each draws one picture on a fresh canvas of 100 by 75 units."""

from __future__ import annotations

from collections.abc import Callable

from embedstore.sample.canvas import Dice, Pen
from embedstore.sample.scenes import devices, lively, outdoors, table

Scene = Callable[[Pen, Dice], None]

SCENES: dict[str, Scene] = {
    "cup": table.cup,
    "bread": table.bread,
    "fruit": table.fruit,
    "plate": table.plate,
    "blocks": table.blocks,
    "armchair": table.armchair,
    "lipstick": table.lipstick,
    "parcel": table.parcel,
    "coins": table.coins,
    "gift": table.gift,
    "phone": devices.phone,
    "laptop": devices.laptop,
    "padlock": devices.padlock,
    "headphones": devices.headphones,
    "gamepad": devices.gamepad,
    "umbrella": devices.umbrella,
    "heart": devices.heart,
    "newspaper": devices.newspaper,
    "bulb": devices.bulb,
    "price_tag": devices.price_tag,
    "mountain": outdoors.mountain,
    "tent": outdoors.tent,
    "beach": outdoors.beach,
    "forest": outdoors.forest,
    "turbine": outdoors.turbine,
    "plane": outdoors.plane,
    "car": outdoors.car,
    "city": outdoors.city,
    "cone": outdoors.cone,
    "fireworks": outdoors.fireworks,
    "dog": lively.dog,
    "cat": lively.cat,
    "flower": lively.flower,
    "football": lively.football,
    "cinema": lively.cinema,
    "stage": lively.stage,
    "desk": lively.desk,
    "chart": lively.chart,
    "pumpkin": lively.pumpkin,
}
