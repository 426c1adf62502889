"""`othello-interp check-course`: what is missing in the course, on one screen."""

import argparse
from pathlib import Path

from othello_interp.authoring.completeness import Places, missing, strays


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--course",
        type=Path,
        metavar="FILE",
        help="a Python file that defines COURSE; its right answers are in right_answers/ beside it",
    )


def main(args: argparse.Namespace) -> int:
    from othello_interp.grading.course import load_course, this_course
    from othello_interp.storage.paths import root

    course = load_course(args.course) if args.course else this_course()
    answers = args.course.parent if args.course else root() / "tests" / "exercises"
    places = Places(course.notebooks, course.solutions, answers / "right_answers")
    incomplete, stray = missing(course.exercises.values(), places), list(strays(course.exercises, places))
    for name, texts in incomplete.items():
        exercise = course.exercises[name]
        print(f"{name} {exercise.function or exercise.title}", *texts, sep="\n    ")
    if stray:
        print("elsewhere", *stray, sep="\n    ")
    complete = len(course.exercises) - len(incomplete)
    print(f"{complete} of {len(course.exercises)} exercises are complete.")
    return 1 if incomplete or stray else 0
