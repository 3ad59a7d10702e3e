"""Who may what, for every address: written by hand from the contract's "Who" and nothing else.

A cell is one letter. Y: may; what was sent is judged then. 1: 401, nobody has said who they are.
3: 403, not theirs. 4: 404, for them there is no such thing. L: led to the page for signing in.
"""

ROLES = ("nobody", "reporter", "unit_approver", "reviewer", "viewer", "auditor", "admin")
UNIT = ("reporter", "unit_approver")
CENTRE = ("reviewer", "viewer", "auditor", "admin")

# One letter a role, in the order above.
EVERYBODY = "1YYYYYY"
CENTRE_ALONE = "133YYYY"
WRITERS = "1YYY333"
REVIEWER = "133Y333"
AUDIT = "13333YY"
ADMIN = "133333Y"
SENDERS = "1YY4333"  # a file that the unit's reporter sent; another role's people never send files
PAGE = "LYYYYYY"
AUDIT_PAGE = "L3333YY"
WRITERS_PAGE = "LYYY333"
SENDERS_PAGE = "LYY4333"
ADMIN_PAGE = "L33333Y"
REVIEWER_PAGE = "L33Y333"

ADDRESSES: dict[str, dict[str, str]] = {
    "/api/v1/me": {"GET": EVERYBODY},
    "/api/v1/me/personal-data": {"GET": "1333333"},  # the person's, in a session; not a token's
    # What is defined, and what is published of it.
    "/api/v1/programmes": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/programmes/{code}": {"GET": EVERYBODY, "PATCH": ADMIN},
    "/api/v1/programmes/{code}/targets/{target}": {"GET": EVERYBODY},
    "/api/v1/programmes/{code}/targets/{target}/revisions": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/targets": {"GET": EVERYBODY},
    "/api/v1/units": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/units/resolve": {"GET": EVERYBODY},
    "/api/v1/units/{code}": {"GET": EVERYBODY, "PATCH": ADMIN},
    "/api/v1/units/{code}/lineage": {"GET": EVERYBODY},
    "/api/v1/successions": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/registers": {"GET": EVERYBODY, "PUT": ADMIN},
    "/api/v1/periods": {"GET": EVERYBODY},
    "/api/v1/periods/{programme}/{period}": {"GET": EVERYBODY, "PATCH": ADMIN},
    "/api/v1/periods/{programme}/{period}/decision": {"POST": ADMIN},
    "/api/v1/periods/{programme}/{period}/exceptions": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/attainment": {"GET": EVERYBODY},
    "/api/v1/attainment.csv": {"GET": EVERYBODY},
    "/api/v1/attainment.xlsx": {"GET": EVERYBODY},
    "/api/v1/attainment/diff": {"GET": EVERYBODY},
    "/api/v1/attainment/explain": {"GET": EVERYBODY},
    "/api/v1/dashboards/completeness": {"GET": EVERYBODY},
    "/api/v1/dashboards/completeness.csv": {"GET": EVERYBODY},
    "/api/v1/dashboards/completeness.pdf": {"GET": EVERYBODY},
    "/api/v1/dashboards/completeness.png": {"GET": EVERYBODY},
    "/api/v1/dashboards/completeness.xlsx": {"GET": EVERYBODY},
    "/api/v1/dashboards/overview": {"GET": EVERYBODY},
    "/api/v1/dashboards/overview.csv": {"GET": EVERYBODY},
    "/api/v1/dashboards/overview.pdf": {"GET": EVERYBODY},
    "/api/v1/dashboards/overview.png": {"GET": EVERYBODY},
    "/api/v1/dashboards/overview.xlsx": {"GET": EVERYBODY},
    "/api/v1/dashboards/target/{code}": {"GET": EVERYBODY},
    "/api/v1/dashboards/target/{code}.csv": {"GET": EVERYBODY},
    "/api/v1/dashboards/target/{code}.pdf": {"GET": EVERYBODY},
    "/api/v1/dashboards/target/{code}.png": {"GET": EVERYBODY},
    "/api/v1/dashboards/target/{code}.xlsx": {"GET": EVERYBODY},
    "/api/v1/dashboards/unit/{code}": {"GET": EVERYBODY},
    "/api/v1/dashboards/unit/{code}.csv": {"GET": EVERYBODY},
    "/api/v1/dashboards/unit/{code}.pdf": {"GET": EVERYBODY},
    "/api/v1/dashboards/unit/{code}.png": {"GET": EVERYBODY},
    "/api/v1/dashboards/unit/{code}.xlsx": {"GET": EVERYBODY},
    "/api/v1/feeds/attainment.csv": {"GET": EVERYBODY},
    "/api/v1/feeds/attainment.json": {"GET": EVERYBODY},
    "/api/v1/feeds/reports.csv": {"GET": EVERYBODY},
    "/api/v1/feeds/reports.json": {"GET": EVERYBODY},
    "/api/v1/feeds/units.csv": {"GET": EVERYBODY},
    "/api/v1/feeds/units.json": {"GET": EVERYBODY},
    "/api/v1/feeds/values.csv": {"GET": EVERYBODY},
    "/api/v1/feeds/values.json": {"GET": EVERYBODY},
    "/api/v1/snapshots": {"GET": EVERYBODY, "POST": ADMIN},
    "/api/v1/snapshots/{id}": {"GET": EVERYBODY},
    "/api/v1/snapshots/{id}/verify": {"GET": EVERYBODY},
    "/api/v1/public-links": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/public-links/{id}": {"DELETE": ADMIN},
    "/api/v1/templates/{programme}/{period}.xlsx": {"GET": EVERYBODY},
    # Reports, many at once; what is listed depends on who asks (tests below).
    "/api/v1/reports": {"GET": EVERYBODY},
    "/api/v1/reports/bulk": {"POST": WRITERS},
    "/api/v1/reports/bulk-approve": {"POST": REVIEWER},
    "/api/v1/imports": {"POST": WRITERS},
    "/api/v1/imports/{id}": {"GET": SENDERS},
    "/api/v1/imports/{id}/annotated.xlsx": {"GET": SENDERS},
    # The administrator's.
    "/api/v1/proposals": {"GET": AUDIT},
    "/api/v1/proposals/{id}": {"GET": AUDIT},
    "/api/v1/proposals/{id}/confirm": {"POST": ADMIN},
    "/api/v1/proposals/{id}/refuse": {"POST": ADMIN},
    "/api/v1/proposals/{id}/withdraw": {"POST": ADMIN},
    "/api/v1/tokens": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/tokens/{id}": {"DELETE": ADMIN},
    "/api/v1/tokens/{id}/rotate": {"POST": ADMIN},
    "/api/v1/users": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/users/{id}": {"GET": ADMIN, "PATCH": ADMIN},
    "/api/v1/users/{id}/grants": {"POST": ADMIN},
    "/api/v1/users/{id}/grants/{grant}": {"DELETE": ADMIN},
    "/api/v1/users/{id}/invitation": {"POST": ADMIN},
    "/api/v1/users/{id}/reset-second-factor": {"POST": ADMIN},
    "/api/v1/users/{id}/sessions": {"DELETE": ADMIN},
    "/api/v1/users/{id}/personal-data": {"GET": ADMIN},
    "/api/v1/users/{id}/pseudonymise": {"POST": ADMIN},
    "/api/v1/webhooks": {"GET": ADMIN, "POST": ADMIN},
    "/api/v1/webhooks/{id}": {"DELETE": ADMIN},
    "/api/v1/webhooks/{id}/deliveries": {"GET": ADMIN},
    "/api/v1/webhooks/{id}/replay": {"POST": ADMIN},
    "/api/v1/webhooks/{id}/test": {"POST": ADMIN},
    "/api/v1/audit": {"GET": AUDIT},
    # Pages.
    "/": {"GET": PAGE},
    "/compare": {"GET": PAGE},
    "/heat": {"GET": PAGE},
    "/completeness": {"GET": PAGE},
    "/targets": {"GET": PAGE},
    "/targets/{programme}/{target}": {"GET": PAGE},
    "/units": {"GET": PAGE},
    "/units/{unit}": {"GET": PAGE},
    "/explain": {"GET": PAGE},
    "/search": {"GET": PAGE},
    "/audit": {"GET": AUDIT_PAGE},
    "/snapshots": {"GET": PAGE},
    "/snapshots/{id}": {"GET": PAGE},
    "/snapshots/{id}/changes": {"GET": PAGE},
    "/snapshots/{id}/verify": {"GET": PAGE},
    "/admin": {"GET": ADMIN_PAGE},
    "/admin/catalogue": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/catalogue/new": {"GET": ADMIN_PAGE},
    "/admin/catalogue/{programme}": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/catalogue/{programme}/targets": {"POST": ADMIN_PAGE},
    "/admin/catalogue/{programme}/{target}": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/units": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/units/new": {"GET": ADMIN_PAGE},
    "/admin/units/{unit}": {"GET": ADMIN_PAGE},
    "/admin/units/{unit}/end": {"POST": ADMIN_PAGE},
    "/admin/units/{unit}/rename": {"POST": ADMIN_PAGE},
    "/admin/units/{unit}/revise": {"POST": ADMIN_PAGE},
    "/admin/successions": {"GET": ADMIN_PAGE},
    "/admin/successions/new": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/periods": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/periods/{programme}/{period}": {"GET": ADMIN_PAGE},
    "/admin/periods/{programme}/{period}/decide": {"POST": ADMIN_PAGE},
    "/admin/periods/{programme}/{period}/except": {"POST": ADMIN_PAGE},
    "/admin/periods/{programme}/{period}/revise": {"POST": ADMIN_PAGE},
    "/admin/registers": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/registers/row": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/users": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/users/new": {"GET": ADMIN_PAGE},
    "/admin/users/{id}": {"GET": ADMIN_PAGE},
    "/admin/users/{id}/{deed}": {"POST": ADMIN_PAGE},
    "/admin/users/{id}/grants/{grant}/revoke": {"POST": ADMIN_PAGE},
    "/admin/tokens": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/tokens/new": {"GET": ADMIN_PAGE},
    "/admin/tokens/{id}/revoke": {"POST": ADMIN_PAGE},
    "/admin/tokens/{id}/rotate": {"POST": ADMIN_PAGE},
    "/admin/proposals": {"GET": AUDIT_PAGE},
    "/admin/proposals/{id}": {"GET": AUDIT_PAGE},
    "/admin/proposals/{id}/confirm": {"POST": ADMIN_PAGE},
    "/admin/proposals/{id}/refuse": {"POST": ADMIN_PAGE},
    "/admin/proposals/{id}/withdraw": {"POST": "L333333"},  # another administrator's
    "/admin/webhooks": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/webhooks/{id}": {"GET": ADMIN_PAGE},
    "/admin/webhooks/{id}/remove": {"POST": ADMIN_PAGE},
    "/admin/webhooks/{id}/replay": {"POST": ADMIN_PAGE},
    "/admin/webhooks/{id}/test": {"POST": ADMIN_PAGE},
    "/admin/snapshots": {"GET": ADMIN_PAGE, "POST": ADMIN_PAGE},
    "/admin/snapshots/{id}": {"GET": ADMIN_PAGE},
    "/admin/snapshots/{id}/links": {"POST": ADMIN_PAGE},
    "/admin/public-links/{id}/revoke": {"POST": ADMIN_PAGE},
    "/account": {"GET": PAGE},
    "/account/password": {"POST": PAGE},
    "/account/second-factor": {"GET": PAGE, "POST": PAGE},
    "/account/sessions/end": {"POST": PAGE},
    "/account/sessions/{id}/end": {"POST": PAGE},
    "/login/role": {"GET": PAGE, "POST": PAGE},
    "/login/second-factor": {"GET": PAGE, "POST": PAGE},
    "/reports": {"GET": PAGE},
    "/review": {"GET": REVIEWER_PAGE},
    "/review/decide": {"POST": REVIEWER_PAGE},
    "/upload": {"GET": WRITERS_PAGE, "POST": WRITERS_PAGE},
    "/imports": {"GET": WRITERS_PAGE},
    "/imports/{id}": {"GET": SENDERS_PAGE},
    "/imports/{id}/cell": {"GET": SENDERS_PAGE},
    "/imports/{id}/file": {"GET": SENDERS_PAGE},
    "/imports/{id}/mapping": {"POST": SENDERS_PAGE},
    "/imports/{id}/store": {"POST": SENDERS_PAGE},
    "/logout": {"POST": "LLLLLLL"},  # signed out: to the same page
}

