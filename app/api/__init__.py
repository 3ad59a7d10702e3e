"""The JSON door: parse, call one use case, answer. No rules, no SQL."""

from fastapi import APIRouter, Depends

from app.api import (
    access,
    attainment,
    health,
    periods,
    programmes,
    registers,
    reports,
    snapshots,
    units,
)
from app.deps import only_known_query

router = APIRouter(prefix="/api/v1", dependencies=[Depends(only_known_query)])
for noun in (reports, attainment, programmes, units, periods, registers, snapshots, access):
    router.include_router(noun.router)
bare = health.router
