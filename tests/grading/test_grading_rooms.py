"""Does a notebook notice anything of the one before it, of the same student and in the same sandbox?"""

import os
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

import pytest

from othello_interp.grading.running.client import Zygote
from othello_interp.grading.running.handle import Lost
from othello_interp.grading.running.room import Guest, Room
from othello_interp.grading.running.worker import child_setting
from othello_interp.grading.sandbox.limits import Limits

SETTING = child_setting(Limits(seconds=5.0, memory=256 * 2**20))

QUIET = {
    "nothing": "x = 1",
    "spoilt names": "import builtins, os\nbuiltins.len = os.listdir = None\nos.environ['HOME'] = '/usr'",
    "spoilt settings": "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.manual_seed = None",
    "a process that goes on": """
import os, signal, time
for number in range(1, 32):
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(3)
        open('/tmp/late', 'w').close()
    os._exit(0)
os.wait()
""",
    "a kill of everything": "import os\ntry:\n    os.kill(-1, 9)\nexcept OSError:\n    pass\nos.kill(1, 9)",
}
LOUD = {
    "a file": "open('/tmp/numpy.py', 'w').close()",
    "a folder that is closed": "import os\nos.mkdir('/tmp/x')\nos.chmod('/tmp/x', 0)",
    "lower limits": "import resource\nresource.prlimit(1, resource.RLIMIT_NOFILE, (4, 4))",
    "lower priority": "import os\nos.setpriority(os.PRIO_PROCESS, 1, 19)",
    "one signal to the first": "import os, signal\nos.kill(1, signal.SIGINT)",
    "too much memory": """
import os, time
for _ in range(8):
    if os.fork() == 0:
        hog = bytearray(b'x') * (60 * 2**20)
        time.sleep(100)
time.sleep(100)
""",
}
AFTER = """
import os, time, torch
assert len('ab') == 2 and torch.get_default_dtype() == torch.float32 and 'x' not in globals()
time.sleep(WAIT)
assert os.listdir('/tmp') == []
assert os.nice(0) == NICE
held = [open('/dev/null') for _ in range(20)]
"""


@pytest.fixture(scope="module")
def zygote():
    with closing(Zygote()) as started:
        started.start()
        yield started


def cell(guest: Guest, source: str) -> dict:
    fields = {"functions": [], "seconds": 5.0, "before": "", "parts": "all"}
    return guest.request({"op": "cell", "label": "cell 1", "source": source, **fields}, 10.0)


def two_notebooks(zygote: Zygote, source: str, setting=SETTING, wait: float = 0.0) -> int:
    """Run `source` as one notebook and look around in the next; how many sandboxes they took."""
    forked = []

    def fork():
        forked.append(zygote.fork(setting, "room"))
        return forked[-1]

    room = Room(fork)
    guest = room.admit("")
    with suppress(Lost):
        cell(guest, source)
    guest.close()
    guest = room.admit("")
    answer = cell(guest, AFTER.replace("WAIT", str(wait)).replace("NICE", str(os.nice(0) + 5)))
    guest.close()
    room.close()
    assert (answer["status"], answer["error"]) == ("ran", "")
    return len(forked)


@pytest.mark.parametrize("name", QUIET)
def test_the_next_notebook_begins_afresh_in_the_same_sandbox(name, zygote):
    assert two_notebooks(zygote, QUIET[name], wait=4.0 if name == "a process that goes on" else 0.0) == 1


@pytest.mark.parametrize("name", LOUD)
def test_what_cannot_be_put_right_costs_the_sandbox_and_not_the_next_notebook(name, zygote):
    assert two_notebooks(zygote, LOUD[name]) == 2


def test_without_a_process_namespace_every_notebook_has_a_sandbox_of_its_own(zygote):
    """What the first started can't be told from what else runs on the machine."""
    without = replace(SETTING, layers=("seccomp",))
    forked = []

    def fork():
        forked.append(zygote.fork(without, "room"))
        return forked[-1]

    room = Room(fork)
    for _ in range(2):
        room.admit("").close()
    room.close()
    assert len(forked) == 2


def test_what_a_notebook_used_is_its_own(zygote):
    """Time and memory of the second are not those of the first, whose sandbox it shares."""
    room = Room(partial(zygote.fork, SETTING, "room"))
    busy = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass"
    used = []
    for source in (f"{busy}\nhog = bytearray(b'x') * (100 * 2**20)", "x = 1"):
        guest = room.admit("")
        cell(guest, source)
        used.append(guest.close())
    room.close()
    assert [usage["reason"] for usage in used] == ["stopped", "stopped"]
    assert used[0]["cpu"] > 1 > used[1]["cpu"]
    assert used[0]["memory"] > 100e6 > 50e6 > used[1]["memory"]
