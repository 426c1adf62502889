"""Finding submissions: the names that platforms give them, zips that mean harm, and damage."""

import itertools
import json
import os
import re
import stat
import tempfile
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_course import solved, write_files

from othello_interp.grading.running.parcel import digest
from othello_interp.grading.submissions import find, tree
from othello_interp.grading.submissions.collect import collect
from othello_interp.grading.submissions.find import Submission, SubmissionsError, find_submissions
from othello_interp.grading.submissions.handed_in import Budget
from othello_interp.grading.submissions.names import JUNK, OTHERS, export, remainder

STEMS = ("01_boards", "02_words")
TEXT = json.dumps(solved())


def class_of(base, files, packed):
    """A class of these files, as a zip or a folder. What a file system can't hold is left out of a folder."""
    base.mkdir(exist_ok=True)
    path = base / ("class.zip" if packed else "class")
    if packed:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    for name, content in files.items():
        file = path.joinpath(*(part for part in name.split("/") if part not in ("", ".", "..")))
        try:
            if name.endswith("/") or file == path:
                file.mkdir(parents=True, exist_ok=True)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content if isinstance(content, bytes) else content.encode())
        except OSError:
            continue
    return path


def found(path) -> dict[tuple[str, str], list[str]]:
    return {(s.student, s.id): [file.name for file in s.found.files] for s in find_submissions(path, STEMS)}


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
    assert (zoe.found.problems, zoe.found.others) == ([], ["readme.txt"])
    assert find_submissions(archive, STEMS)[0].found.files[0].read() == TEXT.encode()


