"""Do statuses have one place?"""

import ast
import json

from othello_interp.exercises.showing.messages import HEADLINES
from othello_interp.exercises.status import GOES_ON, OF_A_CALL, Status


def test_a_status_is_its_word():
    assert Status("timed out") is Status.TIMED_OUT == "timed out"
    assert f"{Status.TIMED_OUT}" == "timed out"
    assert json.dumps({"status": Status.TIMED_OUT}) == '{"status": "timed out"}'
    assert {"passed": 1}[Status.PASSED] == 1


def test_every_status_of_an_exercise_has_a_headline():
    of_the_grader_alone = {Status.MISSING, Status.MARKED}
    assert HEADLINES.keys() == set(Status) - {Status.RETURNED} - of_the_grader_alone
    assert GOES_ON < OF_A_CALL < set(Status)


def test_no_status_is_written_out_as_a_string(root):
    """But in status.py; what the catalogue holds is prose."""
    folder = root / "othello_interp" / "exercises"
    found = []
    for path in sorted(folder.rglob("*.py")):
        if path.name == "status.py" or path.parent.name == "catalogue":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in set(Status):
                found.append(f"{path.relative_to(root)}:{node.lineno}: {node.value!r}")
    assert not found, "\n".join(found)
