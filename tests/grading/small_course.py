"""A course of three functions and a question in words, small enough to grade hundreds of notebooks in a
minute.

It needs no model and none of the lessons, so the grader's tests don't change when those do.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.grading.course import Course

NOTEBOOK, SECOND = "01_boards", "02_words"

REFERENCE = {
    "1.1": "def share_of_black(states):\n    return (states == 1).float().mean(dim=0)",
    "1.2": "def above(acts, threshold):\n    return (acts > threshold).float().mean().item()",
    "1.3": "def strongest(acts, count):\n    return acts.abs().topk(count).indices",
}
SOLUTIONS = "\n\n\n".join(["import torch", *REFERENCE.values()]) + "\n"
SECOND_SOLUTIONS = """
def longest(words):
    return max(words, key=len)
"""


def _boards(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Case(f"{n} boards", {"states": torch.randint(-1, 2, (n, 2, 3), generator=generator)}) for n in (5, 7)
    ]


def _acts(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Case(f"{n} activations", {"acts": torch.randn(n, generator=generator), "threshold": 0.1 * n})
        for n in (5, 11)
    ]


def _strongest(seed: int) -> list[Case]:
    """The strongest is negative, whatever the seed: so signs always matter."""
    generator = torch.Generator().manual_seed(seed)
    acts = [torch.cat([torch.randn(12, generator=generator), torch.tensor([-9.0])]) for _ in range(2)]
    return [Case(f"{n} of 13", {"acts": acts[i], "count": n}) for i, n in enumerate((2, 5))]


def _words(seed: int) -> list[Case]:
    return [Case("words", {"words": ["a" * (1 + seed % 7), "b" * 11, "cc"]})]


first, second, third, words = Mistakes(), Mistakes(), Mistakes(), Mistakes()


@first("You counted white, which is -1.")
def white(states):
    return (states == -1).float().mean(dim=0)


@first("Keep the squares apart.", credit=0.5)
def all_boards(states):
    return (states == 1).float().mean()


@second("You counted those below.")
def below(acts, threshold):
    return (acts < threshold).float().mean().item()


@third("Strong may be negative: take sizes.")
def signed(acts, count):
    return acts.topk(count).indices


@words("That is the shortest.")
def shortest(words):
    return min(words, key=len)


EXERCISES = (
    Exercise(
        id="1.1",
        notebook=NOTEBOOK,
        function="share_of_black",
        title="Share of black",
        points=2,
        difficulty=1,
        importance=3,
        minutes=5,
        tests="Calls your function on stacks of 5 and 7 boards.",
        cases=_boards,
        mistakes=first.all(),
        hints=("Black is 1.", "Take the mean over the first axis."),
        time_limit=1.0,
    ),
    Exercise(
        id="1.2",
        notebook=NOTEBOOK,
        function="above",
        title="Share above a threshold",
        points=2,
        difficulty=2,
        importance=3,
        minutes=5,
        tests="Calls your function on 5 and 11 activations.",
        cases=_acts,
        mistakes=second.all(),
        hints=("Compare, then take a mean.",),
        time_limit=1.0,
    ),
    Exercise(
        id="1.3",
        notebook=NOTEBOOK,
        function="strongest",
        title="Strongest activations",
        points=2,
        difficulty=2,
        importance=3,
        minutes=5,
        tests="Calls your function with counts of 2 and 5.",
        cases=_strongest,
        mistakes=third.all(),
        hints=("Look up torch.topk.",),
        time_limit=1.0,
    ),
    Exercise(
        id="2.1",
        notebook=SECOND,
        function="longest",
        title="Longest word",
        points=3,
        difficulty=1,
        importance=2,
        minutes=5,
        tests="Calls your function on three words.",
        cases=_words,
        mistakes=words.all(),
        time_limit=1.0,
    ),
    Exercise(
        id="2.2",
        notebook=SECOND,
        function="",
        title="What does it do?",
        points=1,
        difficulty=1,
        importance=2,
        minutes=5,
        tests="Read by a person.",
        cases=lambda seed: [],
        open=True,
    ),
)

SIGNATURES = {
    "1.1": "def share_of_black(states):",
    "1.2": "def above(acts, threshold):",
    "1.3": "def strongest(acts, count):",
    "2.1": "def longest(words):",
}
RIGHT = {
    "1.1": "def share_of_black(states):\n    return (states == 1).float().mean(0)",
    "1.2": "def above(acts, threshold):\n    return float((acts > threshold).sum()) / len(acts)",
    "1.3": "def strongest(acts, count):\n    return torch.argsort(acts.abs(), descending=True)[:count]",
    "2.1": "def longest(words):\n    return sorted(words, key=len)[-1]",
}
WRONG = {
    "1.1": "def share_of_black(states):\n    return (states == -1).float().mean(0)",
    "1.2": "def above(acts, threshold):\n    return 7.0",
    "1.3": "def strongest(acts, count):\n    return acts.topk(count).indices",
}


def cell(source: str, kind: str = "code", id: str = "", exercise: str = "", role: str = "") -> dict[str, Any]:
    """A notebook cell as Jupyter writes it."""
    metadata = {"othello_interp": {"exercise": exercise, "role": role}} if exercise else {}
    made = {
        "cell_type": kind,
        "id": id or f"c{abs(hash((source, exercise, role))) % 10**8}",
        "metadata": metadata,
    }
    made["source"] = source.splitlines(keepends=True)
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A notebook of format 4.5."""
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def stub(exercise: str) -> str:
    return f"{SIGNATURES[exercise]}\n    raise NotImplementedError"


