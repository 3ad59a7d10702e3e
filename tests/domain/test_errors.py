"""What a refusal tells: a code, what its sentence may quote, and every fault."""

from app.domain.errors import (
    AmbiguousUnit,
    CommentRequired,
    Fault,
    Invalid,
    NotFound,
    TooManyRequests,
    step,
)


def test_a_refusal_carries_its_code_and_its_facts() -> None:
    refused = NotFound(what="P34-99")
    assert refused.args == ("not_found", {"what": "P34-99"})
    assert (refused.facts, refused.faults) == ({"what": "P34-99"}, ())


def test_every_fault_is_listed_and_counted() -> None:
    faults = [Fault("/values/0", "invalid"), Fault("/values/1", "invalid")]
    refused = Invalid(faults)
    assert (refused.facts, refused.faults) == ({"count": 2}, faults)


def test_a_missing_comment_is_a_fault_of_the_comment() -> None:
    refused = CommentRequired(action="return")
    assert refused.facts == {"action": "return"}
    assert refused.faults == (Fault("/comment", "comment_required", {"action": "return"}),)


def test_each_reading_of_a_name_is_a_fault_that_names_the_right_form() -> None:
    refused = AmbiguousUnit("24", ["P34-24", "P63-24"])
    assert refused.facts == {"said": "24", "readings": "P34-24, P63-24"}
    assert refused.faults == [
        Fault("", "ambiguous_unit", {"said": "24", "readings": "P34-24"}, "P34-24"),
        Fault("", "ambiguous_unit", {"said": "24", "readings": "P63-24"}, "P63-24"),
    ]


def test_who_asks_too_often_is_told_when_to_return() -> None:
    refused = TooManyRequests(30)
    assert (refused.facts, refused.retry_after_seconds) == ({"seconds": 30}, 30)


def test_a_step_of_a_place_can_always_be_printed() -> None:
    assert step("a/b~c") == "a~1b~0c"
    assert step(7) == "7"
    assert step("Bắc Ninh") == "Bắc Ninh"
    assert step("x\ud800") == "x\\ud800"  # half of a character: by its code point
    assert step("x" * 101) == "x" * 100
