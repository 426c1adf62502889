"""Submissions of every kind to the small course, each with the points and words it must get.

`HONEST` must keep full marks, `HOSTILE` lose only what they spoil, `FORGERS` gain nothing, `DAMAGED` be
read as far as possible. Each is built here; none is a file that somebody might open by mistake.
"""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from small_course import REFERENCE, RIGHT, WRONG, cell, first, notebook, shipped, solved, stub

FULL = {"1.1": 2, "1.2": 2, "1.3": 2}
NOTHING = {"1.1": 0, "1.2": 0, "1.3": 0}


@dataclass
class Entry:
    """One submission and what must come of it.

    Attributes:
        files: name -> contents; a dict is written as JSON, a callable is handed the folder to fill.
        points: by exercise, None for a blank.
        says: exercise -> words that its message holds; "remarks", "problems" and "look" for those lists.
    """

    name: str
    files: dict[str, Any] | Callable
    points: dict[str, float | None]
    says: dict[str, str] = field(default_factory=dict)
    status: str = "graded"

    def saying(self, **says: str) -> "Entry":
        """The same, with words that the lists or messages must hold."""
        return replace(self, says=self.says | says)


def one(
    name: str, content: Any, points: dict[str, float | None], status: str = "graded", **says: str
) -> Entry:
    """An entry with one file."""
    says = {key.replace("_", ".").lstrip("e"): text for key, text in says.items()}
    return Entry(name, {"01_boards.ipynb": content}, points, says, status)


def spoiled(name: str, body: str, says: str, extra: str = "") -> Entry:
    """Right answers, but for 1.2, whose body does harm."""
    lines = "\n".join("    " + line for line in body.splitlines())
    answers = {**RIGHT, "1.2": f"def above(acts, threshold):\n{lines}"}
    return one(name, first(answers, [extra] if extra else []), {**FULL, "1.2": 0}, e1_2=says)


def other_way(name: str, *lines: str) -> Entry:
    """Right answers, 1.2 written in a way of its own."""
    return one(name, first({**RIGHT, "1.2": "\n".join(lines)}), FULL)


def forger(name: str, attack: str, answers: dict[str, str] | None = None, **says: str) -> Entry:
    """Wrong answers and an attack in a cell before them."""
    return one(name, first(WRONG if answers is None else answers, [attack]), NOTHING, **says)


SWALLOW = (
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
)