# Open to everybody, and what they answer to who brings nothing.
PUBLIC: dict[str, dict[str, int]] = {
    "/healthz": {"GET": 200},
    "/readyz": {"GET": 200},
    "/.well-known/chitieu-keys.json": {"GET": 200},
    "/openapi.json": {"GET": 200},
    "/docs": {"GET": 200},
    "/static": {"GET": 404},
    "/static-offline-docs": {"GET": 404},
    "/login": {"GET": 200, "POST": 401},
    "/login/forgot": {"GET": 200, "POST": 200},
    "/login/sso": {"GET": 404},
    "/login/sso/callback": {"GET": 404},
    "/welcome": {"GET": 404, "POST": 404},
    "/public/{secret}": {"GET": 404},
}

# Where a report is, as the people of a unit with predecessors have it; one letter a place.
PLACES = (
    "own",
    "own draft",
    "predecessor's",
    "predecessor's draft",
    "predecessor after its last day",
    "other unit's",
    "other unit's draft",
    "own, none yet",
)
ALL_CENTRE = dict.fromkeys(CENTRE, "34344344")  # it is there, and not theirs; or it is not there
SEE = dict.fromkeys(UNIT, "YYYY4444") | dict.fromkeys(CENTRE, "Y4Y44Y44")
WRITE = dict.fromkeys(UNIT, "YYYY344Y") | dict.fromkeys(CENTRE, "33333333")
HAND_IN = dict.fromkeys(UNIT, "YYYY4444") | ALL_CENTRE
ENDORSE = HAND_IN | {"reporter": "33334444"}
DECIDE = dict.fromkeys(UNIT, "33334444") | ALL_CENTRE | {"reviewer": "Y4Y44Y44"}
# Evidence belongs to a report: where there is none, there is nothing to add it to.
ATTACH = WRITE | dict.fromkeys(UNIT, "YYYY3444")
COMMENT = dict.fromkeys(UNIT, "YYYY4444") | ALL_CENTRE | {"reviewer": "Y4Y44Y44"}
# Handed in, so that there is a receipt.
RECEIPT = dict.fromkeys(UNIT, "Y4Y44444") | dict.fromkeys(CENTRE, "Y4Y44Y44")

