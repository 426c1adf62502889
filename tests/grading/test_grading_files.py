"""Finding submissions: the names that platforms give them, zips that mean harm, and damage."""

import json
import os
import stat
import zipfile

import pytest
from small_course import solved, write_files

from othello_interp.grading.submissions.find import Submission, SubmissionsError, find_submissions

STEMS = ("01_boards", "02_words")
TEXT = json.dumps(solved())


def found(path) -> dict[tuple[str, str], list[str]]:
    return {(s.student, s.id): [file.name for file in s.files] for s in find_submissions(path, STEMS)}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Ada Lovelace_1234567_assignsubmission_file_/01_boards.ipynb", ("Ada Lovelace", "1234567")),
        ("Ada Lovelace_1234567_assignsubmission_file_01_boards.ipynb", ("Ada Lovelace", "1234567")),
        ("lovelaceada_4711_998877_01_boards-1.ipynb", ("lovelaceada", "4711")),
        ("lovelaceada_LATE_4711_998877_01_boards.ipynb", ("lovelaceada", "4711")),
        ("Boards_al12_attempt_2025-11-03-10-45-00_01_boards.ipynb", ("al12", "al12")),
        (
            "12345-678901 - Ada Lovelace - Nov 3, 2025 1045 AM/01_boards.ipynb",
            ("Ada Lovelace", "12345-678901"),
        ),
        ("submission_4711/01_boards.ipynb", ("submission_4711", "4711")),
        ("ada/01_boards.ipynb", ("ada", "")),
        ("ada/week 1/01_boards.ipynb", ("ada", "")),
        ("ada_01_boards.ipynb", ("ada", "")),
        ("01_boards-ada (2).ipynb", ("ada", "")),
        ("ada.ipynb", ("ada", "")),
    ],
)
def test_platforms_and_their_names(name, student, tmp_path):
    for other in (name, "zoe/01_boards.ipynb"):
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / other).write_text(TEXT)
    assert student in found(tmp_path)
    assert len(found(tmp_path)) == 2


def test_a_zip_is_read_like_a_folder(tmp_path):
    write_files(
        tmp_path / "in" / "class" / "ada", {"01_boards.ipynb": TEXT, "02_words.ipynb": TEXT, "notes.txt": "x"}
    )
    write_files(tmp_path / "in" / "class" / "zoe", {"readme.txt": "sorry"})
    write_files(tmp_path / "in" / "__MACOSX", {"._01_boards.ipynb": "x"})
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((tmp_path / "in").rglob("*")):
            packed.write(path, path.relative_to(tmp_path / "in"))
    assert found(archive) == {("ada", ""): ["01_boards.ipynb", "02_words.ipynb"], ("zoe", ""): []}
    zoe = find_submissions(archive, STEMS)[1]
    assert zoe.problems == ["no notebook was handed in: the folder holds no .ipynb file"]
    assert find_submissions(archive, STEMS)[0].files[0].read() == TEXT.encode()


def test_a_zip_inside_a_students_folder(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "zoe").mkdir()
    for student in ("ada", "zoe"):
        with zipfile.ZipFile(tmp_path / student / "work.zip", "w") as packed:
            packed.writestr("deep/01_boards.ipynb", TEXT)
    assert found(tmp_path) == {("ada", ""): ["01_boards.ipynb"], ("zoe", ""): ["01_boards.ipynb"]}


def test_harmful_zips_stay_in_memory(tmp_path):
    archive = tmp_path / "class.zip"
    link = zipfile.ZipInfo("eve/01_boards.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../mallory/01_boards.ipynb", TEXT)
        packed.writestr("/etc/01_boards.ipynb", TEXT)
        packed.writestr(link, "/etc/passwd")
        packed.writestr("bomb/01_boards.ipynb", b"0" * 60_000_000)
        packed.writestr("ada/01_boards.ipynb", TEXT)
    problems = {s.student: " ".join(s.problems) for s in find_submissions(archive, STEMS)}
    assert "points outside the zip" in problems["mallory"]
    assert "points outside the zip" in problems["etc"]
    assert "is a link" in problems["eve"]
    assert "would unpack to 60,000,000 bytes" in problems["bomb"]
    assert problems["ada"] == ""
    assert sorted(os.listdir(tmp_path)) == ["class.zip"]


def test_a_notebook_that_packs_well_is_no_bomb(tmp_path):
    """Four megabytes of the same output pack a thousandfold."""
    printed = {"output_type": "stream", "name": "stdout", "text": ["tensor(0.)\n"] * 300_000}
    notebook = solved()
    notebook["cells"][1]["outputs"] = [printed]
    text = json.dumps(notebook)
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for student in ("ada", "zoe"):
            packed.writestr(f"{student}/01_boards.ipynb", text)
        member = packed.getinfo("ada/01_boards.ipynb")
    assert member.file_size > 4 * 2**20
    assert member.file_size / member.compress_size > 200
    ada = find_submissions(tmp_path / "class.zip", STEMS)[0]
    assert ada.problems == []
    assert ada.files[0].read() == text.encode()


def test_links_are_not_followed(tmp_path):
    write_files(tmp_path / "in" / "ada", {"01_boards.ipynb": TEXT})
    (tmp_path / "in" / "eve").mkdir()
    (tmp_path / "secret.ipynb").write_text(TEXT)
    (tmp_path / "in" / "eve" / "01_boards.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "in" / "mallory").symlink_to(tmp_path)
    eve, mallory = find_submissions(tmp_path / "in", STEMS)[1:]
    assert (eve.files, mallory.files) == ([], [])
    assert "is a link" in eve.problems[0]
    assert "is a link" in mallory.problems[0]


def test_ones_own_folder_is_one_submission(tmp_path):
    write_files(tmp_path / "me", {"01_boards.ipynb": TEXT, "02_words.ipynb": TEXT})
    assert found(tmp_path / "me") == {("me", ""): ["01_boards.ipynb", "02_words.ipynb"]}


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut short"])
def test_what_is_no_collection_of_submissions(content, tmp_path):
    path = tmp_path / "class.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SubmissionsError, match=r"class\.zip|nothing at"):
        find_submissions(path, STEMS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubmissionsError, match="holds no notebooks"):
        find_submissions(tmp_path / "empty", STEMS)


def test_keys_are_safe_file_names_and_differ():
    names = ["../../etc/passwd", "a/b", "a_b", "a b", "=1+1", "..", "x" * 300, "Zoë", "CON\n", "-rf"]
    keys = [Submission(name).key for name in names]
    assert len(set(keys)) == len(keys)
    assert all("/" not in key and not key.startswith(".") and len(key) < 100 and key for key in keys)
