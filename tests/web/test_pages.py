"""The HTML door without a browser: who gets in, in which language, and what the page says."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.deps import SESSION_COOKIE, csrf_of
from tests.api.journeys import approved
from tests.conftest import As, Clock, TokenFactory

NC = "/?programme=NC-2024&period=2024"
SITE = "http://testserver"
SignIn = Callable[..., Any]


@pytest.fixture
def sign_in(client: TestClient, token: TokenFactory) -> SignIn:
    """sign_in("reviewer") signs the client in and gives the answer to the form."""

    def post(role: str, unit: str | None = None, **fields: str) -> Any:
        return client.post("/login", data={"token": token(role, unit), **fields})

    return post


def report(as_: As, unit: str, values: list[dict[str, Any]]) -> None:
    path = f"/reports/NC-2024/2024/{unit}"
    sent = as_("reporter", unit).put(path, json={"values": values, "submit": True})
    assert sent.status_code == 201, sent.text
    assert as_("reviewer").post(f"{path}/approve").status_code == 200


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_visitor_is_asked_to_sign_in_and_then_sees_what_was_asked_for(
    client: TestClient, sign_in: SignIn
) -> None:
    asked = client.get(NC)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=%2F%3Fprogramme%3DNC-2024%26period%3D2024"
    form = client.get(asked.headers["location"])
    assert form.status_code == 200
    assert 'name="next" value="/?programme=NC-2024&amp;period=2024"' in form.text
    signed = sign_in("viewer", next=NC)
    assert (signed.status_code, signed.headers["location"]) == (303, NC)
    page = client.get(NC)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Chỉ tiêu công tác nữ công năm 2024" in page.text


def test_the_session_is_kept_from_scripts_and_from_other_sites(sign_in: SignIn) -> None:
    cookie = sign_in("viewer").headers["set-cookie"].lower()
    assert cookie.startswith(SESSION_COOKIE)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"max-age={12 * 3600}" in cookie
    assert "secure" not in cookie


def test_over_https_the_session_never_travels_in_the_clear(
    client: TestClient, token: TokenFactory
) -> None:
    answer = client.post("https://testserver/login", data={"token": token("viewer")})
    assert "; secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("said", ["", "nonsense", "chitieu_000000000000_00", "chitieu_é_\ud7ff"])
def test_a_token_that_cannot_be_used_gets_the_form_again(client: TestClient, said: str) -> None:
    answer = client.post("/login", data={"token": said})
    assert answer.status_code == 401
    assert "Mã truy cập không dùng được." in answer.text
    assert "set-cookie" not in answer.headers


def test_the_form_does_not_say_why_a_token_is_refused(
    client: TestClient, as_: As, token: TokenFactory, clock: Clock
) -> None:
    revoked, expired = token("viewer"), token("auditor")
    as_("admin").delete(f"/tokens/{revoked.split('_')[1]}")
    unknown = client.post("/login", data={"token": "chitieu_0_0"})
    once = client.post("/login", data={"token": revoked})
    clock.now += timedelta(days=4000)
    later = client.post("/login", data={"token": expired})
    assert unknown.status_code == once.status_code == later.status_code == 401
    assert unknown.text == once.text == later.text


def test_attempts_to_sign_in_are_bounded(client: TestClient, token: TokenFactory) -> None:
    answers = [client.post("/login", data={"token": "wrong"}).status_code for _ in range(21)]
    assert answers[:20] == [401] * 20
    last = client.post("/login", data={"token": token("viewer")})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) >= 1
    assert "Quá nhiều lần thử" in last.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{SITE}.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_forms_of_other_sites_are_not_taken(
    client: TestClient, token: TokenFactory, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data={"token": token("viewer")}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "Không nhận yêu cầu từ trang khác" in answer.text


def test_the_site_s_own_form_is_taken(client: TestClient, token: TokenFactory) -> None:
    headers = {"origin": SITE, "sec-fetch-site": "same-origin"}
    answer = client.post("/login", data={"token": token("viewer")}, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil", "evil", "/login"],
)
def test_signing_in_leads_nowhere_else(sign_in: SignIn, elsewhere: str) -> None:
    assert sign_in("viewer", next=elsewhere).headers["location"] == "/"


def test_a_form_that_is_too_long_is_refused(client: TestClient) -> None:
    assert client.post("/login", data={"token": "x" * 10_000}).status_code == 413


def test_signing_out_ends_the_session(client: TestClient, sign_in: SignIn) -> None:
    sign_in("viewer")
    answer = client.post("/logout", data={"csrf": csrf_of(client.cookies[SESSION_COOKIE])})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.get("/").status_code == 303


def test_a_revoked_token_ends_the_session_at_the_next_page(
    client: TestClient, as_: As, token: TokenFactory
) -> None:
    bearer = token("viewer")
    client.post("/login", data={"token": bearer})
    assert client.get("/").status_code == 200
    cookie = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    as_("admin").delete(f"/tokens/{bearer.split('_')[1]}")
    answer = client.get("/", headers={"cookie": f"{SESSION_COOKIE}={cookie}"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login"


def test_a_forged_session_opens_nothing(client: TestClient) -> None:
    answer = client.get("/", headers={"cookie": f"{SESSION_COOKIE}=ImFiYyI.aaaa.bbbb"})
    assert answer.status_code == 303
    assert f'{SESSION_COOKIE}=""' in answer.headers["set-cookie"]


def test_the_language_is_chosen_remembered_or_the_browser_s(
    client: TestClient, sign_in: SignIn
) -> None:
    assert '<html lang="vi">' in client.get("/login").text
    english = {"accept-language": "en-GB,en;q=0.9"}
    assert '<html lang="en">' in client.get("/login", headers=english).text
    sign_in("viewer")
    switched = client.get("/?lang=en")
    assert '<html lang="en">' in switched.text
    assert switched.headers["content-language"] == "en"
    assert client.cookies["chitieu_lang"] == "en"
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "vi"}).text
    client.get("/?lang=vi")
    assert '<html lang="vi">' in client.get("/", headers=english).text


def test_without_a_choice_the_newest_reported_period_is_shown(
    client: TestClient, sign_in: SignIn, as_: As
) -> None:
    report(as_, "P63-25", [{"target": "NC1a", "done": True}])
    sign_in("viewer")
    page = client.get("/").text
    assert '<option value="NC-2024" selected>' in page
    assert '<option value="2024" selected>' in page


def test_choosing_another_programme_leads_to_a_period_that_it_has(
    client: TestClient, sign_in: SignIn
) -> None:
    sign_in("viewer")
    answer = client.get("/?programme=NC-2024&period=2024-Q1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?programme=NC-2024&period=2024"


@pytest.mark.parametrize(
    "address", ["/?programme=NC-2023&period=2024", "/?programme=NC-2024&period=1999", "/?period=x"]
)
def test_an_address_without_figures_gets_a_page_that_says_so(
    client: TestClient, sign_in: SignIn, address: str
) -> None:
    sign_in("viewer")
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Không có trang hoặc số liệu nào ở địa chỉ này." in answer.text
    assert client.get(f"/?{'period=' + 'x' * 60}").status_code == 422


def test_the_page_shows_the_figures_of_the_json_in_words(
    client: TestClient, sign_in: SignIn, as_: As
) -> None:
    counts = {"P63-01": (45_000, 50_000), "P63-25": (3_000, 6_000), "P63-79": (9_500, 10_000)}
    for unit, (numerator, denominator) in counts.items():
        value = {"target": "NC2", "numerator": numerator, "denominator": denominator}
        report(as_, unit, [value])
    sign_in("viewer")
    page = text_of(client.get(NC).text)
    assert "87,12 %" in page
    assert "57.500/66.000 người" in page
    assert "1.900 người" in page
    assert "3/82 đơn vị" in page
    assert "Chưa đủ căn cứ kết luận" in page
    assert "Riêng số đã báo cáo: chưa đạt." in page
    english = text_of(client.get(f"{NC}&lang=en").text)
    assert "87.12%" in english
    assert "57,500/66,000 persons" in english
    assert "Undetermined" in english


def test_a_programme_that_nobody_foresaw_is_shown_too(
    client: TestClient, sign_in: SignIn, as_: As
) -> None:
    common = {"group": 1, "reported_by": ["province_federation"], "periods": ["year"]}
    members = {
        "code": "TV1",
        "title_vi": "Đoàn viên",
        "title_en": "Members",
        "value_kind": "count",
        "unit_of_count": "persons",
        "unit_rule": "sum",
        "comparator": "at_least",
        "threshold_count": 15_000_000,
    }
    accidents = {
        "code": "TV2",
        "title_vi": "Tỷ lệ tai nạn",
        "title_en": "Accidents",
        "value_kind": "ratio",
        "unit_of_count": "cases",
        "unit_rule": "pooled",
        "comparator": "at_most",
        "threshold_percent": 5,
    }
    made = as_("admin").post(
        "/programmes",
        json={
            "code": "TV",
            "title_vi": "Phát triển đoàn viên",
            "title_en": "Membership",
            "groups": [{"number": 1, "title_vi": "Chung", "title_en": "General"}],
            "targets": [common | members, common | accidents],
            "periods": [{"code": "2024"}],
        },
    )
    assert made.status_code == 201, made.text
    values = [
        {"target": "TV1", "value": 1_200_000},
        {"target": "TV2", "numerator": 7, "denominator": 100},
    ]
    body = {"values": values, "submit": True}
    as_("reporter", "P63-25").put("/reports/TV/2024/P63-25", json=body)
    as_("reviewer").post("/reports/TV/2024/P63-25/approve")
    sign_in("viewer")
    page = text_of(client.get("/?programme=TV&period=2024").text).replace("\u00a0", " ")
    assert "≥ 15.000.000 người" in page
    assert "1.200.000 người" in page
    assert "13.800.000 người" in page
    assert "≤ 5 %" in page
    assert "vượt 2 cases" in page


def test_no_data_is_not_shown_as_zero(client: TestClient, sign_in: SignIn) -> None:
    sign_in("viewer")
    page = client.get("/?programme=CTTT-2023-2028&period=2024").text
    figures = re.findall(r'data-name="Kết quả"><a class="why much" href="[^"]*">(.*?)<span', page)
    assert figures == ["–"] * 6
    assert "0/83 đơn vị" in page
    assert page.count("</span> Chưa có số liệu</span></td>") == 6


def test_a_reader_finds_the_source_s_words_and_its_open_questions(
    client: TestClient, sign_in: SignIn
) -> None:
    sign_in("viewer")
    page = client.get(NC).text
    assert "“90% trở lên nữ ĐV, NLĐ khu vực hành chính, sự nghiệp”" in page
    assert "Ký tự 3272–3324 của văn bản nguồn." in page
    assert "có thể được cả hai nơi tính" in page


def test_a_unit_s_people_see_nothing_of_another_s_unapproved_report(
    client: TestClient, sign_in: SignIn, as_: As
) -> None:
    values = [{"target": "NC1a", "done": True}]
    body = {"values": values, "submit": True}
    as_("reporter", "P63-25").put("/reports/NC-2024/2024/P63-25", json=body)
    sign_in("reporter", "P63-01")
    assert "Chờ duyệt" not in client.get(NC).text
    sign_in("viewer")
    assert client.get(NC).text.count("<small>Chờ duyệt</small>") == 1


def test_a_page_is_worked_out_once_and_again_when_the_figures_change(
    client: TestClient, sign_in: SignIn, as_: As
) -> None:
    sign_in("viewer")
    first = client.get(NC)
    again = client.get(NC, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    session = dict(client.cookies)
    client.cookies.clear()
    report(as_, "P63-25", [{"target": "NC1a", "done": True}])
    client.cookies.update(session)
    assert client.get(NC, headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_names_are_written_as_text(client: TestClient, token: TokenFactory) -> None:
    client.post("/login", data={"token": token("viewer", name="<b>Lan & Co</b>")})
    assert "&lt;b&gt;Lan &amp; Co&lt;/b&gt;" in client.get("/").text
    # and no script stands in the page itself
    assert re.findall(r"<script(?! src=)", client.get("/").text) == []


def test_the_last_result_of_an_ended_population_stands_there_with_its_date(
    as_: As, client: TestClient, sign_in: SignIn
) -> None:
    told = [{"target": "TT4", "numerator": 3, "denominator": 4}]
    approved(as_, "P63-01", told, "CTTT-2023-2028/2025-H1")
    sign_in("viewer")
    page = text_of(client.get("/?programme=CTTT-2023-2028&period=2026").text)
    # 3 of 4, told for the half year in which the population ended
    assert "75,00 %" in page
    assert "Kết quả của kỳ: 6 tháng đầu năm 2025, đến ngày 30/06/2025." in page