@pytest.mark.parametrize("packed", [True, False], ids=["in a zip", "in a folder"])
@pytest.mark.parametrize("name", ["eve.zip", "eve/work.zip", "eve_4711_assignsubmission_file_work.ZIP"])
def test_a_student_whose_zip_is_too_large_has_a_row(name, packed, tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MAX_ZIP", 5 * 2**20)
    path = class_of(tmp_path, {name: b"x" * (5 * 2**20 + 1), "ada/01_boards.ipynb": TEXT}, packed)
    ada, eve = find_submissions(path, STEMS)
    assert (ada.student, ada.found.problems) == ("ada", [])
    assert (eve.student, eve.found.files) == ("eve", [])
    own = name.rsplit("/", 1)[-1]
    assert eve.found.problems == [f"{own} holds 5,242,881 bytes and was not opened: at most 5 MB are read"]


@pytest.mark.parametrize("packed", [True, False], ids=["in a zip", "in a folder"])
@pytest.mark.parametrize(
    ("name", "student", "others"),
    [
        ("dan/.ipynb_checkpoints/01_boards-checkpoint.ipynb", "dan", []),
        ("dan/.DS_Store", "dan", []),
        ("dan/Thumbs.db", "dan", []),
        ("dan/a/b/c/essay.docx", "dan", ["essay.docx"]),
        ("carl_1_2_essay.pdf", "carl", ["carl_1_2_essay.pdf"]),
        ("eve_77_88_nb.ipynb.txt", "eve", ["eve_77_88_nb.ipynb.txt"]),
        ("fay_1_2_nb.rar", "fay", ["fay_1_2_nb.rar"]),
        ("gus_1_assignsubmission_onlinetext.html", "gus", ["gus_1_assignsubmission_onlinetext.html"]),
        ("hal_1_2_grades.csv", "hal", ["hal_1_2_grades.csv"]),
        ("essay of ida.docx", "essay of ida", ["essay of ida.docx"]),
        ("no ending", "no ending", ["no ending"]),
    ],
)
def test_who_handed_in_no_notebook_has_a_row(name, student, others, packed, tmp_path):
    path = class_of(tmp_path, {name: b"x", "ada/01_boards.ipynb": TEXT, "zoe/01_boards.ipynb": TEXT}, packed)
    rows = {s.student: s.found for s in find_submissions(path, STEMS)}
    assert set(rows) == {"ada", "zoe", student}
    assert (rows[student].files, rows[student].others) == ([], others)


@pytest.mark.parametrize("packed", [True, False], ids=["in a zip", "in a folder"])
def test_files_of_others_are_named_and_nobodys(packed, tmp_path):
    others = ["Thumbs.db", "desktop.ini", "README.md", "Grades-AI 101.csv", "index.html"]
    files = dict.fromkeys(others, b"x") | {"ada/01_boards.ipynb": TEXT, "zoe/01_boards.ipynb": TEXT}
    said = []
    rows = find_submissions(class_of(tmp_path, files, packed), STEMS, say=said.append)
    assert [row.student for row in rows] == ["ada", "zoe"]
    assert said == ["Nobody's submission, left out: Grades-AI 101.csv, README.md, index.html."]


def test_a_folder_that_may_not_be_read_has_a_row(tmp_path):
    class_of(tmp_path, {"eve/01_boards.ipynb": TEXT, "zoe/01_boards.ipynb": TEXT}, packed=False)
    eve, _ = find_submissions(tmp_path / "class", STEMS)
    assert [file.name for file in eve.found.files] == ["01_boards.ipynb"]
    node = tree.folder(tmp_path / "gone")
    assert collect(node, Budget()).problems == ["the folder gone can't be read: No such file or directory"]


def test_the_report_among_the_submissions_is_no_student(tmp_path):
    path = class_of(tmp_path, {"ada/01_boards.ipynb": TEXT, "zoe/01_boards.ipynb": TEXT}, packed=False)
    out = write_files(path / "report", {"grades.csv": "student", "last_run.json": "{}"})
    said = []
    rows = find_submissions(path, STEMS, out=out, say=said.append)
    assert [row.student for row in rows] == ["ada", "zoe"]
    assert said == [f"{out} is this report and lies among the submissions: it was left out."]
    with pytest.raises(SubmissionsError, match="--out must name another"):
        find_submissions(path, STEMS, out=path)


def test_one_students_folder(tmp_path):
    """As Gradescope's run_autograder sees it: not two students because a file was renamed."""
    files = {"01_boards_final.ipynb": TEXT, "02_words.ipynb": TEXT, "img/plot.png": b"x", "notes.csv": b"x"}
    folder = class_of(tmp_path, files, packed=False)
    assert len(find_submissions(folder, STEMS)) > 1
    [row] = find_submissions(folder, STEMS, one=True)
    assert (row.student, row.key) == ("class", "class")
    assert [file.name for file in row.found.files] == ["01_boards_final.ipynb", "02_words.ipynb"]


ROSTER = """---
submission_5001:
  :submitters:
  - :name: Ada Example
    :email: ada@example.org
    :sid: '100'
  :created_at: 2026-11-01 10:00:00.000000000 Z
  :score: 7.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests: []
submission_5002:
  :submitters:
  - :name: "Zoe\\u0308"
    :email: zoe@example.org
  - :name: 7
    :email:
submission_5003:
  :submitters: []
"""


@pytest.mark.parametrize("packed", [True, False], ids=["in a zip", "in a folder"])
def test_gradescopes_list_of_names(packed, tmp_path):
    files = {f"assignment_77_export/submission_{n}/01_boards.ipynb": TEXT for n in (5001, 5002, 5003)}
    files |= {"assignment_77_export/submission_metadata.yml": ROSTER}
    files |= {"assignment_77_export/submission_5003/submission_metadata.yml": ROSTER}
    rows = find_submissions(class_of(tmp_path, files, packed), STEMS)
    assert [(row.student, row.id, row.email, len(row.found.files)) for row in rows] == [
        ("Ada Example", "5001", "ada@example.org", 1),
        ("submission_5003", "5003", "", 1),
        ("Zoë, 7", "5002", "zoe@example.org", 1),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it doesn't list submissions"),
        ("- 1", "it doesn't list submissions"),
        ("a: [", "it is no YAML (ParserError)"),
        ("[" * 100_000, "it is no YAML (RecursionError)"),
        ("? [1]\n: 2\n", "it is no YAML (ConstructorError)"),
        ("submission_1: 5\n1: {}\nsubmission_1: {':submitters': [3]}", ""),
        ("submission_1: !!python/object/apply:os.system ['true']", ""),
        ("\x00", "it is no YAML (ReaderError)"),
    ],
)
def test_a_list_of_names_that_is_none_stops_nobody(text, why, tmp_path):
    files = {"submission_1/01_boards.ipynb": TEXT, "submission_2/01_boards.ipynb": TEXT}
    said = []
    path = class_of(tmp_path, files | {"submission_metadata.yml": text}, packed=False)
    assert [row.student for row in find_submissions(path, STEMS, say=said.append)] == [
        "submission_1", "submission_2",
    ]  # fmt: skip
    assert said == [f"submission_metadata.yml gives no names: {why}."] * bool(why) + [
        "Nobody's submission, left out: submission_metadata.yml."
    ]


