"""Does the command answer at once, help, and report what a user can put right in one line?"""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from othello_interp import cli
from othello_interp.errors import FileError, InputError, OthelloInterpError


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def command(monkeypatch):
    """A subcommand "try" whose body the test chooses; returns a function that sets it."""
    module = SimpleNamespace(add_arguments=lambda parser: parser.add_argument("--n", type=int, default=3))
    monkeypatch.setattr(
        cli, "COMMANDS", {"try": ("try_module", "try it"), "broken": ("no_such_module", "fail")}
    )
    real = cli.import_module
    monkeypatch.setattr(cli, "import_module", lambda name: module if name == "try_module" else real(name))

    def set_body(body):
        module.main = body

    return set_body


def test_help_lists_every_command_without_importing_them():
    code = (
        "import sys; from othello_interp import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "heavy = {'torch', 'plotly', 'nbformat', 'transformer_lens'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    result = run_python("-c", code)
    assert result.returncode == 0, result.stderr
    for name in cli.COMMANDS:
        assert f"    {name}" in result.stdout


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_each_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    assert f"othello-interp {name}" in capsys.readouterr().out


def test_a_command_gets_its_options_and_gives_the_exit_status(command):
    command(lambda args: args.n + 4)
    assert cli.main(["try", "--n", "7"]) == 11


@pytest.mark.parametrize("error", [OthelloInterpError, InputError, FileError])
def test_an_expected_error_is_one_line_and_status_2(command, capsys, error):
    def fail(args):
        raise error("no such file: games.npz")

    command(fail)
    assert cli.main(["try"]) == 2
    assert capsys.readouterr().err == "othello-interp: no such file: games.npz\n"
    with pytest.raises(error):
        cli.main(["--traceback", "try"])


@pytest.mark.parametrize("error", [KeyError, ValueError, FileNotFoundError, PermissionError])
def test_a_bug_keeps_its_traceback(command, error):
    def fail(args):
        raise error("a slip of ours")

    command(fail)
    with pytest.raises(error, match="a slip of ours"):
        cli.main(["try"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--out", "{file}/a"], "{file}/a can't be written to: Not a directory. Name another folder"),
        (["grade", "{folder}", "--out", "{file}/a"], "{file}/a can't be written to: Not a directory. Name"),
        (["train", "--out", "{file}"], "{file} can't be written to: File exists. Name another folder"),
        (["train", "--out", "{folder}", "--init", "{file}"], "{file}: the weights to start from can't be"),
        (["train", "--out", "{folder}", "--init", "{file}s"], "{file}s: the weights to start from can't be"),
        (["train", "--out", "{folder}", "--seed", "4000000007"], "seed 4000000007 is that of the held-out"),
        (["train-probe", "--model", "{file}"], "{file} is not a complete safetensors file"),
        (["figures", "--model", "{folder}"], "No checkpoint at {folder}."),
        (["run", "77"], "No notebook begins with '77'"),
    ],
)
def test_what_a_user_can_put_right(arguments, words, tmp_path, capsys):
    (tmp_path / "file").write_text("seven")
    (tmp_path / "folder").mkdir()
    places = {"file": str(tmp_path / "file"), "folder": str(tmp_path / "folder")}
    assert cli.main([word.format(**places) for word in arguments]) == 2
    assert words.format(**places) in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "words"), [(["tyr"], "invalid choice: 'tyr'"), ([], "COMMAND")])
def test_a_wrong_command_is_named(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err
