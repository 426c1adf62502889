"""Grading on a Dask cluster of several processes: the same grades, also when one is killed."""

import argparse
import csv
import os
import signal
import time
from contextlib import contextmanager
from threading import Thread

import pytest
from small_course import RIGHT, first, solved, write_files

from othello_interp.grading import command

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
    for number in range(8):
        wait = "import time\ntime.sleep(0.5)"
        notebook = solved([wait]) if number % 2 else first({"1.1": RIGHT["1.1"]}, [wait])
        write_files(tmp_path / "submissions" / f"student {number}", {"01_boards.ipynb": notebook})
    course = tmp_path / "course.py"
    folder = f"pathlib.Path({str(tmp_path / 'course')!r})"
    course.write_text(f"import pathlib, small_course\nCOURSE = small_course.build({folder})\n")
    out = tmp_path / "out"
    killed = []

    def kill_one(client) -> None:
        """Kill the worker that has most to do, once the first results are there."""
        deadline = time.monotonic() + 120
        while len(list((out / "results").glob("*.json"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        pids = client.run(os.getpid)
        busy, jobs = max(client.processing().items(), key=lambda item: len(item[1]))
        assert jobs
        os.kill(pids[busy], signal.SIGKILL)
        killed.append(pids[busy])

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    with cluster(2) as (local, client):
        killer = Thread(target=kill_one, args=(client,))
        killer.start()
        options = ["--course", str(course), "--scheduler", local.scheduler_address, "--seconds", "5"]
        status = command.main(parser.parse_args([str(tmp_path / "submissions"), "--out", str(out), *options]))
        killer.join()
    assert killed
    assert status == 0
    with (out / "grades.csv").open(newline="") as file:
        assert [row["total"] for row in csv.DictReader(file)] == ["2", "6"] * 4
