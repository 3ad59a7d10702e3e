"""Hostile paths, filters and headers; and who may is decided before anything is judged."""

import json

import pytest

from app.db.session import Database
from app.settings import Settings
from tests.api.problems import REPORT, REVISION, stored, verdict
from tests.conftest import SECRET, As

GOOD = b'{"values": [{"target": "NC2", "percent": 50}], "submit": true}'
ODD = ["%00", "%01", "%7f", "%C2%85", "%0a", "%ff", "%ED%A0%80", "%EF%BF%BF", "%F0%9F%98%80"]
ODD += ["%E2%80%AE", "A" * 5000, "1e400", "NaN", "9" * 5000, "%EF%BC%91"]
PATHS = {
    "GET": "/programmes/{} /programmes/NC-2024/targets/{} /units/{} /units/{}/lineage "
    "/programmes/NC-2024/targets/{}/revisions /periods/{}/2024 /periods/NC-2024/{} "
    "/reports/{}/2024/P63-25 /reports/NC-2024/{}/P63-25 /reports/NC-2024/2024/{} "
    "/reports/NC-2024/2024/{}/revisions",
    "PUT": "/reports/NC-2024/2024/{}",
    "POST": "/reports/NC-2024/2024/{}/approve /periods/NC-2024/{}/decision "
    "/programmes/NC-2024/targets/{}/revisions",
    "PATCH": "/programmes/{} /units/{} /periods/NC-2024/{}",
    "DELETE": "/tokens/{}",
}
QUERIES = (
    "/units?on={} /units?kind={} /units?limit={} /units?cursor={} /units?{}=1 /targets?programme={}"
    " /units/resolve?name={} /units/resolve?code={} /units/resolve?name=x&on={} /tokens?limit={}"
    " /periods?programme={} /reports?status={} /reports?cursor={} /reports?limit={}"
    " /attainment?programme={}&period=2024 /attainment?programme=NC-2024&period={}"
    " /attainment?programme=NC-2024&period=2024&target={}"
    " /attainment?programme=NC-2024&period=2024&unit={}"
    " /attainment?programme=NC-2024&period=2024&basis={}"
    " /attainment?programme=NC-2024&period=2024&include={}"
    " /dashboards/overview?programme={}&period=2024"
    " /dashboards/completeness?programme=NC-2024&period={}"
    " /registers?programme={} /registers?target={} /registers?period={} /registers?unit={}"
)


@pytest.fixture
def settings(url: str) -> Settings:
    """Without a limit of requests: these tests send hundreds."""
    return Settings(database_url=url, secret_key=SECRET, rate_per_minute=0)


def test_a_hostile_address_is_refused(as_: As, database: Database) -> None:
    admin, before, wrong = as_("admin"), stored(database), {}
    for verb, paths in PATHS.items():
        for path in paths.split():
            for odd in ODD:
                found = verdict(admin(verb, path.format(odd), content=b"{}"))
                if found[0] not in (403, 404):
                    wrong[verb, path, odd[:20]] = found
    for path in QUERIES.split():
        for odd in ODD:
            found = verdict(admin.get(path.format(odd)))
            if found[0] not in (400, 404, 422):
                wrong["GET", path, odd[:20]] = found
    assert not wrong
    assert stored(database) == before


def test_a_filter_that_cannot_be_meant_is_refused(as_: As) -> None:
    """A filter that is silently ignored or misread gives a wrong figure."""
    admin = as_("admin")
    refused = {
        **dict.fromkeys(("/units?q=%00", "/units?q=%0a", "/units?q=%C2%85"), 422),
        **dict.fromkeys(("/units?on=0", "/units?on=1735689600", "/units?on=20241231"), 422),
        **dict.fromkeys(("/units?on=2024-12-31T00:00:00", "/units?on=2024-1-1"), 422),
        **dict.fromkeys(("/units?limit=0", "/units?limit=501", "/units?limit=-1"), 422),
        **dict.fromkeys(("/units?limit=true", "/units?limit=%D9%A3", "/units?On=2024-12-31"), 422),
        **dict.fromkeys(("/units?cursor=", "/units?cursor=YzE6", "/reports?cursor=YzE6LTE"), 400),
        **dict.fromkeys(("/units?cursor=YzI6MQ", "/units?cursor=YzE60Js", "/units?cursor=!"), 400),
        "/reports?cursor=YzE6OTk5OTk5OTk5OTk5OTk5": 400,  # 15 digits: no id that was ever given
        "/reports?status=APPROVED": 422,
    }
    assert {path: verdict(admin.get(path))[0] for path in refused} == refused


