"""The JSON door: parse, call one use case, answer. No rules, no SQL."""

from fastapi import APIRouter, Depends

from app.api import (
    access,
    attachments,
    attainment,
    audit,
    bulk,
    comments,
    exports,
    health,
    imports,
    papers,
    periods,
    programmes,
    proposals,
    public_links,
    registers,
    reports,
    snapshots,
    templates,
    units,
    users,
    webhooks,
)
from app.deps import only_known_query

router = APIRouter(prefix="/api/v1", dependencies=[Depends(only_known_query)])
for noun in (
    exports,  # before attainment: there {code} would swallow a suffix
    papers,
    bulk,
    reports,
    comments,
    attachments,
    attainment,
    imports,
    programmes,
    units,
    periods,
    registers,
    proposals,
    snapshots,
    public_links,
    templates,
    access,
    audit,
    users,
    webhooks,
):
    router.include_router(noun.router)
bare = health.router
