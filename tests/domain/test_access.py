"""Who may do what, and whose reports exist for whom (rule 20)."""

import pytest

from app.domain.access import (
    CENTRE_ROLES,
    MAY,
    UNIT_ROLES,
    WRITING,
    Actor,
    Answer,
    Right,
    Role,
    Scope,
    Subject,
    can,
    require,
)
from app.domain.errors import NotAllowed, NotFound

UNIT = Actor(1, "P34-24", Role.REPORTER, unit="P34-24")
CENTRE = Actor(2, "Ban Nữ công", Role.VIEWER)
BEFORE = ("P63-24", "P63-27")
YES, NO, UNSEEN = Answer.YES, Answer.NO, Answer.UNSEEN


def test_every_right_is_somebodys() -> None:
    assert set(MAY) == set(Right)
    assert all(roles for roles, _ in MAY.values())


@pytest.mark.parametrize("role", Role)
def test_only_reporters_and_approvers_belong_to_a_unit(role: Role) -> None:
    assert Actor(1, "", role).at_centre is (role not in {"reporter", "unit_approver"})


def test_nobody_both_writes_and_approves() -> None:
    writers = {role for right in WRITING for role in MAY[right][0]}
    deciders = {role for right in MAY if MAY[right][1] is Scope.DECIDE for role in MAY[right][0]}
    assert writers == UNIT_ROLES
    assert deciders == {Role.REVIEWER}


def test_an_administrator_neither_writes_nor_approves_reports() -> None:
    admin = Actor(3, "", Role.ADMIN)
    for right in (*WRITING, Right.REPORT_APPROVE, Right.REPORT_RETURN, Right.IMPORT_CREATE):
        assert can(admin, right, Subject("P34-24")) is NO


def test_a_unit_sees_itself_and_what_it_came_from() -> None:
    for unit in ("P34-24", *BEFORE):
        assert can(UNIT, Right.REPORT_READ, Subject(unit, BEFORE)) is YES
    assert can(CENTRE, Right.REPORT_READ, Subject("P34-01")) is YES


def test_another_unit_does_not_exist_for_a_units_people() -> None:
    other = Subject("P34-01", BEFORE, name="reports/NC-2024/2024/P34-01")
    for right in Right:
        assert can(UNIT, right, other) is UNSEEN
    with pytest.raises(NotFound) as refused:
        require(UNIT, Right.REPORT_DRAFT, other)
    assert refused.value.facts == {"what": "reports/NC-2024/2024/P34-01"}


def test_a_predecessor_is_written_for_as_long_as_it_lived() -> None:
    past = Subject("P63-27", BEFORE, ended_in_time=True)
    later = Subject("P63-27", BEFORE, ended_in_time=False)
    approver = Actor(1, "", Role.UNIT_APPROVER, unit="P34-24")
    for right in WRITING:
        assert can(approver, right, past) is YES
        assert can(approver, right, later) is NO


def test_a_draft_is_its_units_alone() -> None:
    draft = Subject("P34-24", shown=False)
    assert can(UNIT, Right.REPORT_READ, draft) is YES
    for role in CENTRE_ROLES:
        assert can(Actor(2, "", role), Right.REPORT_READ, draft) is UNSEEN


def test_nobody_approves_what_is_their_own() -> None:
    reviewer = Actor(4, "", Role.REVIEWER)
    assert can(reviewer, Right.REPORT_APPROVE, Subject("P34-24")) is YES
    with pytest.raises(NotAllowed) as refused:
        require(reviewer, Right.REPORT_APPROVE, Subject("P34-24", own=True))
    assert refused.value.facts == {"role": Role.REVIEWER, "reason": "four_eyes"}
    assert can(reviewer, Right.REPORT_RETURN, Subject("P34-24", own=True)) is YES


def test_nobody_confirms_their_own_proposal_and_nobody_else_withdraws_it() -> None:
    admin = Actor(3, "", Role.ADMIN)
    own, others = Subject(own=True), Subject()
    assert can(admin, Right.PROPOSAL_DECIDE, others) is YES
    assert can(admin, Right.PROPOSAL_WITHDRAW, own) is YES
    for right, subject, reason in (
        (Right.PROPOSAL_DECIDE, own, "four_eyes"),
        (Right.PROPOSAL_WITHDRAW, others, "proposer_only"),
    ):
        with pytest.raises(NotAllowed) as refused:
            require(admin, right, subject)
        assert refused.value.facts == {"role": Role.ADMIN, "reason": reason}
    auditor = Actor(5, "", Role.AUDITOR)
    assert can(auditor, Right.PROPOSAL_READ) is YES
    assert can(auditor, Right.PROPOSAL_DECIDE) is NO


def test_a_file_is_seen_by_who_sent_it_and_by_their_unit() -> None:
    reviewer = Actor(4, "", Role.REVIEWER)
    assert can(reviewer, Right.IMPORT_READ, Subject(None, own=True)) is YES
    assert can(reviewer, Right.IMPORT_READ, Subject("P34-24")) is UNSEEN
    assert can(UNIT, Right.IMPORT_READ, Subject("P34-24")) is YES
    for unit in (None, "P63-24"):
        assert can(UNIT, Right.IMPORT_READ, Subject(unit, BEFORE)) is UNSEEN


def test_a_narrowed_token_may_what_is_in_its_scopes() -> None:
    reader = Actor(1, "", Role.REPORTER, unit="P34-24", scopes=frozenset({Scope.READ}))
    assert can(reader, Right.REPORT_READ, Subject("P34-24")) is YES
    with pytest.raises(NotAllowed) as refused:
        require(reader, Right.REPORT_DRAFT, Subject("P34-24"))
    assert refused.value.facts == {"role": Role.REPORTER, "reason": "scope"}
    # A scope gives nothing that the role does not have.
    wide = Actor(1, "", Role.VIEWER, scopes=frozenset(Scope))
    assert can(wide, Right.AUDIT_READ) is NO
