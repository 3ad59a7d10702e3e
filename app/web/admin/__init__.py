"""The administrator's pages."""

from fastapi import APIRouter

from app.web.admin import proposals, snapshots, tokens, users, webhooks

router = APIRouter()
for door in (users, tokens, proposals, webhooks, snapshots):
    router.include_router(door.router)
