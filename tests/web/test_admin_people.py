"""The administrator's pages: people, tokens, proposals, webhooks, snapshots, public links."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.settings import Settings
from app.web.admin import proposals
from tests.api.journeys import NC, approved, ratio
from tests.conftest import SECRET, As, Clock
from tests.web.people import person, send, sign_in, who

Desk = Callable[..., TestClient]
ONCE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(url: str) -> Settings:
    here = frozenset({"127.0.0.1"})
    return Settings(
        database_url=url, secret_key=SECRET, two_administrators=True, webhook_hosts=here
    )


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    """desk("admin") is the browser of a person of that role, signed in."""

    def sit(role: str, name: str | None = None) -> TestClient:
        person(database, name or f"{role} ngồi bàn", role)
        browser = TestClient(client.app, raise_server_exceptions=False, follow_redirects=False)
        assert sign_in(browser, name or f"{role} ngồi bàn").status_code == 303
        return browser

    return sit


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def shown_once(answer: Any, name: str) -> str:
    """What stands in the field that is shown this once, and in no address."""
    assert answer.status_code == 200, words(answer.text)
    (found,) = re.findall(rf'<input id="{name}" value="([^"]+)"', answer.text)
    assert "location" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    return unescape(found)


def told(database: Database) -> str:
    """All that the audit has, with what is personal in it."""
    with database.reading() as session:
        return "".join(
            str(list(session.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
            for table in ("audit_event", "audit_personal")
        )


def user_named(as_: As, name: str) -> Any:
    (found,) = as_("admin").get("/users", params={"q": name}).json()["items"]
    return found


def test_a_person_is_invited_and_the_link_is_shown_this_once(
    desk: Desk, as_: As, database: Database
) -> None:
    admin = desk("admin")
    asked = {"name": "cán bộ báo cáo Phú Thọ", "role": "reporter", "ends_on": "2025-12-31"}
    refused = send(admin, "/admin/users", **asked)
    assert refused.status_code == 422
    # Nothing typed is lost, and what is wrong stands beside its field and above them all.
    assert 'value="cán bộ báo cáo Phú Thọ"' in refused.text
    assert 'value="2025-12-31"' in refused.text
    assert '<option value="reporter" selected>' in refused.text
    assert 'id="unit-wrong"' in refused.text
    assert 'href="#unit"' in refused.text
    assert "Vai trò “cán bộ báo cáo”" in unescape(refused.text)
    link = shown_once(send(admin, "/admin/users", unit="P63-25", **asked), "link")
    assert link.startswith("http://127.0.0.1:8000/welcome?link=")
    secret = link.partition("link=")[2]
    user = user_named(as_, "can bo bao cao")
    page = admin.get(f"/admin/users/{user['id']}").text
    assert "Cán bộ báo cáo · Phú Thọ" in words(page)
    assert "đến hết 31/12/2025" in page
    assert secret not in page + told(database)
    password = {"link": secret, "password": "hoa ban nở trắng đèo", "again": "hoa ban nở trắng đèo"}
    assert admin.post("/welcome", data=password).status_code == 303


@ONCE
def test_people_are_found_by_name_without_diacritics_by_role_unit_and_state(
    desk: Desk, as_: As
) -> None:
    made: dict[str, int] = {}
    for name, role, unit in (
        ("Đỗ ở Phú Thọ", "reporter", "P63-25"),
        ("Lãnh đạo Hà Nội", "unit_approver", "P63-01"),
        ("Thẩm định", "reviewer", None),
    ):
        asked = {"name": name, "role": role, "unit": unit}
        made[name] = as_("admin").post("/users", json=asked).json()["id"]
    as_("admin").patch(f"/users/{made['Thẩm định']}", json={"active": False})
    admin = desk("admin")

    def found(query: str) -> set[str]:
        return {name for name in made if name in admin.get(f"/admin/users?{query}").text}

    assert found("") == set(made)
    assert found("q=do+o+phu+tho") == {"Đỗ ở Phú Thọ"}
    assert found("role=unit_approver") == {"Lãnh đạo Hà Nội"}
    assert found("unit=P63-25&role=reporter") == {"Đỗ ở Phú Thọ"}
    assert found("state=deactivated") == {"Thẩm định"}
    assert found("state=invited") == {"Đỗ ở Phú Thọ", "Lãnh đạo Hà Nội"}
    # A name that only answers for a token is not a person.
    assert "reviewer xem" not in admin.get("/admin/users").text


@ONCE
def test_roles_are_granted_for_a_time_and_taken_back_and_an_account_is_shut(
    desk: Desk, database: Database, client: TestClient
) -> None:
    admin, id_ = desk("admin"), person(database, "A", "viewer")
    sign_in(client, "A")
    page = f"/admin/users/{id_}"
    grant = {"role": "auditor", "starts_on": "2024-12-01", "reason": "QĐ 15"}
    assert send(admin, f"{page}/grant", **grant).headers["location"] == f"{page}?done=grant"
    again = send(admin, f"{page}/grant", **grant)
    assert again.status_code == 409
    assert 'value="QĐ 15"' in again.text
    with database.reading() as session:
        (auditor,) = session.execute(
            text("SELECT id FROM account_grant WHERE role = 'auditor'")
        ).scalars()
    assert send(admin, f"{page}/grants/{auditor}/revoke").status_code == 303
    assert "Đã thu hồi" in words(admin.get(page).text)
    assert who(client)["role"] == "viewer"
    assert send(admin, f"{page}/end-sessions").status_code == 303
    assert who(client) == 401
    assert send(admin, f"{page}/deactivate").status_code == 303
    assert sign_in(client, "A").status_code == 401
    assert send(admin, f"{page}/send-link").status_code == 409
    assert send(admin, f"{page}/reactivate").status_code == 303
    assert sign_in(client, "A").status_code == 303
    assert send(admin, f"{page}/nothing").status_code == 404


@ONCE
def test_nobody_changes_what_opens_the_system_to_themselves(desk: Desk, database: Database) -> None:
    admin = desk("admin", "B")
    with database.reading() as session:
        own = session.execute(text("SELECT id FROM account WHERE name = 'B'")).scalar_one()
    page = f"/admin/users/{own}"
    assert "tài khoản của chính anh/chị" in admin.get(page).text
    assert f"{page}/deactivate" not in admin.get(page).text
    refused = send(admin, f"{page}/deactivate")
    assert refused.status_code == 409
    assert "do quản trị viên khác làm" in words(refused.text)


@ONCE
def test_a_name_is_forgotten_only_by_who_says_that_it_is_for_good(
    desk: Desk, database: Database
) -> None:
    admin, id_ = desk("admin"), person(database, "người thôi việc", "viewer")
    page = f"/admin/users/{id_}"
    hasty = send(admin, f"{page}/pseudonymise", reason="thôi việc")
    assert hasty.status_code == 422
    assert 'value="thôi việc"' in hasty.text
    assert "Hãy đánh dấu vào ô này" in words(hasty.text)
    done = send(admin, f"{page}/pseudonymise", reason="thôi việc", sure="1")
    assert done.headers["location"] == f"{page}?done=pseudonymise"
    after = admin.get(page).text
    assert "người thôi việc" not in after
    assert f"Người dùng #{id_}" in after
    assert f"{page}/grant" not in after


@ONCE
def test_a_token_is_shown_once_rotated_and_revoked(
    desk: Desk, database: Database, client: TestClient
) -> None:
    admin = desk("admin")
    asked = {"name": "Phần mềm Phú Thọ", "role": "reporter", "unit": "P63-25"}
    refused = send(admin, "/admin/tokens", **asked, expires_days="500")
    assert refused.status_code == 422
    assert 'value="500"' in refused.text
    made = send(admin, "/admin/tokens", **asked, expires_days="90", scope_read="1")
    first = shown_once(made, "token")
    id_ = first.split("_")[1]

    def opens(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/api/v1/me", headers=headers).status_code == 200

    page = admin.get("/admin/tokens").text
    assert "Đọc số liệu" in page
    assert first not in page + told(database)
    week = send(admin, f"/admin/tokens/{id_}/rotate", overlap_hours="169")
    assert week.status_code == 422
    assert 'value="169"' in week.text
    assert 'id="overlap_hours-wrong"' in week.text
    second = shown_once(send(admin, f"/admin/tokens/{id_}/rotate", overlap_hours="1"), "token")
    assert opens(first)
    assert opens(second)
    listed = admin.get("/admin/tokens").text
    assert listed.index(second.split("_")[1]) < listed.index(id_)  # the newest first
    twice = send(admin, f"/admin/tokens/{id_}/rotate", overlap_hours="1")
    assert twice.status_code == 409
    assert "đang trong thời gian đổi mã" in twice.text
    done = send(admin, f"/admin/tokens/{second.split('_')[1]}/revoke")
    assert done.headers["location"] == "/admin/tokens?done=revoked"
    assert not opens(second)
    assert second.split("_")[1] not in admin.get("/admin/tokens").text
    assert second.split("_")[1] in admin.get("/admin/tokens?all=1").text


@ONCE
def test_a_proposal_shows_before_and_after_and_another_administrator_decides(
    desk: Desk, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"/programmes/{NC}/targets/NC2"
    for percent in (80, 85):
        revision = {"effective_on": "2024-01-01", "reason": "KL 05", "threshold_percent": percent}
        as_("admin").post(f"{target}/revisions", json=revision)
    row = {"programme": NC, "unit": "P63-25", "target": "NC2", "period": "2024", "denominator": 400}
    as_("admin").put("/registers", json={"rows": [row]})
    admin, auditor = desk("admin"), desk("auditor")
    register, second, first = re.findall(
        r"/admin/proposals/([0-9a-f]+)", admin.get("/admin/proposals?state=open").text
    )
    monkeypatch.setattr(proposals, "LINES", 2)
    newest = admin.get("/admin/proposals?state=open").text
    assert (register in newest, second in newest, first in newest) == (True, True, False)
    assert 'rel="next" href="/admin/proposals?state=open&amp;page=2"' in newest
    oldest = admin.get("/admin/proposals?state=open&page=2").text
    assert (second in oldest, first in oldest) == (False, True)
    assert 'rel="prev" href="/admin/proposals?state=open"' in oldest
    page = words(admin.get(f"/admin/proposals/{first}").text)
    # The resolution asks for 90 %.
    assert "Mức phải đạt (%) threshold_percent 90% 80%" in page
    assert "KL 05" in page
    assert "NC2 · Phú Thọ · 2024" in words(admin.get(f"/admin/proposals/{register}").text)
    # An auditor reads it, and is offered nothing.
    seen = auditor.get(f"/admin/proposals/{first}")
    assert seen.status_code == 200
    assert "<textarea" not in seen.text
    assert send(auditor, f"/admin/proposals/{first}/confirm").status_code == 403
    assert desk("viewer").get("/admin/proposals").status_code == 403
    silent = send(admin, f"/admin/proposals/{second}/refuse", comment=" ")
    assert silent.status_code == 422
    assert 'id="comment-wrong"' in silent.text
    assert send(admin, f"/admin/proposals/{second}/refuse", comment="trùng").status_code == 303
    assert send(admin, f"/admin/proposals/{first}/confirm").status_code == 303
    assert as_("viewer").get(target).json()["threshold_percent"] == 80
    late = send(admin, f"/admin/proposals/{first}/refuse", comment="muộn")
    assert late.status_code == 409
    assert send(admin, f"/admin/proposals/{register}/withdraw").status_code == 403


@ONCE
def test_who_proposed_a_change_may_withdraw_it_and_not_confirm_it(desk: Desk) -> None:
    admin = desk("admin", "C")
    row = {"programme": NC, "unit": "P63-25", "target": "NC2", "period": "2024", "denominator": 400}
    csrf = re.findall(r'name="csrf" value="(\w+)"', admin.get("/admin/tokens/new").text)[0]
    made = admin.put("/api/v1/registers", json={"rows": [row]}, headers={"x-csrf-token": csrf})
    page = f"/admin/proposals/{made.json()['id']}"
    shown = admin.get(page).text
    assert f"{page}/withdraw" in shown
    assert f"{page}/confirm" not in shown
    assert send(admin, f"{page}/confirm").status_code == 403
    assert send(admin, f"{page}/withdraw", comment="nhầm").status_code == 303
    assert "Đã rút" in words(admin.get(page).text)


@ONCE
def test_a_webhook_is_made_tried_and_removed(desk: Desk, database: Database) -> None:
    admin = desk("admin")
    refused = send(admin, "/admin/webhooks", url="http://10.0.0.1/")
    assert refused.status_code == 422
    assert 'value="http://10.0.0.1/"' in refused.text
    given = {"url": "https://127.0.0.1/nhan?khoa=bi-mat", "tell_report:approve": "1"}
    secret = shown_once(send(admin, "/admin/webhooks", **given), "secret")
    assert secret.startswith("whsec_")
    assert secret not in told(database)
    assert "bi-mat" not in told(database)
    listed = admin.get("/admin/webhooks").text
    assert "Duyệt báo cáo" in listed
    (id_,) = re.findall(r'href="/admin/webhooks/(\w+)"', listed)
    page = f"/admin/webhooks/{id_}"
    assert send(admin, f"{page}/test").headers["location"] == f"{page}?done=test"
    assert "Tin thử" in words(admin.get(page).text)
    assert secret not in admin.get(page).text
    assert send(admin, f"{page}/remove").status_code == 303
    assert admin.get(page).status_code == 404
    assert "Chưa có webhook nào" in admin.get("/admin/webhooks").text


def test_figures_are_frozen_verified_compared_with_now_and_given_out_by_a_link(
    desk: Desk, as_: As, clock: Clock, client: TestClient
) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    admin = desk("admin")
    offered = admin.get("/admin/snapshots").text
    # It is 10 December 2024: there is nothing yet to freeze of what has not begun.
    assert f'value="{NC}/2024"' in offered
    assert "2025" not in re.findall(r"<select.*?</select>", offered, re.S)[0]
    taken = send(admin, "/admin/snapshots", what=f"{NC}/2024")
    assert taken.headers["location"] == "/admin/snapshots?done=taken"
    assert "/snapshots/000001/verify" in admin.get("/admin/snapshots").text
    viewer = desk("viewer")
    assert "Ảnh chụp toàn vẹn" in viewer.get("/snapshots/000001/verify").text
    assert "Không có con số nào thay đổi" in viewer.get("/snapshots/000001/changes").text
    # 300/400 = 75 %, then 500/650: 76.923… rounds to 76.92.
    approved(as_, "P63-01", [ratio("NC2", 200, 250)])
    changes = words(viewer.get("/snapshots/000001/changes").text)
    assert re.search(r"NC2 Nữ .* 75,00\s%.* 76,92\s%", changes)
    frozen = viewer.get("/snapshots/000001").text
    assert "300/400" in frozen
    assert "500/650" not in frozen
    # Each figure leads to what it rested on then.
    (where,) = set(re.findall(r'href="(/explain\?[^"]*target=NC2&amp;unit=VGCL[^"]*)"', frozen))
    assert "known_at=" in where
    assert "/admin/" not in viewer.get("/snapshots").text
    assert viewer.get("/admin/snapshots").status_code == 403
    assert viewer.get("/admin/snapshots/000001").status_code == 403

    page = "/admin/snapshots/000001"
    refused = send(admin, f"{page}/links", name="Hội nghị", expires_days="91")
    assert refused.status_code == 422
    assert 'value="Hội nghị"' in refused.text
    made = send(admin, f"{page}/links", name="Hội nghị", expires_days="30")
    secret = shown_once(made, "url").rpartition("/")[2]
    assert client.get(f"/public/{secret}").status_code == 200
    listed = admin.get(page).text
    assert secret not in listed
    assert "Đang mở" in listed
    (id_,) = re.findall(r"/admin/public-links/(\w+)/revoke", listed)
    gone = send(admin, f"/admin/public-links/{id_}/revoke")
    assert gone.headers["location"] == f"{page}?done=revoked"
    assert client.get(f"/public/{secret}").status_code == 404
