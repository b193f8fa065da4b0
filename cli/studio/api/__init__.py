"""The REST service, under ``/api/v1``."""

from embedstore.cli.studio.api import builds, drafts, library, search
from fastapi import APIRouter

router = APIRouter()
for each in (library, search, drafts, builds):
    router.include_router(each.router)