def first(answers: dict[str, str] | None = None, extra: list[str] | None = None) -> dict[str, Any]:
    """The first notebook: blank where there is no answer, with `extra` cells after the setup."""
    answers = answers or {}
    cells = [
        cell("# Boards", "markdown", "title"),
        cell("import torch\nfrom othello_interp.exercises import check", id="setup"),
        *(cell(source, id=f"extra{i}") for i, source in enumerate(extra or [])),
    ]
    for name in ("1.1", "1.2", "1.3"):
        cells.append(cell(answers.get(name, stub(name)), id=f"stub{name}", exercise=name, role="stub"))
        function = SIGNATURES[name].split()[1].split("(")[0]
        cells.append(cell(f'check("{name}", {function})', id=f"check{name}", exercise=name, role="check"))
    return notebook(cells)


def second(answer: str = "", words: str = "*Your answer.*") -> dict[str, Any]:
    """The second notebook."""
    return notebook(
        [
            cell("words = ['some', 'given', 'words']", id="setup2"),
            cell(answer or stub("2.1"), id="stub2.1", exercise="2.1", role="stub"),
            cell(words, "markdown", "words", exercise="2.2", role="answer"),
        ]
    )


def solved(extra: list[str] | None = None) -> dict[str, Any]:
    """The first notebook with three right answers."""
    return first({name: RIGHT[name] for name in ("1.1", "1.2", "1.3")}, extra)


def shipped() -> dict[str, Any]:
    """The solved first notebook that lies beside the solutions, with the mark of `build-solved`."""
    return first(REFERENCE) | {"metadata": {"othello_interp": {"made_from": "5de2" * 16}}}


def build(folder: Path, notebooks: int = 1) -> Course:
    """Write the course's notebooks and solutions below `folder`; take one notebook or two."""
    blank, solutions = folder / "notebooks", folder / "solutions"
    for path in (blank, solutions):
        path.mkdir(parents=True, exist_ok=True)
    (blank / f"{NOTEBOOK}.ipynb").write_text(json.dumps(first()))
    (solutions / f"{NOTEBOOK}.py").write_text(SOLUTIONS)
    (solutions / f"{NOTEBOOK}.ipynb").write_text(json.dumps(shipped()))
    (blank / f"{SECOND}.ipynb").write_text(json.dumps(second()))
    (solutions / f"{SECOND}.py").write_text(SECOND_SOLUTIONS)
    kept = [e for e in EXERCISES if notebooks == 2 or e.notebook == NOTEBOOK]
    return Course("Small course", {exercise.id: exercise for exercise in kept}, blank, solutions)


def write_files(folder: Path, files: dict) -> Path:
    """Write a submission's files; dicts as JSON. Later files are newer."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, content) in enumerate(files.items()):
        if isinstance(content, dict):
            content = json.dumps(content)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return folder