HOSTILE = [
    spoiled("infinite loop", "while True:\n    pass", "still running after"),
    spoiled("loop that swallows exceptions", SWALLOW, "still running after"),
    spoiled(
        "loop with the alarm off",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass",
        "had not stopped after",
    ),
    spoiled(
        "loop in C",
        "import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')",
        "",
    ),
    spoiled("sleep", "import time\ntime.sleep(1000)", "still running after"),
    spoiled(
        "deadlock",
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        "still running after",
    ),
    spoiled("SystemExit", "raise SystemExit(0)", "SystemExit"),
    spoiled("exit()", "exit()", ""),
    spoiled("os._exit", "import os\nos._exit(3)", "ended the process (exit status 3)"),
    spoiled("os._exit(0)", "import os\nos._exit(0)", "ended the process (exit status 0)"),
    spoiled("segmentation fault", "import ctypes\nctypes.string_at(0)", "segmentation fault"),
    spoiled("abort", "import os\nos.abort()", "crashed"),
    spoiled(
        "endless recursion",
        "return above(acts, threshold)",
        "RecursionError",
    ),
    spoiled(
        "stack overflow",
        "import sys\nsys.setrecursionlimit(10**9)\nreturn repeat(lambda: repeat, 10**9)",
        "",
        "import functools\ndef repeat(f, n):\n    return sorted([1], key=lambda _: repeat(f, n - 1))",
    ),
    spoiled(
        "fork bomb",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        "",
    ),
    spoiled(
        "thread bomb",
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(100,)).start()",
        "can't start new thread",
    ),
    spoiled("memory hog", "hog = []\nwhile True:\n    hog.append(bytearray(2**26))", "MemoryError"),
    spoiled("two gigabytes at once", "import torch\nreturn torch.ones(2**29)", "memory"),
    spoiled(
        "memory hog in many processes",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        hog = bytearray(b'x') * (60 * 2**20)\n        time.sleep(100)\ntime.sleep(100)",
        "used more memory than is allowed",
    ),
    spoiled(
        "shared memory hog",
        "import mmap\nhogs = []\nwhile True:\n    hogs.append(mmap.mmap(-1, 2**24))\n"
        "    hogs[-1][:] = b'x' * 2**24",
        "",
    ),
    spoiled("endless output", "while True:\n    print('x' * 10**6)", "still running after"),
    spoiled(
        "endless output to the descriptor",
        "import os\nwhile True:\n    os.write(1, b'x' * 10**6)",
        "still running after",
    ),
    spoiled(
        "giant file",
        "with open('/tmp/big', 'wb') as file:\n    while True:\n        file.write(bytes(2**24))",
        "OSError",
    ),
    spoiled(
        "many files",
        "import os\nfor i in range(10**6):\n    os.mkdir(f'/tmp/{i}')",
        "",
    ),
    spoiled("descriptors", "opened = [open('/dev/null') for _ in range(10**5)]", "Too many open files"),
    spoiled("giant answer", "import torch\nreturn torch.zeros(20_000_000)", ""),
    spoiled("giant string", "return 'x' * (100 * 2**20)", ""),
    spoiled(
        "bottomless answer",
        "box = []\nfor _ in range(10**5):\n    box = [box]\nreturn box",
        "nested",
    ),
    spoiled("answer that contains itself", "box = []\nbox.append(box)\nreturn box", "nested"),
    spoiled("kills its group", "import os\nos.kill(0, 9)\nwhile True: pass", ""),
    spoiled(
        "kills everything",
        "import os\nfor pid in range(1, 70000):\n    try:\n        os.kill(pid, 9)\n"
        "    except OSError:\n        pass\nreturn 7.0",
        "",
    ),
    spoiled("closes the channel", "import os\nos.closerange(0, 200)\nreturn 7.0", ""),
    spoiled(
        "rubbish in the channel",
        "import os\nos.write(3, b'rubbish rubbish rubbish')\nreturn 7.0",
        "",
    ),
    spoiled(
        "endless message in the channel",
        "import os\nos.write(3, (2**32 - 1).to_bytes(4, 'little'))\nwhile True:\n"
        "    os.write(3, bytes(10**6))",
        "",
    ),
    spoiled(
        "slow drip in the channel",
        "import os, time\nos.write(3, (10**6).to_bytes(4, 'little'))\n"
        "while True:\n    try:\n        os.write(3, b'x')\n        time.sleep(0.01)\n"
        "    except BaseException:\n        pass",
        "had not stopped",
    ),
    spoiled(
        "error whose text never ends",
        "class Bad(Exception):\n    def __str__(self):\n        while True: pass\nraise Bad()",
        "Bad",
    ),
    spoiled("waits for input", "return float(input('? '))", "nobody is there to answer input()"),
    spoiled(
        "network",
        "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)\nreturn 7.0",
        "Error",
    ),
    one(
        "os._exit in a cell",
        first(RIGHT, ["import os\nos._exit(0)"]),
        FULL,
        look="ended the process",
    ),
    one(
        "loop in a cell that swallows exceptions",
        first(RIGHT, [SWALLOW]),
        FULL,
        remarks="cell 3",
    ),
    one(
        "crash in the cell of an answer, after the function",
        first({**RIGHT, "1.2": RIGHT["1.2"] + "\nimport ctypes\nctypes.string_at(0)"}),
        FULL,
        look="segmentation fault",
    ),
    one(
        "sleeps in every cell",
        first(RIGHT, ["import time\ntime.sleep(1.8)"] * 40),
        FULL,
    ),
    one(
        "crash in every cell",
        first({name: source + "\nimport os\nos._exit(1)" for name, source in RIGHT.items()}),
        FULL,
        look="ended the process",
    ),
]

