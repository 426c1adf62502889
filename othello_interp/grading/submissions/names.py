"""Names: of students in what learning platforms export, of files that are nobody's, of results on disk."""

import hashlib
import json
import re
import unicodedata

# Hidden files and folders, and what systems leave behind. Nothing of a student's is called so.
JUNK = re.compile(
    r"\..*|__MACOSX|thumbs\.db|ehthumbs\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information|@eaDir",
    re.IGNORECASE,
)
# Beside the submissions: lists, worksheets and explanations of the platform, or of whoever grades.
OTHERS = re.compile(r"read_?me(\..*)?|.*\.(csv|tsv|xlsx?|ods|html?|ya?ml)", re.IGNORECASE)
EXPORTS = (
    re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)"),  # Moodle
    re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_(?:question_\d+_)?\d+_(?P<file>.+)"),  # Canvas
    re.compile(r".+?_(?P<id>(?P<name>[^_]+))_attempt_[\d-]+_?(?P<file>.*)"),  # Blackboard
    re.compile(r"(?P<id>\d+-\d+) - (?P<name>.+?) - .*?(?: - (?P<file>.+))?"),  # Brightspace
    re.compile(r"(?P<name>submission_(?P<id>\d+))(?P<file>)"),  # Gradescope
)
PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,60}[A-Za-z0-9])?")
# Names that mean devices where Windows is.
RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)


def printable(text: str) -> str:
    """The text without characters that move a terminal's cursor or turn the direction of writing."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def brief(name: str) -> str:
    """A file's name for a message: printable, and not too long."""
    name = printable(name) or "?"
    return name if len(name) <= 80 else f"{name[:60]}…{name[-19:]}"


def export(name: str) -> tuple[str, str] | None:
    """The student's name and number in a name that a learning platform made; None if it is no such name."""
    for pattern in EXPORTS:
        match = pattern.fullmatch(name)
        if match and match["name"].strip():
            return match["name"].strip(), match["id"]
    return None


def remainder(name: str, notebooks: tuple[str, ...]) -> str:
    """A file's name without ending, the course's notebook name and the marks of a second download."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    stem = re.sub(r"( ?\(\d+\)|-Copy\d+)$", "", stem)
    for notebook in notebooks:
        stem = stem.replace(notebook, "")
    return stem.strip(" _-.")


def key_for(student: str, number: str, digits: int = 0) -> str:
    """A file name for a student's results, at most 100 bytes long, the same in every run.

    A plain name (letters without accents, digits, hyphens) stays as it is. Every other gets digits of a hash
    after an underscore, which plain names don't have.

    Args:
        digits: of the hash, for plain names too; 0 is 6 where one is needed.
    """
    if not digits and not number and PLAIN.fullmatch(student) and not RESERVED.fullmatch(student):
        return student
    text = student if not number or number in student else f"{student}-{number}"
    plain = re.sub(r"[^\w-]+", "_", text).strip("_-")
    plain = plain.encode(errors="ignore")[:80].decode(errors="ignore") or "student"
    mark = hashlib.sha256(json.dumps([student, number]).encode()).hexdigest()
    return f"{plain}_{mark[: digits or 6]}"
