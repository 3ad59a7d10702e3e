"""The audit's chain: what its hashes are of, so that anyone can work them out again."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.chain import FIRST, PLAIN, canonical, event_sha256, personal_sha256

EVENT: dict[str, Any] = {
    "id": 1,
    "at": datetime(2024, 12, 10, 3, 0, 0, 250, UTC),
    "account_id": 7,
    "token": "0123456789ab",
    "session": None,
    "action": "report:submit",
    "subject": "reports/NC-2024/2024/P63-25",
    "detail": {"revision": 1, "comment": "Phú Thọ đã kiểm tra"},
    "request_id": "yeu-cau-00001",
    "personal_sha256": None,
    "previous_sha256": FIRST,
}
# Written out, not made by the program: keys in order, no spaces, UTF-8.
WRITTEN = (
    '{"account_id":7,"action":"report:submit","at":"2024-12-10T03:00:00.000250Z",'
    '"detail":{"comment":"Phú Thọ đã kiểm tra","revision":1},"id":1,"personal_sha256":null,'
    f'"previous_sha256":"{"0" * 64}","request_id":"yeu-cau-00001","session":null,'
    '"subject":"reports/NC-2024/2024/P63-25","token":"0123456789ab"}'
)
facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_an_events_hash_is_of_its_canonical_json() -> None:
    assert event_sha256(EVENT) == hashlib.sha256(WRITTEN.encode()).hexdigest()


def test_personal_data_are_in_the_chain_by_a_salted_hash_alone() -> None:
    written = '{"content":{"address":"192.0.2.7"},"salt":"a1b2"}'
    expected = hashlib.sha256(written.encode()).hexdigest()
    assert personal_sha256({"address": "192.0.2.7"}, "a1b2") == expected


def test_an_instant_is_the_same_in_every_zone() -> None:
    here = EVENT["at"].astimezone(timezone(timedelta(hours=7)))
    assert event_sha256(EVENT | {"at": here}) == event_sha256(EVENT)


@given(st.sampled_from(PLAIN), facts)
def test_whatever_is_changed_in_an_event_changes_its_hash(column: str, other: Any) -> None:
    same = canonical({"": other}) == canonical({"": EVENT[column]})
    assert (event_sha256(EVENT | {column: other}) == event_sha256(EVENT)) is same


@given(st.timedeltas())
def test_an_event_a_microsecond_later_is_another(later: timedelta) -> None:
    at = datetime(1990, 1, 1, tzinfo=UTC) + min(abs(later), timedelta(days=300_000))
    assert (event_sha256(EVENT | {"at": at}) == event_sha256(EVENT)) is (at == EVENT["at"])


@pytest.mark.parametrize("column", [*PLAIN, "at"])
def test_nothing_of_an_event_is_left_out(column: str) -> None:
    without = {name: fact for name, fact in EVENT.items() if name != column}
    with pytest.raises(KeyError):
        event_sha256(without)