FORGERS = [
    forger(
        "patches the comparison",
        "import torch, numpy\nimport othello_interp.exercises.judging.compare as compare\n"
        "compare.compare = lambda *a, **k: None\ntorch.equal = torch.allclose = lambda *a, **k: True\n"
        "torch.isclose = lambda a, b, **k: torch.ones_like(a, dtype=torch.bool)\n"
        "numpy.testing.assert_allclose = lambda *a, **k: None",
        e1_1="white",
    ),
    forger(
        "patches the judge and the points",
        "import othello_interp.exercises.judging.judge as judge\n"
        "from othello_interp.exercises.judging.judge import Verdict\n"
        "judge.judge = lambda key, outcomes: Verdict(key.exercise.id, 'passed', 1000.0)\n"
        "Verdict.share = property(lambda self: 1000.0)",
    ),
    forger(
        "patches the results",
        "import othello_interp.grading.judging as judging\n"
        "score.Result.total = property(lambda self: 3000)\n"
        "judging.score_exercise = lambda *a: judging.ExerciseResult('1.1', 'passed', 3000.0)",
    ),
    forger(
        "hooks the cells, so that later ones are empty",
        "import othello_interp.grading.running.session as session\n"
        "session.Session.run_cell = lambda self, *a, **k: {'status': 'ran', 'error': '', 'remarks': []}\n"
        "session.Session.call = lambda self, *a, **k: None",
        {},
        e1_1="",
    ),
    forger(
        "answers with forged outcomes",
        "import othello_interp.grading.running.session as session\n"
        "from othello_interp.exercises.calling.outcome import Outcome\n"
        "session.Session.call = lambda self, function, case, seconds: "
        "{'status': 'passed', 'points': 1000, 'case': case.name}",
    ),
    forger(
        "answers with outcomes of the wrong types",
        "import othello_interp.grading.running.session as session\n"
        "from othello_interp.exercises.calling.outcome import Outcome\n"
        "from othello_interp.exercises.status import Status\n"
        "session.Session.call = lambda self, function, case, seconds: Outcome(\n"
        "    case.name, Status.RETURNED, None, error=7, changed=3, global_data='x', printed=None,\n"
        "    seconds='fast')",
    ),
    forger(
        "sends answers beforehand",
        "import socket, torch\nfrom othello_interp.grading.running import wire\n"
        "from othello_interp.exercises.calling.outcome import Outcome\nchannel = socket.socket(fileno=3)\n"
        "wire.send(channel, {'status': 'ran', 'error': '', 'remarks': []})\n"
        "for name in ('5 boards', '7 boards'):\n"
        "    wire.send(channel, Outcome(name, 'returned', torch.ones(2, 3)))\n"
        "channel.detach()",
        {},
    ),
    forger(
        "writes the gradebook",
        "import glob, os\nfor root in ('/', '/tmp', '/srv', '/home', os.getcwd(), '..'):\n"
        "    for path in glob.glob(root + '/**/grades.csv', recursive=True) + [root + '/out/grades.csv']:\n"
        "        try:\n            open(path, 'w').write('mallory,graded,6')\n"
        "        except OSError:\n            pass",
    ),
    forger(
        "ships a pickle",
        "import os\nclass Evil:\n    def __reduce__(self):\n        return os.system, ('touch /tmp/pwned',)",
        {name: source.split("\n")[0] + "\n    return Evil()" for name, source in RIGHT.items()},
        e1_1="",
    ),
    forger(
        "reads the instructor's files",
        "import glob, os, sys\nfound = {}\n"
        "for base in ['/'] + sys.path + ['/srv', '/tmp', os.path.expanduser('~'), '/proc/1/cwd']:\n"
        "    for path in glob.glob(base + '/**/solutions/*.py', recursive=True):\n"
        "        exec(open(path).read(), found)\nglobals().update(found)",
        {},
        e1_1="NotImplementedError",
        look="names the solutions",
    ),
    forger(
        "asks the library for the reference",
        "from othello_interp.exercises.judging.answer_key import load_reference\n"
        "from othello_interp.exercises import EXERCISES, solution\nsolution('1.1')\n"
        "share_of_black = load_reference(EXERCISES['1.1'])",
        {},
        look="names the solutions",
    ),
    forger(
        "searches memory for the expected values",
        "import gc, inspect\nfrom othello_interp.exercises.calling.outcome import Outcome\n"
        "def steal(*args):\n    for thing in gc.get_objects():\n"
        "        if isinstance(thing, Outcome):\n            return thing.value\n"
        "    frame = inspect.currentframe()\n    while frame:\n"
        "        for value in frame.f_locals.values():\n"
        "            if hasattr(value, 'expected'):\n                return value.expected\n"
        "        frame = frame.f_back",
        {name: source.split("\n")[0] + "\n    return steal()" for name, source in RIGHT.items()},
    ),
    forger(
        "equal to everything",
        "import torch\nclass Equal(torch.Tensor):\n    def __eq__(self, other):\n        return True\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None):\n        return True\n"
        "class Any:\n    __class__ = torch.Tensor\n    shape = (2, 3)\n"
        "    def __eq__(self, other):\n        return True",
        {
            "1.1": "def share_of_black(states):\n    return torch.zeros(2, 3).as_subclass(Equal)",
            "1.2": "def above(acts, threshold):\n    return Any()",
            "1.3": "def strongest(acts, count):\n    return Any()",
        },
    ),
    forger(
        "not a number everywhere",
        "nan = float('nan')",
        {
            "1.1": "def share_of_black(states):\n    return torch.full((2, 3), nan)",
            "1.2": "def above(acts, threshold):\n    return nan",
            "1.3": "def strongest(acts, count):\n    return torch.full((count,), nan)",
        },
    ),
    forger(
        "hard-coded for another seed",
        "import torch\ng = torch.Generator().manual_seed(0)\n"
        "table = (torch.randint(-1, 2, (5, 2, 3), generator=g) == 1).float().mean(0)",
        {"1.1": "def share_of_black(states):\n    return table", **{k: WRONG[k] for k in ("1.2", "1.3")}},
    ),
    forger(
        "lifts its limits",
        "import resource\nfor kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):\n"
        "    resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)",
        remarks="cell 3",
    ),
    forger(
        "patches the encoder",
        "import othello_interp.exercises.calling.encode as encode\n"
        "import othello_interp.grading.running.wire as wire\n"
        "wire.encode = lambda message, limit=0: b'passed'",
    ),
    forger(
        "replaces the interpreter",
        "import os, sys\nos.execv('/bin/sh', ['sh', '-c', 'echo passed >&3; sleep 100'])",
        {},
    ),
    forger(
        "looks for sockets of the grader",
        "import socket, os\nfor number in range(4, 200):\n    try:\n"
        '        socket.socket(fileno=number).send(b\'{"exit": 0, "points": 6}\')\n'
        "    except OSError:\n        pass",
    ),
]

