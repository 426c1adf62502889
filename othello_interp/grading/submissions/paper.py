"""One student's submission as plain data of bounded size: what the parent gets to see of it.

`read_paper` looks at everything the student handed in and runs in a limited child; it runs none of the code.
"""

import re
from dataclasses import dataclass, field, replace

from othello_interp.grading.submissions.handed_in import Collected
from othello_interp.grading.submissions.plan import Plan, Step, make_plan
from othello_interp.grading.submissions.reading import Lessons, read_files

MAX_CODE = 500_000  # characters of one notebook's code
MAX_WORDS = 20_000  # of one answer in words
MAX_LINE = 500  # of a remark
MAX_LINES = 50  # remarks of one kind
MAX_COMPARED = 200_000  # characters of code that are compared with other students'
MAX_SHINGLES = 1000

SOLUTIONS = re.compile(
    r"\b(?:import|from)\s+solutions\b|solutions[/\\.]|\bsolution\s*\(|load_reference|answer_key"
)


@dataclass
class Paper:
    """A submission once it has been read.

    Attributes:
        plans: what to run, by notebook.
        problems: what could not be read; `remarks`: on the files, for the student; `doubts`: for a person.
        unreadable: something that may hold work can't be read.
        cheats: notebooks whose code names the solutions.
        shingles: hashes of the student's own code, to find near-identical submissions.
    """

    plans: dict[str, Plan] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    unreadable: bool = False
    cheats: list[str] = field(default_factory=list)
    shingles: list[int] = field(default_factory=list)


def read_paper(handed_in: Collected, lessons: Lessons) -> Paper:
    """Read and plan a student's files. What is wrong with them is noted."""
    reading = read_files(handed_in, lessons)
    paper = Paper(problems=reading.problems, remarks=reading.remarks, doubts=reading.doubts)
    paper.unreadable = reading.unreadable
    sources = []
    for stem, candidate in reading.chosen.items():
        plan = make_plan(candidate.whose.notebook, lessons.masters[stem], lessons.of_notebook(stem))
        name = candidate.file.name.rpartition("/")[2]
        if any(other in name for other in lessons.masters) and stem not in name:
            plan.remarks.insert(0, f"The file was called {name}; its exercises show that it is {stem}.")
        source = "\n".join(step.source for step in plan.steps)
        if SOLUTIONS.search(source):
            paper.cheats.append(stem)
        sources.append(source)
        paper.plans[stem] = plan
    common = frozenset(lessons.common)
    paper.shingles = shingles("\n".join(sources)[:MAX_COMPARED], common)[:MAX_SHINGLES]
    return bounded(paper)


def bounded(paper: Paper) -> Paper:
    """The paper with nothing in it larger than it may be; where something is cut, a remark says so."""
    for plan in paper.plans.values():
        plan.steps = _affordable(plan)
        for exercise, words in plan.words.items():
            if len(words) > MAX_WORDS:
                cut = f"[Cut here: the answer has {len(words):,} characters.]"
                plan.words[exercise] = f"{words[:MAX_WORDS]}\n\n{cut}"
        plan.remarks = _lines(plan.remarks)
    return replace(
        paper,
        problems=_lines(paper.problems),
        remarks=_lines(paper.remarks),
        doubts=_lines(paper.doubts),
    )


def _affordable(plan: Plan) -> list[Step]:
    """The steps, without those that hold so much code that it can't be a student's."""
    steps, room = [], MAX_CODE
    for step in plan.steps:
        if len(step.source) > room:
            plan.remarks.append(
                f"{step.label}: {len(step.source):,} characters of code are too many to be run."
            )
            continue
        room -= len(step.source)
        steps.append(step if len(step.before) <= MAX_CODE else replace(step, before=""))
    return steps


def _lines(lines: list[str]) -> list[str]:
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return [line[:MAX_LINE] for line in lines[:MAX_LINES]] + more


def shingles(source: str, common: frozenset[int] = frozenset(), length: int = 6) -> list[int]:
    """Hashes of every `length` tokens in a row, comments and layout left out, without those in `common`."""
    from zlib import crc32

    tokens = re.findall(r"\w+|[^\w\s]", re.sub(r"#.*", "", source))
    rows = {crc32(" ".join(tokens[i : i + length]).encode()) for i in range(len(tokens) - length + 1)}
    return sorted(rows - common)
