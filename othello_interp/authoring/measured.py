"""Measured sentences: what the course says of the model's neuron, with figures and the range its words claim.

A line of a notebook's text, or of a page, that ends in a marker is written by the sentence of that name:

    C0 is raised by 0.86 logits a unit. <!-- measured: writes_c0 -->

`othello-interp sentences` measures the figures and writes the lines. A sentence is a function that returns
its figures, by name, with its words and for each figure what they claim (see `sentence`). Those of notebook 2
are in sentences/notebook_2.py, and so on.
"""

import argparse
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from torch import Tensor

from othello_interp.authoring import sentences
from othello_interp.authoring.subject import Subject
from othello_interp.errors import OthelloInterpError
from othello_interp.games import FocusGames
from othello_interp.model import load_model
from othello_interp.notebooks import files
from othello_interp.probe import load_probe
from othello_interp.storage import paths
from othello_interp.storage.whole_file import write_text

#: A lowest and a highest value; the only text; or None, where the words claim nothing of the figure.
Claim = tuple[float | int, float | int] | str | None
Figure = float | int | str | Tensor
MARKED = re.compile(r"^((?:[-*>#]+ |\d+\. )?).*? ?(<!-- measured: (\w+) -->)$", re.MULTILINE)
PAGES = ("README.md", "docs/index.md", "data/README.md", "data/MODEL_CARD.md")


@dataclass(frozen=True)
class Sentence:
    """Words with {figures}, how to measure them, and what the words claim of each."""

    words: str
    claims: Mapping[str, Claim]
    measure: Callable[[Subject], Mapping[str, Figure]]

    def of(self, subject: Subject) -> "Measured":
        """The sentence about a model. Raises TypeError unless it has a claim for each of its figures."""
        try:
            found = self.measure(subject)
        except (ValueError, StopIteration, ZeroDivisionError) as error:  # what it speaks of isn't there
            return Measured("", [f"can't be measured in this model ({type(error).__name__}: {error})"])
        figures = {name: _plain(value) for name, value in found.items()}
        if figures.keys() != self.claims.keys():
            raise TypeError(f"measured {sorted(figures)}, but there are claims for {sorted(self.claims)}")
        # A true minus sign, but not in names such as top-k.
        text = re.sub(r"(?<![\w-])-(?=\d)", "−", self.words.format(**figures))
        broken = [_complaint(name, figures[name], claim) for name, claim in self.claims.items()]
        return Measured(text, [complaint for complaint in broken if complaint])


@dataclass(frozen=True)
class Measured:
    """A sentence with its figures ("" if there are none to measure), and where its words do not hold."""

    text: str
    broken: list[str]


def sentence(words: str, **claims: Claim) -> Callable[[Callable[[Subject], Mapping[str, Figure]]], Sentence]:
    """Makes a sentence of the function that measures its figures; the function's name is the sentence's.

    words: one line of markdown with the figures as format fields, such as "{share:.0%}".
    claims: for each figure (lowest, highest), a text that it must be, or None.

    >>> @sentence("C0 is raised by {c0:.2f} logits a unit.", c0=(0.3, 2))
    ... def writes_c0(subject):
    ...     return {"c0": subject.attribution[16]}
    """
    return lambda measure: Sentence(words, claims, measure)


def all_sentences() -> dict[str, Sentence]:
    """Every sentence by its name. Raises ValueError when two have the same."""
    found: dict[str, Sentence] = {}
    for module in pkgutil.iter_modules(sentences.__path__, f"{sentences.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Sentence):
                if name in found:
                    raise ValueError(f"there are two sentences {name}")
                found[name] = value
    return found


def the_subject() -> Subject:
    """The neuron in the model that ships, on its focus games."""
    model = load_model("embedded")
    return Subject(model, load_probe("embedded"), FocusGames(model))


@cache
def measure_sentences(subject: Subject) -> dict[str, Measured]:
    """Every sentence with its figures measured, by name; once for a subject, since it takes a while."""
    return {name: each.of(subject) for name, each in all_sentences().items()}


def check_sentences(subject: Subject | None = None) -> list[str]:
    """The sentences that don't hold: for each its name, the figures that leave their range, and its words."""
    measured = measure_sentences(subject or the_subject())
    return [
        f"{name}: {'; '.join(each.broken)}. It says: {each.text}"
        for name, each in measured.items()
        if each.broken
    ]


def write_sentences(subject: Subject | None = None, dry: bool = False) -> list[Path]:
    """Writes the measured sentences, true or not, into notebooks and pages; `dry` writes nothing. One that
    can't be measured stays as it is.

    Returns the files that change. Raises OthelloInterpError for a marker without a sentence.
    """
    texts = {name: each.text for name, each in measure_sentences(subject or the_subject()).items()}
    wanted = {path: with_sentences(path, texts) for path in marked_files()}
    changed = {path: text for path, text in wanted.items() if text != path.read_text(encoding="utf-8")}
    for path, text in changed.items():
        if not dry:
            write_text(path, text)
    return list(changed)


def marked_files() -> list[Path]:
    """The notebooks, and the pages that may hold measured sentences."""
    return [*paths.notebooks(), *(path for name in PAGES if (path := paths.root() / name).is_file())]


def with_sentences(path: Path, texts: Mapping[str, str]) -> str:
    """The text of a file with each marked line written anew. In a notebook only its markdown counts."""

    def fill(source: str) -> str:
        def line(found: re.Match[str]) -> str:
            bullet, marker, name = found.groups()
            if name not in texts:
                raise OthelloInterpError(f"{path}: there is no measured sentence {name!r}")
            return f"{bullet}{texts[name]} {marker}" if texts[name] else found[0]

        return MARKED.sub(line, source)

    if path.suffix != ".ipynb":
        return fill(path.read_text(encoding="utf-8"))
    notebook = files.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill(cell.source)
    return files.text(notebook)


def _plain(value: Figure) -> float | int | str:
    return value.item() if isinstance(value, Tensor) else value


def _complaint(name: str, value: float | int | str, claim: Claim) -> str:
    """What is wrong with a figure; "" if nothing is."""
    if isinstance(claim, str):
        return "" if value == claim else f"{name} is {value!r}, expected {claim!r}"
    if claim is None or isinstance(value, str) or claim[0] <= value <= claim[1]:
        return ""
    return f"{name} is {value:.4g}, expected {claim[0]:g} to {claim[1]:g}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp sentences`."""
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")


def main(args: argparse.Namespace) -> int:
    """`othello-interp sentences`: writes them, and prints those that don't hold."""
    subject = the_subject()
    changed, broken = write_sentences(subject, dry=args.check), check_sentences(subject)
    for path in changed:
        print(f"{path.name}: {'out of date; run othello-interp sentences' if args.check else 'written'}")
    for complaint in broken:
        print(f"does not hold: {complaint}")
    return 1 if broken or (changed and args.check) else 0
