"""Grading on a Dask cluster of several processes: the same grades, also when a worker is killed on the
way."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import small_course
from small_course import RIGHT, first, solved, write_files

from othello_interp.grading.grade import grade_class
from othello_interp.grading.sandbox import Limits

distributed = pytest.importorskip("distributed", reason="the dask extra is not installed")


@contextmanager
def cluster(workers: int):
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        yield local, client


def test_a_killed_worker_loses_no_submission(tmp_path):
    course = small_course.build(tmp_path / "course")
    for number in range(8):
        wait = "import time\ntime.sleep(0.5)"
        notebook = solved([wait]) if number % 2 else first({"1.1": RIGHT["1.1"]}, [wait])
        write_files(tmp_path / "submissions" / f"student {number}", {"01_boards.ipynb": notebook})
    killed = []

    def kill_one(client) -> None:
        """Kill the worker that has most to do, once the first results are there."""
        deadline = time.monotonic() + 120
        while len(list((tmp_path / "out/results").glob("*.json"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        pids = client.run(os.getpid)
        busy = max(client.processing().items(), key=lambda item: len(item[1]))[0]
        os.kill(pids[busy], signal.SIGKILL)
        killed.append(pids[busy])

    from threading import Thread

    with cluster(2) as (_, client):
        killer = Thread(target=kill_one, args=(client,))
        killer.start()
        summary = grade_class(
            course,
            tmp_path / "submissions",
            tmp_path / "out",
            limits=Limits(seconds=5.0, memory=256 * 2**20),
            executor=client.get_executor(),
            workers=2,
            say=lambda line: None,
        )
        killer.join()
    assert killed
    assert not summary.failed
    assert [result.total for result in summary.results] == [2, 6] * 4
