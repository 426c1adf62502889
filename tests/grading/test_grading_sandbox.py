"""Does the self-test notice when a protection is missing, and does the grader refuse then?"""

import os
import platform
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from othello_interp.exercises.calling.encode import decode, encode
from othello_interp.grading.running import worker
from othello_interp.grading.running.client import GradingError, Zygote
from othello_interp.grading.running.handle import Lost
from othello_interp.grading.running.job import GRACE, Task, run_plan
from othello_interp.grading.running.room import Room, single
from othello_interp.grading.running.standby import Standby
from othello_interp.grading.running.worker import Conditions, Resident, Worker, child_setting
from othello_interp.grading.sandbox import selftest, syscalls
from othello_interp.grading.sandbox.limits import Limits, SandboxError, Setting, carved
from othello_interp.grading.submissions.handed_in import Collected
from othello_interp.grading.submissions.plan import Plan, Step
from othello_interp.grading.typed import to_plain

LIMITS = Limits(seconds=5.0, memory=256 * 2**20)
SETTING = child_setting(LIMITS)


@pytest.fixture(scope="module")
def zygote():
    with closing(Zygote()) as started:
        started.start()
        yield started


def find(zygote: Zygote, secrets: list[Path], readable: list[Path] | None = None) -> selftest.Finding:
    return selftest.find_setting(
        child_setting(LIMITS, readable or []), partial(single, zygote), secrets, [zygote.pid]
    )


def test_everything_holds_here(zygote):
    finding = find(zygote, [Path(__file__)])
    assert finding.missing == []
    assert any("MISSING" in line for line in finding.lines()) is False


@pytest.mark.parametrize(
    ("layers", "missing"),
    [((), {"files", "network"}), (("seccomp",), {"files"}), (("landlock",), {"network"})],
)
def test_a_missing_layer_is_noticed(layers, missing, zygote, monkeypatch):
    """Without namespaces and Landlock files can be read; without seccomp there is a network."""
    monkeypatch.setattr(selftest, "COMBINATIONS", (layers,))
    with tempfile.NamedTemporaryFile() as open_to_all:  # a home may be closed to the child in any case
        os.chmod(open_to_all.name, 0o644)
        finding = find(zygote, [Path(open_to_all.name)])
    assert missing <= set(finding.missing)


def test_a_secret_that_can_be_read_is_noticed(zygote):
    """The solutions lie inside something that submissions may read."""
    solutions = Path(__file__).parent
    finding = find(zygote, [solutions], [solutions])
    assert finding.missing == ["files"]


def _open_to_all(path: str) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in [Path(path), *Path(path).parents])


@pytest.mark.parametrize("layer", ["namespaces", "landlock"])
def test_either_layer_hides_the_answers(layer, zygote, monkeypatch):
    """The library can be read, but for the catalogue inside it."""
    if layer == "landlock" and os.getuid() == 0 and not _open_to_all(sys.base_prefix):
        pytest.skip("without namespaces a child of root can't enter the folder of this Python")
    monkeypatch.setattr(selftest, "COMBINATIONS", ((layer, "seccomp"),))
    catalogue = Path(worker.PACKAGE) / "exercises" / "catalogue"
    assert catalogue.is_dir()
    finding = find(zygote, [catalogue, catalogue / "exercise_5_4.py"])
    assert finding.setting.layers == (layer, "seccomp")
    assert "files" not in finding.missing
    child = single(zygote, finding.setting)
    source = "import othello_interp.exercises.checker\nimport othello_interp.rules.slow_rules"
    assert child.request(cell(source), 20.0)["error"] == ""
    child.close()


