"""The wording of what students are told. Differences are put into words in judging."""

from othello_interp.exercises.status import Status

HEADLINES = {
    Status.PASSED: "Passed",
    Status.WRONG: "Not right yet",
    Status.RAISED: "Your function raised an error",
    Status.NOT_ATTEMPTED: "Not attempted yet",
    Status.ABSENT: "No function to check",
    Status.TIMED_OUT: "Your function took too long",
    Status.INTERRUPTED: "Interrupted",
    Status.LOST: "No result",
    Status.OPEN: "To be answered in words",
    Status.BROKEN: "The check could not run",
}
PARTLY = "Partly right"
PART = "{earned:.2g} of {points} points"
PASSED = "Every case gives the expected result."
OPEN = "Write your answer in the cell below the question. A person reads it; nothing is checked here."
LOST = "The function did not come back with a result for every case."
STOPPED = {
    Status.NOT_ATTEMPTED: (
        "`{function}` is still empty. Write your answer in place of `raise NotImplementedError`, and run "
        "that cell before this one."
    ),
    Status.TIMED_OUT: (
        "It was {error}. Is there a loop that never ends, or work that could be done on whole tensors?"
    ),
    Status.INTERRUPTED: "The check was stopped before it had finished.",
    Status.ABSENT: "There is no function to check: {error}.",
    Status.LOST: "The function ended the process in which it ran. {error}",
}
TINY_ONLY = (
    "It is right on the course's model and fails on a small random one, which has other sizes and whose "
    "weights are not centred."
)
NEARLY = "One change makes your function right: in line {line}, at `{code}`, {said}."
RIGHT_VALUES = "Your values are right, but not of the type that is wanted."
GLOBAL_DATA = "Your function reads the global {names}. It should work with its arguments only."
CHANGED = (
    "Your function changes {names} in place. Work on a copy, so that the caller's data stay as they were."
)
NOT_SCORED = "The answer could not be scored ({error})."

CALL = 'Pass the function itself, without calling it: `check("{id}", {function})`.'
UNKNOWN = "There is no exercise {id!r}. The exercises are: {ids}."
UNKNOWN_FUNCTION = (
    "No exercise asks for a function called {name!r}. Say which one you mean: check({example!r}, {name})"
)
BROKEN = "This is not your fault. {error}"
HINT_OFFER = '`hint("{id}")` gives a hint.'
SOLUTION_OFFER = 'You have seen every hint. `solution("{id}")` shows the reference.'
HINT_MORE = '`hint("{id}")` gives one more hint.'
HINT_LAST = 'That was the last hint. `solution("{id}")` shows the reference.'
HINT_NONE = 'There are no hints for this exercise. `solution("{id}")` shows the reference.'
NEXT = "Next: {id} {title}"
COURSE_DONE = "That was the last exercise: you have passed them all."
PROGRESS_TITLE = "{passed} of {total} exercises passed, {points} of {all_points} points"
PROGRESS_KEPT = "Kept in {path}"
PROGRESS_MARKS = {
    Status.PASSED: "\u2713",
    Status.NOT_ATTEMPTED: "\u00b7",
    Status.OPEN: "in words",
    Status.WRONG: "\u2717",
}
PROGRESS_DAMAGED = (
    "The record of your progress could not be read. It was set aside as {path}, and a new one begun."
)
PROGRESS_UNSAVED = (
    "Your progress could not be saved ({error}) and is kept until this kernel ends. "
    "The variable OTHELLO_INTERP_PROGRESS can name a file that can be written."
)
PROGRESS_UNLOCKED = "Work in one notebook at a time: your progress could not be locked ({error})."