REPORT = "/api/v1/reports/{programme}/{period}/{unit}"
REPORTS: dict[str, dict[str, dict[str, str]]] = {
    REPORT: {"GET": SEE, "PUT": WRITE},
    f"{REPORT}/revisions": {"GET": SEE},
    f"{REPORT}/receipt": {"GET": RECEIPT},
    f"{REPORT}/submit": {"POST": HAND_IN},
    f"{REPORT}/withdraw": {"POST": HAND_IN},
    f"{REPORT}/endorse": {"POST": ENDORSE},
    f"{REPORT}/approve": {"POST": DECIDE},
    f"{REPORT}/return": {"POST": DECIDE},
    f"{REPORT}/reopen": {"POST": DECIDE},
    f"{REPORT}/comments": {"GET": SEE, "POST": COMMENT},
    f"{REPORT}/attachments": {"GET": SEE, "POST": ATTACH},
    f"{REPORT}/attachments/{{id}}": {"GET": SEE, "DELETE": WRITE},
}

# Pages of a report: who has not signed in is asked to.
NOBODY = {"nobody": "L" * len(PLACES)}
REPORT_PAGE = "/reports/{programme}/{period}/{unit}"
# Where one is expected, a page says that it has not begun, or not come.
AWAIT = dict.fromkeys(UNIT, "YYYY444Y") | dict.fromkeys(CENTRE, "YYYY4YYY")
REPORTS |= {
    REPORT_PAGE: {"GET": AWAIT | NOBODY},
    # None of these came by workbook: tests/web/test_report_page.py asks for one that did.
    f"{REPORT_PAGE}/cell": {"GET": dict.fromkeys(ROLES, "4" * len(PLACES)) | NOBODY},
    f"{REPORT_PAGE}/edit": {"GET": WRITE | NOBODY, "POST": WRITE | NOBODY},
    f"{REPORT_PAGE}/edit/check": {"POST": WRITE | NOBODY},
    f"{REPORT_PAGE}/edit/draft": {"POST": WRITE | NOBODY},
    f"{REPORT_PAGE}/submit": {"GET": SEE | NOBODY, "POST": HAND_IN | NOBODY},
    f"{REPORT_PAGE}/withdraw": {"GET": SEE | NOBODY, "POST": HAND_IN | NOBODY},
    f"{REPORT_PAGE}/endorse": {"GET": SEE | NOBODY, "POST": ENDORSE | NOBODY},
    f"{REPORT_PAGE}/comments": {"POST": COMMENT | NOBODY},
    f"{REPORT_PAGE}/attachments": {"POST": ATTACH | NOBODY},
    f"{REPORT_PAGE}/attachments/{{id}}/withdraw": {"POST": ATTACH | NOBODY},
}
REVIEW_PAGE = "/review/{programme}/{period}/{unit}"
REPORTS |= {
    REVIEW_PAGE: {"GET": DECIDE | NOBODY},
    f"{REVIEW_PAGE}/approve": {"POST": DECIDE | NOBODY},
    f"{REVIEW_PAGE}/return": {"POST": DECIDE | NOBODY},
    f"{REVIEW_PAGE}/reopen": {"POST": DECIDE | NOBODY},
    f"{REVIEW_PAGE}/comments": {"POST": DECIDE | NOBODY},
}
