"""Does a slip in a record say what is wrong with it?"""

import pytest
from sample_course import exercise

from othello_interp.exercises.records import (
    Case,
    Mistake,
    Mistakes,
    ModelRef,
    RecordError,
    by_id,
    make_cases,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "two"}, "exercise 'two': the id must look like '2.1'"),
        ({"title": ""}, "exercise '9.1': title is empty"),
        ({"tests": ""}, "tests is empty"),
        ({"function": "not a name"}, "function is 'not a name', expected the name of the reference function"),
        ({"difficulty": 6}, "difficulty is 6, expected 1 to 5"),
        ({"importance": 0}, "importance is 0, expected 1 to 5"),
        ({"points": 0}, "points is 0, expected more than 0"),
        ({"time_limit": 0.0}, "time_limit is 0.0, expected more than 0"),
        ({"rtol": -1.0}, "rtol is -1.0, expected 0 or more"),
        ({"mistakes": exercise().mistakes[:1] * 2}, "two mistakes share a key"),
    ],
)
def test_a_slip_is_named(changes, words):
    with pytest.raises(RecordError) as caught:
        exercise(**changes)
    assert words in str(caught.value)


def test_slips_in_parts_are_named():
    with pytest.raises(RecordError, match="key 'two words' is not an identifier"):
        Mistake("two words", len, "message")
    with pytest.raises(RecordError, match="'key' has no message"):
        Mistake("key", len, " ")
    with pytest.raises(RecordError, match=r"credit is 1\.0"):
        Mistake("key", len, "message", 1.0)
    with pytest.raises(RecordError, match="a case needs a name"):
        Case("", {})
    with pytest.raises(RecordError, match="kind is 'big'"):
        ModelRef("big")


def test_a_decorated_function_stays_itself_and_is_a_mistake_under_its_name():
    mistake = Mistakes()

    @mistake("You counted too far.", credit=0.5)
    def too_far(n):
        return n + 1

    @mistake("You counted too little.")
    def too_little(n):
        return too_far(n) - 2

    assert too_little(3) == 2
    assert mistake.all() == (
        Mistake("too_far", too_far, "You counted too far.", 0.5),
        Mistake("too_little", too_little, "You counted too little.", 0.0),
    )


def test_slips_in_decorating_are_named():
    def wrong(n):
        return n

    with pytest.raises(RecordError, match=r"a mistake has a message, @mistake\(\"You"):
        Mistakes()(wrong)
    with pytest.raises(RecordError, match="'wrong' has no message"):
        Mistakes()(" ")(wrong)
    with pytest.raises(RecordError, match=r"'wrong': credit is 1\.5"):
        Mistakes()("message", credit=1.5)(wrong)
    with pytest.raises(RecordError, match="key '<lambda>' is not an identifier"):
        Mistakes()("message")(lambda n: n)
    mistake = Mistakes()
    mistake("message")(wrong)
    with pytest.raises(RecordError, match="two mistakes are called 'wrong'"):
        mistake("other message")(wrong)
    assert len(mistake.all()) == 1
    with pytest.raises(RecordError, match="'below' stands below its exercise's record"):

        @mistake("message")
        def below(n):
            return n


def test_a_catalogue_is_in_order_and_without_doubles():
    course = by_id([exercise(id=id_, function=f"f{i}") for i, id_ in enumerate(["10.1", "2.10", "2.9"])])
    assert list(course) == ["2.9", "2.10", "10.1"]
    with pytest.raises(RecordError, match=r"two exercises share the id 9\.1"):
        by_id([exercise(), exercise(function="other")])
    with pytest.raises(RecordError, match="share the function attribution"):
        by_id([exercise(), exercise(id="9.2")])


def test_cases_are_made_and_named_apart():
    with pytest.raises(RecordError, match="makes no cases"):
        make_cases(exercise(cases=lambda seed: []), 0)
    with pytest.raises(RecordError, match="two cases share a name"):
        make_cases(exercise(cases=lambda seed: [Case("a", {}), Case("a", {})]), 0)


def test_a_case_is_made_without_printing_its_inputs():
    """Printing tensors took a fifth of the processor time of a submission."""

    class Input:
        def __repr__(self):
            raise AssertionError("printed")

    assert Case("one", {"x": Input()}).name == "one"