def test_a_repository_by_itself_is_one_students(tmp_path):
    files = {"me/.git/config": b"x", "me/notebooks/01_boards.ipynb": TEXT, "me/docs/02_words.ipynb": TEXT}
    assert list(found(class_of(tmp_path, files, packed=False))) == [("me", "")]


def test_one_name_in_two_spellings_is_one_student(tmp_path):
    """macOS takes letters and accents apart; the same student's files from two machines are one's."""
    files = {
        f"{unicodedata.normalize('NFC', 'Zoë')}/01_boards.ipynb": TEXT,
        f"{unicodedata.normalize('NFD', 'Zoë')}/02_words.ipynb": TEXT,
    }
    expected = {("Zoë", ""): ["01_boards.ipynb", "02_words.ipynb"]}
    for packed in (True, False):
        path = class_of(tmp_path / str(packed), files | {"ada/01_boards.ipynb": TEXT}, packed)
        rows = found(path)
        assert rows.pop(("ada", ""))
        assert {name: sorted(names) for name, names in rows.items()} == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Jörg Weiß".encode(), "Jörg Weiß"),
        ("陈 伟".encode(), "陈 伟"),
        (unicodedata.normalize("NFD", "Jörg").encode(), "Jörg"),
        ("Jörg".encode("cp437"), "Jörg"),
        ("Ñandú".encode("cp437"), "Ñandú"),
    ],
)
def test_names_in_a_zip_without_the_utf8_flag(written, read, tmp_path):
    """As macOS packs them; and as old Windows programs do."""
    path = tmp_path / "class.zip"
    stand_in = "x" * len(written)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{stand_in}/01_boards.ipynb", TEXT)
        packed.writestr("ada/01_boards.ipynb", TEXT)
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), written))
    assert set(found(path)) == {(read, ""), ("ada", "")}


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
    problems = {s.student: " ".join(s.found.problems) for s in find_submissions(archive, STEMS)}
    assert "points outside the zip" in problems["mallory"]
    assert "points outside the zip" in problems["etc"]
    assert "is a link" in problems["eve"]
    assert "holds 60,000,000 bytes and was not opened: at most 50 MB are read" in problems["bomb"]
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
    assert ada.found.problems == []
    assert ada.found.files[0].read() == text.encode()


def test_links_are_not_followed(tmp_path):
    write_files(tmp_path / "in" / "ada", {"01_boards.ipynb": TEXT})
    (tmp_path / "in" / "eve").mkdir()
    (tmp_path / "secret.ipynb").write_text(TEXT)
    (tmp_path / "in" / "eve" / "01_boards.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "in" / "mallory").symlink_to(tmp_path)
    eve, mallory = find_submissions(tmp_path / "in", STEMS)[1:]
    assert (eve.found.files, mallory.found.files) == ([], [])
    assert "is a link" in eve.found.problems[0]
    assert "is a link" in mallory.found.problems[0]


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


NAMES = ["../../etc/passwd", "a/b", "a.", "lpt1",
    "a_b", "a b", "=1+1", "..", "x" * 300, "Zoë", "CON\n", "-rf", "con", "nul.x",
    "Ada", "ada", "ADA", "木" * 80, "e\u0301" * 90, "key-12", "\udcff", "", " "]  # fmt: skip


def test_keys_are_file_names_everywhere_and_differ():
    rows = [Submission(name, number) for name in NAMES for number in ("", "12")]
    rows += [Submission("key", "12"), Submission("key-1", "2")]
    find._make_keys_differ(rows)
    keys = [row.key for row in rows]
    assert len({key.casefold() for key in keys}) == len(rows)
    for key in keys:
        assert 0 < len(key.encode()) <= 100
        assert not re.search(r'[/\\:*?"<>|\x00-\x1f]|^[.-]|[. ]$', key), key
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|(com|lpt)\d)(\..*)?", key), key
    assert {row.key for row in rows if row.student in ("Ada", "key-12")} >= {"Ada", "key-12"}


