"""Who may do what, and whose reports exist for whom (rule 20)."""

import pytest

from app.domain.access import Actor, Role
from app.domain.errors import NotAllowed, NotFound

UNIT = Actor(1, "Lan", Role.REPORTER, unit="P34-24")
CENTRE = Actor(2, "Minh", Role.VIEWER)


def test_a_role_that_was_not_asked_for_may_not() -> None:
    UNIT.require(Role.UNIT_APPROVER, Role.REPORTER)
    with pytest.raises(NotAllowed) as refused:
        UNIT.require(Role.REVIEWER, Role.ADMIN)
    assert refused.value.facts == {"role": Role.REPORTER}


@pytest.mark.parametrize("role", Role)
def test_only_reporters_and_approvers_belong_to_a_unit(role: Role) -> None:
    assert Actor(1, "", role).at_centre is (role not in {"reporter", "unit_approver"})


def test_a_unit_sees_itself_and_what_it_came_from() -> None:
    UNIT.require_sight("P34-24", ())
    UNIT.require_sight("P63-27", ["P63-24", "P63-27"])
    CENTRE.require_sight("P34-01", ())


def test_another_unit_does_not_exist_for_a_units_people() -> None:
    with pytest.raises(NotFound) as refused:
        UNIT.require_sight("P34-01", ["P63-24", "P63-27"])
    assert refused.value.facts == {"what": "P34-01"}
