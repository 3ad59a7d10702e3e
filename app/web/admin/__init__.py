"""The administrator's pages."""

from fastapi import APIRouter

from app.web.admin import (
    catalogue,
    home,
    periods,
    proposals,
    registers,
    snapshots,
    successions,
    tokens,
    units,
    users,
    webhooks,
)

router = APIRouter()
for door in (
    home,
    catalogue,
    units,
    successions,
    periods,
    registers,
    users,
    tokens,
    proposals,
    webhooks,
    snapshots,
):
    router.include_router(door.router)