HONEST = [
    one("plain", solved(), FULL),
    one(
        "warnings on stderr",
        solved(["import sys, warnings\nwarnings.warn('careful')\nprint('note', file=sys.stderr)"]),
        FULL,
    ),
    one(
        "prints and plots",
        solved(
            [
                "print('x' * 10000)\nimport plotly.express as px\npx.imshow([[1, 2]]).show()",
                "from IPython.display import display, HTML\ndisplay(HTML('<b>hello</b>'))",
            ]
        ),
        FULL,
    ),
    one(
        "magics and shell lines",
        solved(
            [
                "%matplotlib inline\n!pip install einops\nfiles = !ls\nx = 3",
                "%%time\ny = x + 1",
                "%%bash\nrm -rf ~",
                "assert y == 4",
                "?print",
            ]
        ),
        FULL,
        remarks="`!pip install einops` was ignored",
    ),
    one(
        "modulo at the start of a line",
        first({**RIGHT, "1.2": "k = (7\n % 4)\n" + RIGHT["1.2"]}),
        FULL,
    ),
    one(
        "helper in another cell",
        first(
            {**RIGHT, "1.2": "def above(acts, threshold):\n    return helper(acts > threshold)"},
            ["def helper(mask):\n    return mask.double().mean()"],
        ),
        FULL,
    ),
    one(
        "cells run out of order",
        first(
            {**RIGHT, "1.1": "print(share_of_black(torch.ones(2, 2, 3)), later)\n" + RIGHT["1.1"]},
            ["print(above(torch.ones(3), 0.0))\nearly = above(torch.ones(3), 0.0)"],
        )
        | {},
        FULL,
    ),
    one(
        "numpy and float64",
        first(
            {
                "1.1": "import numpy as np\ndef share_of_black(states):\n"
                "    return (np.asarray(states) == 1).mean(axis=0)",
                "1.2": "def above(acts, threshold):\n    return np.mean(acts.numpy() > threshold)",
                "1.3": "def strongest(acts, count):\n"
                "    return np.argsort(-np.abs(acts.numpy()))[:count].astype(np.int32)",
            }
        ),
        FULL,
    ),
    one(
        "loops",
        first(
            {
                **RIGHT,
                "1.1": "def share_of_black(states):\n    out = torch.zeros(states.shape[1:])\n"
                "    for board in states:\n        for r in range(2):\n            for c in range(3):\n"
                "                out[r, c] += float(board[r, c] == 1) / len(states)\n    return out",
            }
        ),
        FULL,
    ),
    other_way(
        "slow but legal",
        "import time",
        "def above(acts, threshold):",
        "    time.sleep(0.4)",
        "    return (acts > threshold).float().mean()",
    ),
    other_way("lambda", "above = lambda acts, threshold: (acts > threshold).float().mean()"),
    other_way(
        "decorated",
        "import functools",
        "@functools.lru_cache",
        "def known(n):",
        "    return n",
        "@torch.no_grad()",
        RIGHT["1.2"],
    ),
    other_way("renamed arguments", "def above(x, t=0.0):", "    return (x > t).float().mean()"),
    other_way(
        "future annotations and types",
        "from __future__ import annotations",
        "from dataclasses import dataclass",
        "@dataclass",
        "class Box:",
        "    value: Tensor",
        RIGHT["1.2"],
    ),
    other_way(
        "processes of its own",
        "import subprocess",
        "def above(acts, threshold):",
        "    subprocess.run(['/bin/echo', 'hi'], check=True)",
        "    return (acts > threshold).float().mean()",
    ),
    other_way(
        "scratch files",
        "import tempfile",
        "def above(acts, threshold):",
        "    with tempfile.TemporaryFile() as file:",
        "        torch.save(acts, file)",
        "        file.seek(0)",
        "        acts = torch.load(file)",
        "    return (acts > threshold).float().mean()",
    ),
    other_way(
        "requires grad",
        "w = torch.ones(1, requires_grad=True)",
        "def above(acts, threshold):",
        "    return (w * (acts > threshold).float()).mean()",
    ),
    other_way("stops half-way through a cell", RIGHT["1.2"], "raise ValueError('todo')"),
    one("fails elsewhere", solved(["1 / 0", "undefined_name", "def broken(:"]), FULL, remarks="cell 3"),
    one(
        "threads left running",
        solved(
            [
                "import threading, time\ndef spin():\n    while True:\n        time.sleep(0.01)\n"
                "for _ in range(4):\n    threading.Thread(target=spin).start()"
            ]
        ),
        FULL,
    ),
    one("await in a cell", solved(["import asyncio\nawait asyncio.sleep(0)\ndone = 1"]), FULL),
    one("umlauts", solved(["größe = 'Ähre 你好 🙂'\nprint(größe)"]), FULL),
    one(
        "hints",
        solved(["from othello_interp.exercises import hint, progress\nhint('1.1')\nprogress()"]),
        FULL,
    ),
]


