"""The pages that an analyst sees, one file a view."""

from fastapi import APIRouter

router = APIRouter()