def test_a_folder_and_a_platforms_name_that_read_alike_keep_apart(tmp_path):
    files = {"key-12/01_boards.ipynb": TEXT, "key_12_assignsubmission_file_/01_boards.ipynb": TEXT}
    one, other = find_submissions(class_of(tmp_path, files, packed=False), STEMS)
    assert (one.student, other.student) == ("key", "key-12")
    assert one.key != other.key
    assert other.key == "key-12"


def test_keys_differ_even_where_hashes_begin_alike(monkeypatch, tmp_path):
    monkeypatch.setattr(find, "key_for", lambda student, number, digits=0: f"k_{student:.<9}"[: digits or 5])
    files = {"anna/01_boards.ipynb": TEXT, "anne/01_boards.ipynb": TEXT, "annb/01_boards.ipynb": TEXT}
    rows = find_submissions(class_of(tmp_path, files, packed=False), STEMS)
    assert len({row.key for row in rows}) == 3


@pytest.mark.parametrize("packed", [True, False], ids=["in a zip", "in a folder"])
def test_one_student_with_very_many_files_costs_only_themselves(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(Budget, "__init__", lambda self: vars(self).update(entries=50, files=20, size=10**6))
    many = {f"eve/{n}.txt": b"" for n in range(99)}
    large = {f"fay/{n}.ipynb": b"x" * 200_000 for n in range(9)}
    several = {f"gus/{n:02d}.ipynb": TEXT for n in range(30)}
    deep = {"/".join(["hal", *["d"] * 25, "01_boards.ipynb"]): TEXT}
    files = many | large | several | deep | {"zoe/01_boards.ipynb": TEXT}
    eve, fay, gus, hal, zoe = (s.found for s in find_submissions(class_of(tmp_path, files, packed), STEMS))
    assert eve.problems == ["it holds so many files that not all of them were looked at"]
    assert [len(eve.files), len(fay.files), len(gus.files), len(hal.files)] == [0, 5, 19, 0]
    assert fay.problems == ["5.ipynb and what comes after it were not read: too many or too large files"]
    assert gus.problems == ["19.ipynb and what comes after it were not read: too many or too large files"]
    assert hal.problems == ["folders more than 20 deep were not looked into"]
    assert (len(zoe.files), zoe.problems) == (1, [])


def test_a_zip_that_is_a_hole_costs_no_memory(tmp_path):
    class_of(tmp_path, {"ada/01_boards.ipynb": TEXT, "eve/x.ipynb": TEXT}, packed=False)
    with (tmp_path / "class/eve/hole.zip").open("wb") as file:
        file.truncate(3 * 2**30)
    with (tmp_path / "class/hole.zip").open("wb") as file:
        file.truncate(3 * 2**30)
    tracemalloc.start()
    ada, eve, hole = find_submissions(tmp_path / "class", STEMS)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()
    said = "hole.zip holds 3,221,225,472 bytes and was not opened: at most 100 MB are read"
    assert (ada.found.problems, eve.found.problems, hole.found.problems) == ([], [said], [said])
    assert hole.student == "hole"


def test_a_table_of_contents_that_lies(tmp_path):
    """Python's zipfile believes how long it is; here it is a hole of a gigabyte."""
    path = class_of(tmp_path, {"ada/01_boards.ipynb": TEXT}, packed=True)
    data = path.read_bytes()
    at = data.rfind(b"PK\5\6")
    end = data[at : at + 12] + (2**30).to_bytes(4, "little") + data[at + 16 :]
    with path.open("wb") as file:
        file.seek(2**30 + at)
        file.write(end)
    tracemalloc.start()
    with pytest.raises(SubmissionsError, match=r"table of contents takes 1,073,741,824 bytes.*Unpack it"):
        find_submissions(path, STEMS)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


PARTS = st.sampled_from(
    ["ada", "Ada", "ADA", "zoe", "Zoë", "Zoe\u0308", "..", ".", "", ".git", "__MACOSX", "a b", "con", "x\ny",
     "01_boards", "key-12", "key_12_assignsubmission_file_", "bo_1_2_", "bo_1_3_", "submission_7", "木" * 80]
)  # fmt: skip
ENDINGS = st.sampled_from(["", ".ipynb", ".ipynb.txt", ".zip", ".pdf", ".csv", "/", ".IPYNB"])
PATHS = st.builds(
    lambda parts, ending: "/".join(parts) + ending, st.lists(PARTS, min_size=1, max_size=4), ENDINGS
).filter(bool)  # Python can't write a zip with an entry without a name


TREES = st.tuples(st.lists(PATHS, min_size=1, max_size=8, unique=True), st.booleans())


def check_rows(base, tree):
    """Whatever lies at the top and isn't known to be nobody's leads to one row; keys differ."""
    paths, packed = tree
    files = dict.fromkeys(paths, b"{}") | {"first/01_boards.ipynb": b"{}", "last/01_boards.ipynb": b"{}"}
    path = class_of(base, files, packed)
    if packed:
        names = zipfile.ZipFile(path).namelist()
    else:
        names = [p.relative_to(path).as_posix() for p in path.rglob("*")]
    tops = {next((part for part in n.split("/") if part not in ("", ".", "..")), "") for n in names} - {""}
    tops = {unicodedata.normalize("NFC", top) for top in tops}
    wanted = {top for top in tops if not JUNK.fullmatch(top)}
    rows = find_submissions(path, STEMS)
    keys = [row.key.casefold() for row in rows]
    assert len(set(keys)) == len(keys) == len({(row.student, row.id) for row in rows})
    assert all(len(key.encode()) <= 100 for key in keys)
    owners = {(row.student, row.id) for row in rows}
    for top in wanted:
        known = export(top)
        if known is None and OTHERS.fullmatch(top):
            continue
        stem = re.sub(r"(\.ipynb)?\.\w+$", "", top)
        mine = {known} if known else {(top, ""), (stem, ""), (remainder(top, STEMS) or "class", "")}
        assert mine & owners, (top, owners)
    assert [row.key for row in find_submissions(path, STEMS)] == [row.key for row in rows]


def for_examples(count, check, strategy):
    """Try so many examples, the same in every run."""
    chosen = settings(max_examples=count, deadline=None, derandomize=True, database=None)
    with tempfile.TemporaryDirectory() as folder:
        number = itertools.count()
        chosen(given(strategy)(lambda tree: check(Path(folder) / str(next(number)), tree)))()


def test_everybody_found_has_a_row_of_their_own():
    for_examples(25, check_rows, TREES)


@pytest.mark.slow
def test_everybody_found_has_a_row_of_their_own_at_length():
    for_examples(1500, check_rows, TREES)


DAMAGE = st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=3)), min_size=1, max_size=4)


def check_damage(base, damage):
    """A class's zip is refused with a reason, or read as far as it goes."""
    files = {f"{name}/01_boards.ipynb": TEXT for name in ("ada", "bob", "木")} | {"zoe.zip": b"PK"}
    path = class_of(base, files, packed=True)
    data = path.read_bytes()
    for place, change in damage:
        place %= len(data)
        data = data[:place] + change + data[place + len(change) :]
    path.write_bytes(data)
    try:
        rows = find_submissions(path, STEMS)
    except SubmissionsError:
        return
    assert len({row.key.casefold() for row in rows}) == len(rows)
    for row in rows:
        digest(row.found)


def test_a_damaged_class_zip_is_refused_or_read():
    for_examples(30, check_damage, DAMAGE)


@pytest.mark.slow
def test_a_damaged_class_zip_is_refused_or_read_at_length():
    for_examples(1500, check_damage, DAMAGE)