def _without(document: dict, identity: str) -> dict:
    return document | {"cells": [c for c in document["cells"] if c["id"] != identity]}


def _placed(document: dict, identity: str, *new: dict) -> dict:
    """With cells put below the one of that id."""
    at = next(i for i, c in enumerate(document["cells"]) if c["id"] == identity) + 1
    return document | {"cells": [*document["cells"][:at], *new, *document["cells"][at:]]}


def _edited(document: dict, identity: str, **changes: Any) -> dict:
    return document | {"cells": [c | changes if c["id"] == identity else c for c in document["cells"]]}


def _untagged(document: dict) -> dict:
    cells = [{k: v for k, v in c.items() if k != "id"} | {"metadata": {}} for c in document["cells"]]
    return document | {"cells": cells}


def zipped(files: dict[str, dict]) -> bytes:
    """A zip of notebooks."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, document in files.items():
            archive.writestr(name, json.dumps(document))
    return stream.getvalue()


def _version_3(document: dict) -> dict:
    cells = [
        {"cell_type": "code", "input": c["source"], "language": "python", "outputs": [], "metadata": {}}
        if c["cell_type"] == "code"
        else {"cell_type": "markdown", "source": c["source"], "metadata": {}}
        for c in document["cells"]
    ]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def _split(document: dict) -> dict:
    """The function of 1.2 cut in two at its first line."""
    cells = []
    for c in document["cells"]:
        if c["id"] == "stub1.2":
            head, rest = RIGHT["1.2"].split("\n", 1)
            cells += [c | {"source": [head]}, cell(rest, id="new")]
        else:
            cells.append(c)
    return document | {"cells": cells}


def checked(name: str, source: str, **says: str) -> Entry:
    """Right answers, but for that to 1.2: it stands in the check cell below the stub."""
    document = solved()
    for c in document["cells"]:
        if c["id"] == "stub1.2":
            c["source"] = stub("1.2")
        elif c["id"] == "check1.2":
            c["source"] = source
    return one(name, document, FULL, **says)


CHECK = 'check("1.2", above)'
USES_HELPER = "def above(acts, threshold):\n    return share_above(acts, threshold)"
HELPER = "def share_above(acts, threshold):\n    return (acts > threshold).float().mean()"

ANYWHERE = [
    checked("answer in the check cell", RIGHT["1.2"] + "\n\n" + CHECK),
    checked("check cell renamed for an answer", RIGHT["1.2"] + "\nabove(torch.ones(3), 0.5)"),
    checked("check calls first, then the answer", CHECK + "\n" + RIGHT["1.2"]),
    one(
        "answer in a copy of the check cell",
        _placed(
            _edited(solved(), "stub1.2", source=stub("1.2")),
            "check1.2",
            cell(RIGHT["1.2"] + "\n" + CHECK, id="copy", exercise="1.2", role="check"),
        ),
        FULL,
    ),
    one(
        "helper in the check cell",
        _edited(first({**RIGHT, "1.2": USES_HELPER}), "check1.2", source=HELPER + "\n" + CHECK),
        FULL,
    ),
    one(
        "helper in the check cell of another exercise",
        _edited(first({**RIGHT, "1.2": USES_HELPER}), "check1.3", source=HELPER),
        FULL,
    ),
    one(
        "first try in the stub cell, the answer in the check cell",
        _edited(first({**RIGHT, "1.2": WRONG["1.2"]}), "check1.2", source=RIGHT["1.2"] + "\n" + CHECK),
        FULL,
        remarks="defined in 2 cells",
    ),
    one(
        "a module written by the notebook",
        first(
            {**RIGHT, "1.2": "from own_helpers import share_above\n" + USES_HELPER},
            ["%%writefile own_helpers.py\n" + HELPER],
        ),
        FULL,
    ),
]

COLAB = "from google.colab import drive, files\ndrive.mount('/content/drive')"

NOT_HERE = [
    other_way("google.colab in the stub cell", COLAB, RIGHT["1.2"]).saying(
        remarks="cell 5: `google.colab` is not installed here"
    ),
    other_way(
        "a whole Colab preamble in the stub cell",
        "import os, sys, google.colab",
        "from google.colab import drive, files",
        "drive.mount('/content/drive', force_remount=True)",
        "%cd /content/drive/MyDrive",
        "!pip install -q einops",
        "uploaded = files.upload()",
        "for name in uploaded.keys():",
        "    print(name, len(uploaded[name]))",
        "sys.path.append('/content/drive/MyDrive')",
        "LEAST = 0.0",
        "def above(acts, threshold):",
        "    return (acts > threshold + LEAST).float().mean()",
    ).saying(remarks="`!pip install -q einops` was ignored"),
    other_way(
        "plots with what is not installed",
        "import matplotlib_of_mine.pyplot as plt",
        "plt.rcParams['figure.figsize'] = (3, 3)",
        "def above(acts, threshold):",
        "    with plt.style.context('dark'):",
        "        plt.hist(acts)",
        "    plt.show()",
        "    return (acts > threshold).float().mean()",
    ).saying(remarks="`matplotlib_of_mine.pyplot` is not installed here"),
    other_way(
        "decorated by what is not installed",
        "from numba_of_mine import njit",
        "import lightning_of_mine as L",
        "class Module(L.Module):",
        "    def share(self, mask: L.Array | None):",
        "        return mask.float().mean()",
        "@njit(parallel=True)",
        "def above(acts, threshold):",
        "    return Module().share(acts > threshold)",
    ),
    other_way(
        "an import that fails in the middle",
        "try:",
        "    import google.colab",
        "    IN_COLAB = True",
        "except ImportError:",
        "    IN_COLAB = False",
        "from torch import no_such_name",
        "assert not IN_COLAB",
        "open('/content/drive/games.txt').read()",
        "scale = 1.0",
        "def above(acts, threshold):",
        "    return scale * (acts > threshold).float().mean()",
    ).saying(remarks="cannot import name 'no_such_name'"),
    other_way("shell lines without their mark", "pip install einops", "cd /content", RIGHT["1.2"]).saying(
        remarks="Lines for the shell were taken as such"
    ),
    one(
        "a helper after an import that fails",
        first({**RIGHT, "1.2": USES_HELPER}, [COLAB + "\nfiles.download('x.csv')\n1 / 0\n" + HELPER]),
        FULL,
        remarks="ZeroDivisionError",
    ),
]

IPYTHON = [
    other_way(
        "display in a function",
        "def above(acts, threshold):",
        "    display(acts)",
        "    handle = display(acts, display_id=True)",
        "    handle.update(threshold)",
        "    return (acts > threshold).float().mean()",
    ),
    other_way(
        "display from IPython in a function",
        "from IPython.display import display, clear_output",
        "def above(acts, threshold):",
        "    display(acts)",
        "    clear_output(wait=True)",
        "    return (acts > threshold).float().mean()",
    ),
    other_way(
        "the shell from IPython",
        "from IPython import get_ipython",
        "ipython = get_ipython()",
        "ipython.run_line_magic('load_ext', 'autoreload')",
        "ipython.events.register('pre_run_cell', print)",
        "assert 'IPKernelApp' not in ipython.config",
        RIGHT["1.2"],
    ),
    one(
        "values of earlier cells",
        first(
            {
                **RIGHT,
                "1.2": "scale = _\nassert _ == __ + 1 and Out[len(In) - 3] == 1.0 and '3 + 4' not in _i\n"
                "def above(acts, threshold):\n    return scale * (acts > threshold).float().mean()",
            },
            ["0.0", "assert _ == 0.0\n_ + 1.0"],
        )
        | {},
        FULL,
    ),
    other_way(
        "a name of its own for what nobody needs",
        "for _ in range(3): pass",
        "7",
        "assert _ == 2 and callable(exit) and callable(quit) and _oh is Out and _ih is In and _dh",
        RIGHT["1.2"],
        "above(torch.ones(3), 0.5)",
    ),
    one(
        "tasks across cells and lines",
        solved(
            [
                "import asyncio\ntask = asyncio.create_task(asyncio.sleep(0, 5))\nawait task",
                "assert await task == 5",
            ]
        ),
        FULL,
    ),
    other_way("magics around an answer", "%%time", "import torch", "!ls", RIGHT["1.2"], "%time x = 3"),
]

SPELT = [
    other_way("no-break spaces", RIGHT["1.2"].replace(" ", "\u00a0").replace("def\u00a0", "def ")).saying(
        remarks="Special spaces were read as ordinary ones"
    ),
    other_way("zero-width characters and a byte order mark", "\ufeff" + RIGHT["1.2"].replace("(", "(\u200b")),
    other_way(
        "typographic quotation marks",
        "def above(acts, threshold):",
        "    “““The share above.”””",
        "    names = [‘it’, “isn't”]",
        "    return (acts > threshold).float().mean()",
    ).saying(remarks="Typographic quotation marks"),
    other_way("Windows line ends", *RIGHT["1.2"].replace("\n", "\r\n").split("\n")),
    other_way("old Mac line ends", *("x = 1\r" + RIGHT["1.2"]).replace("\n", "\r").split("\n")),
    other_way("tabs", RIGHT["1.2"].replace("    ", "\t")),
    other_way(
        "shell lines and special spaces", "pip install einops", RIGHT["1.2"].replace("    ", "\u3000")
    ).saying(remarks="Special spaces were read as ordinary ones, lines for the shell"),
    other_way(
        "tabs and spaces",
        "def above(acts, threshold):",
        "    if len(acts):",
        "\treturn (acts > threshold).float().mean()",
        "    return 0.0",
    ).saying(remarks="Tabs and spaces were mixed"),
]

HONEST += [*ANYWHERE, *NOT_HERE, *IPYTHON, *SPELT]


def _marked(kind: str, **ours: Any) -> dict:
    """A cell with whatever in the place of its exercise and role."""
    return cell("Some text", kind) | {"metadata": {"othello_interp": ours}}


BLANK_ALL = {"1.1": None, "1.2": None, "1.3": None}
TEXT = json.dumps(solved())
UMLAUTS = json.dumps(solved(["word = 'ä'"]), ensure_ascii=False)

DAMAGED = [
    one("blank", first(), NOTHING, e1_1="raise NotImplementedError"),
    one("known mistakes", first(WRONG), NOTHING, e1_1="You counted white", e1_3="Strong may be negative"),
    one(
        "partial credit",
        first({**RIGHT, "1.1": "def share_of_black(states):\n    return (states == 1).float().mean()"}),
        {**FULL, "1.1": 1},
        e1_1="Keep the squares apart",
    ),
    one("empty file", "", BLANK_ALL, "unreadable", problems="is empty"),
    one("cut short", TEXT[: len(TEXT) // 2], BLANK_ALL, "unreadable", problems="damaged"),
    one(
        "a stray comma",
        TEXT.replace('"cells": [', '"cells": [,', 1),
        BLANK_ALL,
        "unreadable",
        problems="valid JSON",
    ),
    one("rubbish", b"\x80\x81\xff" * 100, BLANK_ALL, "unreadable", problems="not a notebook"),
    one("latin-1 that is no notebook", b'{"cells": "\xe4"}', BLANK_ALL, "unreadable", problems="no list of"),
    one("latin-1", UMLAUTS.encode("latin-1"), FULL, remarks="not in UTF-8"),
    one("latin-1 with typographic characters", UMLAUTS.replace("ä", "’").encode("cp1252"), FULL),
    one("UTF-16, as PowerShell writes it", UMLAUTS.encode("utf-16"), FULL),
    one("UTF-16 without a mark", UMLAUTS.encode("utf-16-be"), FULL),
    one("a web page", "<!DOCTYPE html><html></html>", BLANK_ALL, "unreadable", problems="web page"),
    one("no cells", {"metadata": {}}, BLANK_ALL, "unreadable", problems="no list of cells"),
    one("a list", "[1, 2]", BLANK_ALL, "unreadable", problems="not a notebook"),
    one("bottomless JSON", '{"cells": ' + "[" * 200_000, BLANK_ALL, "unreadable", problems="can't be read"),
    one("right name, none of the cells", notebook([cell("print(1)")]), NOTHING, e1_1="no function"),
    Entry(
        "an essay",
        {"essay.ipynb": notebook([cell("print(1)")])},
        BLANK_ALL,
        {"problems": "none of"},
        "nothing handed in",
    ),
    Entry("empty folder", {}, BLANK_ALL, {"look": "no notebook (.ipynb) was handed in"}, "nothing handed in"),
    Entry("only a text", {"answer.txt": "42"}, BLANK_ALL, {"look": "only answer.txt"}, "nothing handed in"),
    one("version 3", _version_3(solved()), FULL, remarks="version 3"),
    one("a missing cell", _without(solved(), "stub1.2"), {**FULL, "1.2": 0}, e1_2="no function"),
    one("lost setup cell", _without(solved(), "setup"), FULL),
    one("broken setup cell", _edited(solved(), "setup", source="import toorch\nimport check"), FULL),
    one(
        "own code in the setup cell",
        _edited(
            first({**RIGHT, "1.2": "def above(acts, threshold):\n    return share(acts > threshold)"}),
            "setup",
            source="import torch\ndef share(x):\n    return x.float().mean()",
        ),
        FULL,
    ),
    one(
        "duplicated stub",
        first(RIGHT)
        | {"cells": [*solved()["cells"], cell(stub("1.2"), id="dup", exercise="1.2", role="stub")]},
        FULL,
        remarks="defined in 2 cells",
    ),
    one("split function", _split(solved()), FULL),
    one("turned into markdown", _edited(solved(), "stub1.2", cell_type="markdown"), FULL, remarks="markdown"),
    one("turned into raw", _untagged(_edited(solved(), "stub1.2", cell_type="raw")), FULL, remarks="raw"),
    one("ids and tags lost", _untagged(solved()), FULL),
    one("renamed function", first({**RIGHT, "1.2": RIGHT["1.2"].replace("above", "over")}), FULL),
    one(
        "does not parse",
        first({**RIGHT, "1.2": "def above(acts, threshold)\n    return 1"}),
        {**FULL, "1.2": 0},
        remarks="does not parse",
    ),
    one("source as one string", _edited(solved(), "stub1.2", source=RIGHT["1.2"]), FULL),
    one("cells in reverse", first(RIGHT) | {"cells": solved()["cells"][::-1]}, FULL),
    one("odd metadata", _edited(solved(), "stub1.2", metadata=None) | {"metadata": 7}, FULL),
    one(
        "odd cells",
        first(RIGHT) | {"cells": [None, 7, "x", {}, {"cell_type": 3}, *solved()["cells"]]},
        FULL,
        remarks="damaged cells",
    ),
    one(
        "marks that say nothing",
        first(RIGHT)
        | {
            "cells": [
                _marked("markdown", role="answer"),
                _marked("markdown", role="answer", exercise="1.1"),
                _marked("markdown", role="answer", exercise="9.9"),
                _marked("markdown", role="answer", exercise=["1.1"]),
                _marked("markdown", role=["answer"], exercise="1.1"),
                _marked("markdown", role="stub", exercise="7.7"),
                _marked("code", role="answer"),
                *solved()["cells"],
            ]
        },
        FULL,
    ),
    other_way("with a type", "from typing import Any", "above: Any = lambda a, t: (a > t).float().mean()"),
    one("half a character", solved(["word = '\ud800'"]), FULL),
    one("byte order mark", b"\xef\xbb\xbf" + TEXT.encode(), FULL),
    Entry("renamed file", {"homework final (3).ipynb": solved()}, FULL),
    Entry(
        "two versions",
        {"01_boards.ipynb": first(), "01_boards (1).ipynb": solved()},
        FULL,
        {"remarks": "01_boards (1).ipynb was graded", "look": "01_boards (1).ipynb, 01_boards.ipynb differ"},
    ),
    Entry(
        "one of two damaged",
        {"01_boards.ipynb": solved(), "old.ipynb": "{"},
        FULL,
        {"problems": "old.ipynb"},
        "partly unreadable",
    ),
]

ONE_RIGHT = {"1.1": 2, "1.2": 0, "1.3": 0}
BARE = _untagged(shipped())  # as an export leaves it, with the notebook's own mark
OTHER_VERSION = shipped() | {"metadata": {"othello_interp": {"made_from": "an older one"}}}


def checkout(name: str, course_files: dict[str, Any], **says: str) -> Entry:
    """One right answer in a copy of the course, with the course's solved notebooks somewhere in it."""
    own = {"course/notebooks/01_boards.ipynb": first({"1.1": RIGHT["1.1"]})}
    return Entry(name, {**own, **course_files}, ONE_RIGHT, says)


