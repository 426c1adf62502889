"""The words for how an attempt at an exercise stands: one place for the checker, the grader and their pages.

They are strings, so they can be printed, compared and written to JSON as they are.
"""

from enum import StrEnum


class Status(StrEnum):
    """What came of a call, or of an exercise as a whole."""

    # Of one call of a function (calling.outcome.Outcome).
    RETURNED = "returned"
    RAISED = "raised"
    NOT_ATTEMPTED = "not attempted"  # the function is a stub (calling.stub)
    TIMED_OUT = "timed out"
    INTERRUPTED = "interrupted"  # by the student, with the stop button
    ABSENT = "absent"  # there is no function
    LOST = "lost"  # the process died, or what it sent was no outcome

    # Of an exercise (judging.judge.Verdict), beside all of the above but RETURNED.
    PASSED = "passed"
    WRONG = "wrong"
    OPEN = "open"  # answered in words, for a person to read
    BROKEN = "broken"  # the check itself could not run: no solutions, or a faulty record
    MISSING = "missing"  # the notebook was not handed in
    MARKED = "marked"  # a person has given the points


#: What a call may end with.
OF_A_CALL = frozenset(
    {
        Status.RETURNED, Status.RAISED, Status.NOT_ATTEMPTED, Status.TIMED_OUT, Status.INTERRUPTED,
        Status.ABSENT, Status.LOST,
    }
)  # fmt: skip

#: Ends of a call after which the next case is still worth trying, and which are compared with the reference.
GOES_ON = frozenset({Status.RETURNED, Status.RAISED})