def test_hostile_headers_are_refused_or_not_heard(as_: As, database: Database) -> None:
    reporter, admin, nobody = as_("reporter", "P63-25"), as_("admin"), as_(None)
    before, good = stored(database), GOOD
    for tag in (b"\xff", b"\0", b'"1"', b'W/"1"', b"", b",,,", b'"%s"' % (b"9" * 5000), b"\xb2"):
        given = reporter.put(REPORT, content=good, headers={"If-Match": tag})
        assert verdict(given) == (412, "nowhere", "precondition_failed"), tag
    for token in (b"", b"Bearer", b"Bearer \xff", b"Bearer chitieu__", b"Basic YTpi", b"\0"):
        answer = nobody.put(REPORT, content=good, headers={"Authorization": token})
        assert verdict(answer) == (401, "nowhere", "unauthenticated"), token
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for said in (
        b"vi;q=nan",
        b"en;q=1e999",
        b"\xff;q=",
        b"," * 10_000,
        b";q=",
        b"en;q=\xb2",
        b"\0",
    ):
        assert verdict(admin.get("/units/NOPE", headers={"Accept-Language": said}))[0] == 404
    unit = {
        "kind": "sector_union",
        "names": [dict.fromkeys(("name_vi", "short_vi", "name_en"), "a")],
    }
    for index, key in enumerate((b"", b" ", b"\0", b"\x01", b"\x7f", b"\xff", b"k" * 201)):
        body = json.dumps({**unit, "code": f"X{index}"})
        found = verdict(admin.post("/units", content=body, headers={"Idempotency-Key": key}))
        assert found[:2] == (422, "/header/Idempotency-Key"), key
    assert stored(database) == before


def test_who_may_is_decided_before_what_was_sent_is_judged(as_: As, database: Database) -> None:
    before = stored(database)
    bad = {"content": b'{"x": NaN'}
    refused = {
        ("PUT", REPORT, None): 401,
        ("PUT", REPORT, "viewer"): 403,
        ("PUT", REPORT, "admin"): 403,
        ("PUT", "/reports/NC-2024/2024/P63-01", "reporter"): 404,
        ("PUT", "/reports/NC-2024/2031/P63-25", "reporter"): 404,
        ("PUT", "/reports/NOPE/2024/P63-25", "reporter"): 404,
        ("POST", f"{REPORT}/approve", None): 401,
        ("POST", f"{REPORT}/approve", "reviewer"): 404,
        ("POST", "/reports/NC-2024/2024/P63-01/submit", "reporter"): 404,
        ("GET", "/units?x=1", None): 401,
        ("GET", "/units?limit=0&on=x", None): 401,
        **{
            (verb, path, role): status
            for verb, path in (
                ("POST", "/units"),
                ("POST", "/programmes"),
                ("POST", "/tokens"),
                ("PATCH", "/units/P63-25"),
                ("PATCH", "/programmes/NC-2024"),
                ("PATCH", "/periods/NC-2024/2024"),
                ("POST", "/periods/NC-2024/2024/decision"),
                ("POST", REVISION),
            )
            for role, status in ((None, 401), ("reporter", 403), ("reviewer", 403))
        },
        ("PATCH", "/units/NOPE", "admin"): 404,
        ("PATCH", "/programmes/NOPE", "admin"): 404,
        ("PATCH", "/periods/NC-2024/2031", "admin"): 404,
        ("POST", "/programmes/NC-2024/targets/NOPE/revisions", "admin"): 404,
    }
    callers = {None: as_(None), "reporter": as_("reporter", "P63-25")}
    callers |= {role: as_(role) for role in ("viewer", "admin", "reviewer")}
    before = stored(database)
    found = {(v, path, who): callers[who](v, path, **bad).status_code for v, path, who in refused}
    assert found == refused
    key = {"Idempotency-Key": "k" * 300}
    assert callers["reporter"].post("/units", json={}, headers=key).status_code == 403
    assert stored(database) == before
