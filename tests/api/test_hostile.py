"""Whatever is sent, the answer is a problem in the contract's words, and nothing is stored."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.db.session import Database
from app.settings import Settings
from tests.api.problems import REPORT, REVISION, problem_of, stored, verdict
from tests.conftest import SECRET, As

NUMERATOR, PERCENT, NOTE = "/values/0/numerator", "/values/0/percent", "/values/0/note"


def line(fields: str) -> bytes:
    return f'{{"values": [{{"target": "NC2", {fields}}}], "submit": true}}'.encode()


def counted(numerator: str) -> bytes:
    return line(f'"numerator": {numerator}, "denominator": 400')


NUMBERS = {
    "NaN": "not_a_number",
    "Infinity": "not_a_number",
    "-Infinity": "not_a_number",
    "1e400": "invalid",
    "-1e400": "invalid",
    "1e1000000": "invalid",
    "1e-400": "not_an_integer",
    "1" + "0" * 18: "invalid",
    "1" + "0" * 30: "invalid",
    "9" * 5000: "invalid",
    "-" + "9" * 5000: "invalid",
    "-1": "invalid",
    "0.5": "not_an_integer",
    "1.0": "not_an_integer",
    "1e2": "not_an_integer",
    "true": "not_an_integer",
    "[]": "not_an_integer",
    "{}": "not_an_integer",
    '"300"': "not_an_integer",
    '"1_000"': "not_a_number",
    '"３００"': "not_an_integer",
    '"٣٠٠"': "not_an_integer",
    '""': "not_a_number",
    r'"\u0000"': "not_a_number",
    r'"\ud800"': "not_a_number",
    "[" * 500 + "]" * 500: "not_an_integer",
}
PERCENTS = {
    "NaN": "not_a_number",
    "-Infinity": "not_a_number",
    "1e400": "percent_out_of_range",
    "-1e400": "percent_out_of_range",
    "1e1000000": "percent_out_of_range",
    "0e1000000": "percent_out_of_range",
    "1e-400": "invalid",
    "9" * 5000: "percent_out_of_range",
    "-0.5": "percent_out_of_range",
    "100.000001": "percent_out_of_range",
    "true": "not_a_number",
    "[]": "not_a_number",
    '"９５"': "not_a_number",
    '"٩٥"': "not_a_number",
    '"95_0"': "not_a_number",
    '"1e2"': "not_a_number",
    '"NaN"': "not_a_number",
    r'"95\u0000"': "not_a_number",
    r'"\udfff"': "not_a_number",
}
PLACES: dict[str, tuple[bytes, str, str]] = {
    "an unknown field": (line('"percent": 50, "x": 1'), "/values/0/x", "invalid"),
    "an unknown field above": (b'{"values": [], "x": 1}', "/x", "invalid"),
    "a key with a slash": (line('"percent": 50, "a/b~c": 1'), "/values/0/a~1b~0c", "invalid"),
    "a NUL in a key": (line(r'"percent": 50, "\u0000": 1'), "/values/0/\0", "invalid"),
    "a surrogate in a key": (line(r'"percent": 50, "\ud800": 1'), "/values/0", "invalid"),
    "a NUL": (line(r'"percent": 50, "note": "a\u0000b"'), NOTE, "invalid"),
    "an escape": (line(r'"percent": 50, "note": "\u001b[2J"'), NOTE, "invalid"),
    "a delete": (line(r'"percent": 50, "note": "\u007f"'), NOTE, "invalid"),
    "a C1 control": (line(r'"percent": 50, "note": "\u0085"'), NOTE, "invalid"),
    "a lone surrogate": (line(r'"percent": 50, "note": "\ud800"'), NOTE, "invalid"),
    "a reversed pair": (line(r'"percent": 50, "note": "\udc00\ud800"'), NOTE, "invalid"),
    "a note too long": (line(f'"percent": 50, "note": "{"ă" * 10_001}"'), NOTE, "invalid"),
    "a number for a note": (line('"percent": 50, "note": 5'), NOTE, "invalid"),
    "a number for a yes": (line('"done": 1'), "/values/0/done", "invalid"),
    "a word for a yes": (line('"done": "yes"'), "/values/0/done", "invalid"),
    "NaN for a yes": (line('"percent": 5, "estimated": NaN'), "/values/0/estimated", "invalid"),
    "a target's NUL": (rb'{"values": [{"target": "NC2\u0000"}]}', "/values/0/target", "invalid"),
    "a target's length": (
        b'{"values": [{"target": "%s"}]}' % (b"N" * 100_000),
        "/values/0/target",
        "invalid",
    ),
    "a word for submit": (b'{"values": [], "submit": "true"}', "/submit", "invalid"),
    "no values": (b'{"submit": true}', "/values", "invalid"),
    "nothing to submit": (b'{"values": [], "submit": true}', "/values", "invalid"),
    "values in an object": (b'{"values": {}}', "/values", "invalid"),
    "a value that is none": (b'{"values": [null]}', "/values/0", "invalid"),
    "too many values": (b'{"values": [%s]}' % b",".join([b"{}"] * 1001), "/values", "invalid"),
    "a target twice": (
        b'{"values": [{"target": "NC2", "percent": 50}, {"target": "NC2", "percent": 60}]}',
        "/values/1/target",
        "duplicate_row",
    ),
}
NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "a space": b" ",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "true": b"true",
    "NaN": b"NaN",
    "a surrogate": rb'"\ud800"',
    "half an object": b'{"values": [',
    "two objects": b"{}{}",
    "a comment": b"/* */{}",
    "single quotes": b"{'values': []}",
    "a form": b"values=1",
    "invalid UTF-8": b'{"values": "\xff"}',
    "a surrogate in UTF-8": b'{"values": "\xed\xa0\x80"}',
    "overlong UTF-8": b'{"values": "\xc0\x80"}',
    "UTF-16": '{"values": []}'.encode("utf-16"),
    "UTF-32": '{"values": []}'.encode("utf-32"),
    "UTF-8 with BOM": b'\xef\xbb\xbf{"values": []}',
    "a raw NUL": b'{"values": "\0"}',
    "deep brackets": b"[" * 100_000 + b"]" * 100_000,
    "deep brackets, open": b"[" * 100_000,
    "deep objects": b'{"values":' * 100_000,
    "an exponent without end": line(f'"numerator": 1e{"9" * 30}, "denominator": 4'),
    "one key twice": line('"numerator": 300, "numerator": 3, "denominator": 400'),
    "values twice": b'{"values": [{"target": "NC2", "percent": 50}], "values": []}',
}


@pytest.fixture
def settings(url: str) -> Settings:
    """Without a limit of requests: these tests send hundreds."""
    return Settings(database_url=url, secret_key=SECRET, rate_per_minute=0)


def test_a_hostile_figure_is_refused_at_its_place_and_stores_nothing(
    as_: As, database: Database
) -> None:
    reporter = as_("reporter", "P63-25")
    before = stored(database)
    sent = {("numerator", n): (counted(n), NUMERATOR, code) for n, code in NUMBERS.items()}
    sent |= {("percent", n): (line(f'"percent": {n}'), PERCENT, c) for n, c in PERCENTS.items()}
    found = {name: verdict(reporter.put(REPORT, content=one[0])) for name, one in sent.items()}
    assert found == {name: (422, place, code) for name, (_, place, code) in sent.items()}
    assert stored(database) == before
    assert reporter.get(REPORT).status_code == 404


def test_a_hostile_field_is_refused_at_its_place_and_stores_nothing(
    as_: As, database: Database
) -> None:
    reporter = as_("reporter", "P63-25")
    before = stored(database)
    found = {name: verdict(reporter.put(REPORT, content=one[0])) for name, one in PLACES.items()}
    assert found == {name: (422, place, code) for name, (_, place, code) in PLACES.items()}
    assert stored(database) == before
    assert reporter.get(REPORT).status_code == 404


def test_a_body_that_is_no_json_object_is_refused_and_stores_nothing(
    as_: As, database: Database
) -> None:
    reporter = as_("reporter", "P63-25")
    before = stored(database)
    found = {name: verdict(reporter.put(REPORT, content=one)) for name, one in NOT_JSON.items()}
    assert found == dict.fromkeys(NOT_JSON, (422, "", "invalid"))
    assert stored(database) == before
    assert reporter.get(REPORT).status_code == 404


def test_every_fault_is_listed_at_once(as_: As) -> None:
    lines = [
        rb'{"target": "NC2", "numerator": "\ud800", "denominator": NaN, "x": 1}',
        b'{"target": "NC3", "percent": 1e400, "note": 5}',
        b'{"target": "NOPE", "percent": 50}',
    ]
    answer = as_("reporter", "P63-25").put(REPORT, content=b'{"values": [%s]}' % b",".join(lines))
    places = {error["pointer"] for error in problem_of(answer)["errors"]}
    assert places == {
        "/values/0/numerator",
        "/values/0/denominator",
        "/values/0/x",
        "/values/1/percent",
        "/values/1/note",
        "/values/2/target",
    }


def in_chunks(size: int) -> Iterator[bytes]:
    yield b'{"values": [], "x": "'
    for _ in range(size // 10_000):
        yield b"x" * 10_000
    yield b'"}'


def test_a_body_over_the_limit_is_refused_however_it_is_sent(as_: As, database: Database) -> None:
    reporter, before = as_("reporter", "P63-25"), stored(database)
    too_large = (413, "nowhere", "file_too_large")
    whole = b"".join(in_chunks(1_100_000))
    assert verdict(reporter.put(REPORT, content=whole)) == too_large
    assert verdict(reporter.put(REPORT, content=in_chunks(1_100_000))) == too_large
    for length in (b"9" * 30, b"-1", b"abc", b"1_0", b"\xb2", b"+5"):
        answer = reporter.put(REPORT, content=b"{}", headers={"Content-Length": length})
        assert verdict(answer) == too_large
    assert verdict(reporter.put(REPORT, content=in_chunks(900_000)))[0] == 422
    assert stored(database) == before


ADMIN = [
    ("POST", "/tokens", '{"name": "n", "role": "admin", "expires_days": %s}', "/expires_days"),
    ("POST", "/tokens", '{"name": %s, "role": "admin"}', "/name"),
    ("POST", "/tokens", '{"name": "n", "role": %s}', "/role"),
    ("POST", "/tokens", '{"name": "n", "role": "reporter", "unit": %s}', "/unit"),
    ("POST", "/units", '{"code": "X", "kind": "sector_union", "names": %s}', "/names"),
    ("POST", "/programmes", '{"code": "X", "title_vi": "v", "title_en": %s}', "/title_en"),
    (
        *("POST", "/programmes"),
        '{"code": "X", "title_vi": "v", "title_en": "e", "periods": [{"code": "2024", '
        '"due_on": %s}]}',
        "/periods/0/due_on",
    ),
    (
        *("POST", "/programmes"),
        '{"code": "X", "title_vi": "v", "title_en": "e", "periods": [{"code": "2024", '
        '"opens_at": %s}]}',
        "/periods/0/opens_at",
    ),
    ("PATCH", "/programmes/NC-2024", '{"groups": %s}', "/groups"),
    ("PATCH", "/programmes/NC-2024", '{"title_vi": %s}', "/title_vi"),
    ("PATCH", "/units/P63-25", '{"reason": "r", "valid_from": %s}', "/valid_from"),
    ("PATCH", "/periods/NC-2024/2024", '{"due_on": %s}', "/due_on"),
    ("POST", "/periods/NC-2024/2024/decision", '{"reason": "r", "act": %s}', "/act"),
]
# Wrong for each of the fields above. A day in 9999 has no day after it to be late on.
WRONG = ["NaN", "-Infinity", "1e400", "9" * 5000, "true", r'"\u0000"', r'"\ud800"', '""', "[[]]"]
DAYS = [
    '"9999-12-31"',
    '"0001-01-01"',
    '"2024-02-30"',
    '"２０２４-01-01"',
    '"20240101"',
    "20240101",
]
MOMENTS = ['"9999-12-31T23:59:59Z"', '"0001-01-01T00:00:00+14:00"', '"2024-01-01T00:00:00"']


def test_a_hostile_definition_is_refused_at_its_place_and_stores_nothing(
    as_: As, database: Database
) -> None:
    admin = as_("admin")
    before = stored(database)
    accepted: dict[tuple[str, str, str], Any] = {}
    for verb, path, body, place in ADMIN:
        special = DAYS if place.endswith("_on") else MOMENTS if place.endswith("_at") else []
        if place in ("/groups", "/title_vi", "/name", "/names", "/role"):
            special = ["null"]
        for wrong in (*WRONG, *special):
            found = verdict(admin(verb, path, content=(body % wrong).encode()))
            if found[0] != 422 or not found[1].startswith(place):
                accepted[verb, path, (body % wrong)[-60:]] = found
    for wrong in ("NaN", "1e400", "-5", '"999999999"', "true", '"٩٥"', r'"\ud800"'):
        given = f'{{"effective_on": "2025-01-01", "reason": "r", "threshold_percent": {wrong}}}'
        found = verdict(admin.post(REVISION, content=given.encode()))
        # What a percent may be depends on its target: a fault of both stands at the whole.
        if found[0] != 422 or found[1] not in ("/threshold_percent", ""):
            accepted["POST", REVISION, wrong] = found
    assert not accepted
    assert stored(database) == before
