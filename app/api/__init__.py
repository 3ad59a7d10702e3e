"""The JSON door: parse, call one use case, answer. No rules, no SQL."""

from fastapi import APIRouter, Depends

from app.api import (
    access,
    attainment,
    exports,
    health,
    imports,
    periods,
    programmes,
    registers,
    reports,
    snapshots,
    templates,
    units,
)
from app.deps import only_known_query

router = APIRouter(prefix="/api/v1", dependencies=[Depends(only_known_query)])
for noun in (
    exports,  # before attainment: there {code} would swallow a suffix
    reports,
    attainment,
    imports,
    programmes,
    units,
    periods,
    registers,
    snapshots,
    templates,
    access,
):
    router.include_router(noun.router)
bare = health.router
