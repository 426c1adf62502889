"""Does start.py say at once that a machine has no PyTorch, and install again only what it must?"""

import importlib.util
import platform

import pytest


@pytest.fixture
def start(root):
    spec = importlib.util.spec_from_file_location("start", root / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("system", "machine", "libc", "words"),
    [
        ("Darwin", "x86_64", ("", ""), "Macs with an Intel processor"),
        ("Darwin", "arm64", ("", ""), ""),
        ("Linux", "x86_64", ("glibc", "2.27"), "glibc 2.28 or later"),
        ("Linux", "x86_64", ("glibc", "2.28"), ""),
        ("Linux", "aarch64", ("glibc", "2.36"), ""),
        ("Windows", "AMD64", ("", ""), ""),
    ],
)
def test_machines_without_a_pytorch_are_told_before_pip_begins(
    start, monkeypatch, system, machine, libc, words
):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    found = start.no_pytorch()
    assert words in found
    assert bool(found) == bool(words)


def test_nothing_is_installed_where_there_is_no_pytorch(start, monkeypatch, tmp_path):
    monkeypatch.setattr(start, "STAMP", tmp_path / "installed")
    monkeypatch.setattr(start, "no_pytorch", lambda: "There is none")
    monkeypatch.setattr(start.venv, "create", lambda *args, **kwargs: pytest.fail("it went on"))
    with pytest.raises(SystemExit, match="There is none"):
        start.set_up("lab")


def test_what_developers_have_serves_students_too_and_not_the_other_way_round(start, monkeypatch, tmp_path):
    stamp = tmp_path / "installed"
    monkeypatch.setattr(start, "STAMP", stamp)
    monkeypatch.setattr(start, "no_pytorch", lambda: "it would install")
    stamp.write_text(start.wanted(start.DEVELOPERS))
    start.set_up(start.STUDENTS)
    stamp.write_text(start.wanted(start.STUDENTS))
    start.set_up(start.STUDENTS)
    with pytest.raises(SystemExit, match="it would install"):
        start.set_up(start.DEVELOPERS)


def test_every_command_is_explained(start):
    for name in start.COMMANDS:
        assert f"start.py {name}" in start.__doc__
