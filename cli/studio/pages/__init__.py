"""The pages that an analyst sees, one file a view."""

from embedstore.cli.studio.pages import (
    compose,
    data,
    find,
    front,
    label,
    media,
    sql,
    static,
    uploads,
    works,
)
from embedstore.cli.studio.pages import map as map_page
from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
for each in (front, static, media, uploads, find, map_page, compose, works, label, data, sql):
    router.include_router(each.router)
