"""One zygote for all of these tests: starting it costs more than most of them."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # for small_course and corpus, which tests and the benchmark share


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """The small course."""
    import small_course

    return small_course.build(tmp_path_factory.mktemp("course"))