LEFT_OUT = "was left out: it is the course's own solved notebook"
OF_THE_COURSE = [
    checkout("a repository", {"course/solutions/01_boards.ipynb": shipped()}, remarks=LEFT_OUT),
    checkout("a repository, solved notebook renamed", {"mine/01 final.ipynb": BARE}, remarks=LEFT_OUT),
    checkout(
        "a repository of an older version", {"z/01_boards.ipynb": OTHER_VERSION}, remarks="another version"
    ),
    checkout(
        "a repository with blank copies",
        {"course/backup/01_boards.ipynb": first(), "z/01_boards.ipynb": first() | {"metadata": {"x": 1}}},
        look="the others hold no answers",
    ),
    checkout(
        "a repository, solved notebook without its mark",
        {"z/01_boards.ipynb": first(REFERENCE)},
        look="the others hold no answers but the course's",
    ),
    Entry(
        "a repository, zipped",
        {
            "mine.zip": zipped(
                {"a/notebooks/01_boards.ipynb": solved(), "a/solutions/01_boards.ipynb": shipped()}
            )
        },
        FULL,
        {"remarks": LEFT_OUT},
    ),
    one(
        "the solved notebook as one's own",
        shipped(),
        BLANK_ALL,
        "nothing handed in",
        look="nothing else was handed in, and 01_boards.ipynb was left out",
    ),
    one(
        "the solved notebook, one answer of one's own",
        _edited(shipped(), "stub1.2", source=RIGHT["1.2"]),
        {"1.1": 0, "1.2": 2, "1.3": 0},
        e1_1="raise NotImplementedError",
        remarks="whose answers (1.1, 1.3) don't count",
        look="it was made from the course's solved notebook",
    ),
    one("the course's answers, without its mark", first(REFERENCE), FULL, look="are word for word those"),
    one("one answer happens to be the course's", first({**RIGHT, "1.3": REFERENCE["1.3"]}), FULL),
]

ENTRIES = [*HONEST, *HOSTILE, *FORGERS, *DAMAGED, *OF_THE_COURSE]