def test_what_is_hidden_is_carved_out(tmp_path):
    for name in ("library/a.py", "library/inner/answers/x.py", "library/inner/b.py", "data/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    readable = (str(tmp_path / "library"), str(tmp_path / "data"))
    kept = carved(readable, (str(tmp_path / "library/inner/answers"),))
    assert kept == [str(tmp_path / name) for name in ("library/a.py", "library/inner/b.py", "data")]
    assert carved(readable, ()) == list(readable)


def test_it_refuses_unless_told_otherwise(tmp_path):
    inside = str(Path(__file__).parent)
    unsafe = Conditions(LIMITS, readable=(inside,), secrets=(inside,))
    with pytest.raises(GradingError, match=r"MISSING  files.*\n(.*\n)*Not safe on this machine"):
        Worker(unsafe).start()


def test_the_time_for_a_notebook_is_wall_time_and_the_processor_time_of_a_process(zygote):
    """A cell may not sleep past the end of the notebook's time, whatever its own limit."""
    setting = child_setting(Limits(seconds=60.0, total_seconds=3.0))
    limited = "import resource\nassert resource.getrlimit(resource.RLIMIT_CPU) == (4, 4)"
    steps = [Step("cell 1", limited), Step("cell 2", "import time\ntime.sleep(50)")]
    tasks = (Task("1.1", "f", 1.0, (b"",), ("case",)),)
    begin = time.monotonic()
    room = Room(lambda: zygote.fork(setting, "room"))
    run = run_plan(room, setting.limits, "01", Plan(steps), tasks)
    room.close()
    assert time.monotonic() - begin < 3.0 + GRACE + 2.0
    assert decode(run.outcomes["1.1"][0]).error == (
        "It was not run: the time for the whole notebook, 3 s, was used up."
    )
    assert not [line for line in run.remarks if "cell 1" in line]


def test_a_process_of_a_cluster_has_one_worker(course):
    """Another run's job stops the worker of the last; the end of the process stops the last one."""
    lessons = encode(to_plain(course.lessons))
    first, second = Conditions(LIMITS, lessons, readable=("/usr",)), Conditions(LIMITS, lessons)
    resident, nothing = Resident(), Collected()
    assert resident.run(first, nothing).paper.problems == ["no notebook (.ipynb) was handed in"]
    old = resident._worker
    resident.run(first, nothing)
    assert resident._worker is old
    resident.run(second, nothing)
    assert old.zygote.closed
    assert old.zygote._process.poll() is not None
    new = resident._worker
    resident.close()
    assert new.zygote._process.poll() is not None


def test_a_layer_that_cannot_be_had_stops_the_child(zygote, monkeypatch):
    """Fails closed: a child that could not be locked in as asked runs nothing."""
    with pytest.raises(SandboxError, match="could not be set up"):
        zygote.fork(Setting(LIMITS, (*SETTING.readable, "/proc/nonexistent")), "room")


def test_a_dead_zygote_is_started_again(zygote):
    import os
    import signal

    old = zygote.pid
    os.kill(old, signal.SIGKILL)
    zygote._process.wait()
    child = single(zygote, SETTING)
    assert child.request(cell("x = 1"), 20.0)["status"] == "ran"
    child.close()
    assert zygote.pid != old


def test_a_lost_child_says_why(zygote):
    child = single(zygote, SETTING)
    with pytest.raises(Lost, match="segmentation fault"):
        child.request(cell("import ctypes\nctypes.string_at(0)"), 20.0)


def test_a_cell_that_is_lost_at_its_second_chance_gets_no_third(zygote):
    """The cell fails at first and ends the process when it is run again: once, not until the time is up."""
    source = "if 'again' in globals():\n    import os\n    os._exit(3)\nagain = True\nraise ValueError"
    steps = [Step("cell 1", source), Step("cell 2", "def f():\n    return 7")]
    tasks = (Task("1.1", "f", 1.0, (b"",), ("case",)),)  # to be asked for something keeps it going
    room = Room(lambda: zygote.fork(SETTING, "room"))
    run = run_plan(room, LIMITS, "01", Plan(steps), tasks)
    room.close()
    assert [loss for loss in run.losses if "cell" in loss] == [
        "cell 1 ended the process (exit status 3); it was left out."
    ]
    assert run.remarks == ["cell 1: line 5: ValueError"]


def test_a_long_line_of_data_takes_little_memory(zygote):
    """IPython's syntax is looked for only where Python's own doesn't fit: some Pythons need much for that."""
    child = single(zygote, SETTING)
    source = f"data = [{', '.join(['1.25'] * 40_000)}]\nassert len(data) == 40_000"
    assert child.request(cell(source), 20.0) == {"status": "ran", "error": "", "remarks": []}
    assert child.close()["memory"] < 100 * 2**20


def test_a_child_without_memory_for_its_next_answer_says_so(zygote):
    """The process has no more to answer with: that is no exit of the student's own."""
    child = single(zygote, SETTING)
    source = (
        "from othello_interp.grading.running import wire\ndef f(*_):\n    raise MemoryError\nwire.send = f"
    )
    with pytest.raises(Lost, match="used more memory than is allowed"):
        child.request(cell(source), 20.0)


def cell(source: str) -> dict:
    fields = {"functions": [], "seconds": 5.0, "before": "", "parts": "all"}
    return {"op": "cell", "label": "cell 1", "source": source, **fields}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64")
def test_the_filter_refuses_what_it_should():
    """The BPF program, interpreted here step by step."""
    program = syscalls.seccomp_program("x86_64")
    steps = [program[i : i + 8] for i in range(0, len(program), 8)]

    def run(number: int, first_argument: int = 0, arch: int = 0xC000003E) -> int:
        data = {0: number, 4: arch, 16: first_argument}
        accumulator = position = 0
        while True:
            code = int.from_bytes(steps[position][:2], "little")
            jump_true, jump_false = steps[position][2:4]
            value = int.from_bytes(steps[position][4:], "little")
            position += 1
            if code == 0x20:
                accumulator = data[value]
            elif code == 0x06:
                return value
            else:
                holds = {
                    0x15: accumulator == value,
                    0x35: accumulator >= value,
                    0x45: bool(accumulator & value),
                }
                position += jump_true if holds[code] else jump_false

    allow, refuse = 0x7FFF0000, 0x00050001
    assert run(0) == run(1) == run(59) == allow  # read, write, execve
    assert run(41) == run(101) == run(425) == run(0x40000000) == refuse  # socket, ptrace, io_uring_setup, x32
    assert run(435) == 0x00050026  # clone3: not implemented, so that the C library uses clone
    assert run(56, 0x11) == allow  # clone for fork
    assert run(56, syscalls.NEWUSER | 0x11) == refuse
    assert run(0, arch=0x40000003) == 0x80000000  # 32-bit calls: killed


def test_a_child_on_standby_takes_no_blame_for_those_before(zygote):
    """What is lost on a used child is tried on a fresh one, whose loss counts."""
    made = []

    def fork():
        made.append(single(zygote, SETTING))
        return made[-1]

    standby = Standby(fork, uses=3)
    for _ in range(3):
        assert standby.ask(lambda child: child.request(cell("x = 1"), 20.0))["status"] == "ran"
    assert len(made) == 1
    standby.ask(lambda child: child.request(cell("x = 1"), 20.0))
    made[-1].stop()
    assert standby.ask(lambda child: child.request(cell("x = 1"), 20.0))["status"] == "ran"
    assert len(made) == 3
    with pytest.raises(Lost, match="exit status 3"):
        standby.ask(lambda child: child.request(cell("import os\nos._exit(3)"), 20.0))
    assert len(made) == 4
    standby.close()
