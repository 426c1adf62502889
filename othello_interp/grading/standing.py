"""How grading a student's submission can end, with the words for it."""

from enum import StrEnum


class Standing(StrEnum):
    """What became of a submission as a whole."""

    GRADED = "graded"
    TO_READ = "answers to read"
    INCOMPLETE = "incomplete"
    NOTHING = "nothing handed in"
    PARTLY_UNREADABLE = "partly unreadable"
    UNREADABLE = "unreadable"
    FAILED = "grader failed"

    @property
    def words(self) -> str:
        """For the student's page, after their points."""
        return WORDS[self]

    @property
    def has_total(self) -> bool:
        """Whether the points add up to something: else a person has to look first."""
        return self in (Standing.GRADED, Standing.TO_READ, Standing.INCOMPLETE)


WORDS = {
    Standing.GRADED: "graded",
    Standing.TO_READ: "and an answer that a person has yet to read",
    Standing.INCOMPLETE: "a notebook is missing",
    Standing.NOTHING: "nothing to grade",
    Standing.PARTLY_UNREADABLE: "a file could not be read: no total yet",
    Standing.UNREADABLE: "nothing could be read",
    Standing.FAILED: "the grader could not deal with it: no total yet",
}
