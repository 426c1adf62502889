"""Points given by hand, and tables that spreadsheets open as they were meant."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
import small_course

from othello_interp.exercises.status import Status
from othello_interp.grading.marks import Mark, add_empty_rows, read_marks, with_marks
from othello_interp.grading.report.feedback import feedback_page
from othello_interp.grading.report.spreadsheet import KINDS, read_csv, to_csv, to_xlsx
from othello_interp.grading.score import ExerciseResult, Result, Standing


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return small_course.build(tmp_path_factory.mktemp("course"), notebooks=2)


def result(student: str, id: str = "", key: str = "", words: str = "Because.") -> Result:
    """All right but for 1.2, and an answer in words that waits."""
    items = {name: ExerciseResult(name, Status.PASSED, 2.0) for name in ("1.1", "1.3")}
    items["1.2"] = ExerciseResult("1.2", Status.WRONG, 0.0, "You counted those below.")
    items["2.1"] = ExerciseResult("2.1", Status.PASSED, 3.0)
    items["2.2"] = ExerciseResult("2.2", Status.OPEN, None, "A person will read your answer.", words=words)
    items = {name: items[name] for name in sorted(items)}
    look = ["open answers to read: 2.2"]
    return Result(student, id, key or student, "digest", Standing.TO_READ, 7.0, items, look=look)


ADA, ZOE, TWIN, OTHER = (
    result("Ada"),
    result("Zoë", "12", "Zo_1a2b3c"),
    result("Kim", "1", "Kim_1"),
    result("Kim", "2", "Kim_2"),
)
CLASS = [ADA, ZOE, TWIN, OTHER]
HEAD = "student,id,key,exercise,points,comment\n"


def marks_of(path, text, course, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return read_marks(path, course, CLASS)


@pytest.mark.parametrize(
    "row",
    [
        "Ada,,,2.2,0.5,Well seen",
        "ada,,,2.2 What does it do?,0.5,Well seen",
        ",,Ada,2.2,.5,Well seen",
        "Somebody else,99,Ada,2.2,0.50,Well seen",
    ],
)
def test_a_mark_is_read(row, course, tmp_path):
    marks, said = marks_of(tmp_path / "marks.csv", HEAD + row + "\n", course)
    assert (marks, said) == ({("Ada", "2.2"): Mark(0.5, "Well seen")}, [])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Bob,,,2.2,1,", "nobody in this class is called 'Bob'"),
        (",,,2.2,1,", "nobody in this class is called ''"),
        ("Kim,,,2.2,1,", "2 students are called 'Kim': name the key"),
        ("Ada,,,9.9,1,", "there is no exercise '9.9'; there are 1.1, 1.2, 1.3, 2.1, 2.2"),
        ("Ada,,,02. Feb,1,", "there is no exercise '02. Feb'"),
        ("Ada,,,,1,", "there is no exercise ''"),
        ("Ada,,,2.2,1.5,", "1.5 points: exercise 2.2 has 0 to 1"),
        ("Ada,,,2.2,-1,", "-1 points: exercise 2.2 has 0 to 1"),
        ("Ada,,,2.2,nan,", "nan points: exercise 2.2 has 0 to 1"),
        ("Ada,,,2.2,1e999,", "1e999 points"),
        ("Ada,,,2.2,one,", "'one' is not a number of points, such as 1.5"),
        ("Ada,,,2.2,01. Mai,", "'01. Mai' is not a number of points, such as 1.5"),
        ('Ada,,,2.2,"0,5",', "'0,5' is not a number of points, such as 1.5"),
        ("Ada,,,2.2,0,5,", "it has more fields than the first line"),
        ("Ada,,,2.2,0,5", "0,5 is no number: write 1.5, not 1,5"),
        ("Ada,,,2.2,,Good", "it has a comment and no points"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_ignored(row, why, course, tmp_path):
    marks, said = marks_of(tmp_path / "marks.csv", f"{HEAD}{row}\nZoë,,,2.2,1,Fine\n", course)
    assert marks == {("Zo_1a2b3c", "2.2"): Mark(1.0, "Fine")}
    assert len(said) == 1
    assert said[0].startswith(f"marks.csv, line 2: {why}")
    assert said[0].endswith("The row was ignored.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\n"])
def test_a_file_that_a_spreadsheet_has_saved(encoding, delimiter, first, course, tmp_path):
    text = (HEAD + "Zoë,12,,2.2,1,Größer\n\n,,,,,\n").replace(",", delimiter).replace("\n", "\r\n")
    marks, said = marks_of(tmp_path / "marks.csv", first.format(delimiter) + text, course, encoding)
    assert (marks, said) == ({("Zo_1a2b3c", "2.2"): Mark(1.0, "Größer")}, [])


def test_a_decimal_comma_counts_where_commas_separate_nothing(course, tmp_path):
    text = HEAD.replace(",", ";") + "Ada;;;2.2;0,5;\n"
    assert marks_of(tmp_path / "marks.csv", text, course)[0] == {("Ada", "2.2"): Mark(0.5)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\x00\x00",
        b"\xff\xfe\x00",
        b'"',
        b"PK\x03\x04rubbish",
        b"a,b\n1,2\n",
        b"x" * 200_000,
        bytes(range(256)),
    ],
)
def test_a_file_that_is_no_table_stops_nobody(data, course, tmp_path):
    (tmp_path / "marks.csv").write_bytes(data)
    marks, said = read_marks(tmp_path / "marks.csv", course, CLASS)
    assert marks == {}
    assert all("marks.csv was not used: " in line for line in said)
    assert said or not data.strip(b'\n\0"')
    add_empty_rows(tmp_path / "marks.csv", course, CLASS)
    assert read_marks(tmp_path / "nowhere.csv", course, CLASS) == ({}, [])
    assert "marks.csv was not used" in read_marks_of_folder(tmp_path, course)


def read_marks_of_folder(tmp_path, course):
    (tmp_path / "folder" / "marks.csv").mkdir(parents=True)
    return read_marks(tmp_path / "folder" / "marks.csv", course, CLASS)[1][0]


def test_marks_change_points_total_and_status_and_leave_the_result_alone(course):
    marks = {("Ada", "2.2"): Mark(0.5, "Well <b>seen</b>"), ("Ada", "1.2"): Mark(2.0, "An appeal")}
    marked = with_marks(ADA, marks)
    assert (marked.total, marked.status, marked.look) == (9.5, Standing.GRADED, [])
    assert marked.exercises["1.2"].points == 2
    assert (ADA.total, ADA.exercises["1.2"].points) == (7.0, 0.0)
    assert with_marks(ZOE, marks) is ZOE
    page = feedback_page(course, marked)
    assert "Well &lt;b&gt;seen" in page
    assert "0.5 / 1" in page
    assert "The automatic check gave 0. You counted those below." in page
    assert "Points given by a person" in page


def test_a_student_without_a_total_gets_one_when_all_points_are_given(course):
    blank = {name: ExerciseResult(name, Status.MISSING, None) for name in ADA.exercises}
    unread = Result("Ada", "", "Ada", "d", Standing.UNREADABLE, None, blank)
    some = {("Ada", name): Mark(1.0) for name in ("1.1", "1.2")}
    assert (with_marks(unread, some).total, with_marks(unread, some).status) == (None, Standing.UNREADABLE)
    every = with_marks(unread, {("Ada", name): Mark(1.0) for name in blank})
    assert (every.total, every.status) == (5.0, Standing.GRADED)


def test_rows_are_added_for_answers_that_wait(course, tmp_path):
    path = tmp_path / "marks.csv"
    assert add_empty_rows(path, course, [ADA, ZOE]) == 2
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert rows[1] == {
        "student": "Zoë", "id": "12", "key": "Zo_1a2b3c", "exercise": "2.2 What does it do?",
        "points": "", "comment": "",
    }  # fmt: skip
    before = path.read_bytes()
    assert add_empty_rows(path, course, [ADA, ZOE]) == 0
    assert path.read_bytes() == before
    assert add_empty_rows(path, course, CLASS) == 2
    assert path.read_bytes().startswith(before)
    assert read_marks(path, course, CLASS) == ({}, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\r\n"])
def test_rows_are_added_in_the_files_own_manner(encoding, end, course, tmp_path):
    path = tmp_path / "marks.csv"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((f"{mark}exercise;comment;points;key\r\n2.2;Größe;1;Ada" + end).encode(encoding))
    before = path.read_bytes()
    assert add_empty_rows(path, course, [ADA, ZOE]) == 1
    assert path.read_bytes().startswith(before)
    rows = [row for _, row in read_csv(path.read_bytes()).rows]
    assert rows[1:] == [["2.2", "Größe", "1", "Ada"], ["2.2 What does it do?", "", "", "Zo_1a2b3c"]]


TRICKY = [
    "=1+1",
    ";=HYPERLINK(1);",
    "a;=1",
    "\t=1",
    ' "=1',
    "x,+1",
    "-2",
    "@SUM(1)",
    "＝1",
    "a\r\n=1",
    "\0=1",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("tricky", TRICKY)
def test_no_text_becomes_a_formula(tricky, kind, delimiter):
    """Also where a spreadsheet splits at something else than what the file was written with."""
    data = to_csv([["student", "of"], [tricky, 1.5], ["Ada", tricky]], kind)
    text = data.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text), delimiter=delimiter):
        for field in row:
            assert not re.match(r"[\s\"']*[=+@＝＋－＠-]", field) or field.lstrip(' "')[0] == "'"


def test_kinds_of_csv():
    rows = [["student", "total"], ["Jörg", 1.5], ["Zoë", None]]
    assert to_csv(rows) == "student,total\r\nJörg,1.5\r\nZoë,\r\n".encode()
    assert to_csv(rows, "comma") == b"\xef\xbb\xbf" + to_csv(rows)
    assert to_csv(rows, "semicolon") == "\ufeffstudent;total\r\nJörg;1,5\r\nZoë;\r\n".encode()


def test_excel_gets_texts_and_numbers():
    """Read as Excel's own format says: strings by their number in a list, numbers as they are."""
    rows = [["student", "2.1"], ["Jörg", 1.5], ["=HYPERLINK(1)", None], ["1.5", 2.0], ["\x00\ud800\n", 0.0]]
    data = to_xlsx(rows, "A course: [notebook] 'two' and a name that is long")
    assert to_xlsx(rows, "A course: [notebook] 'two' and a name that is long") == data
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        strings = [
            "".join(item.itertext())
            for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml")).findall("x:si", space)
        ]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    found = {}
    for cell in sheet.iterfind(".//x:c", space):
        assert cell.find("x:f", space) is None
        value = cell.findtext("x:v", namespaces=space)
        found[cell.get("r")] = strings[int(value)] if cell.get("t") == "s" else float(value)
    assert found == {
        "A1": "student", "B1": "2.1", "A2": "Jörg", "B2": 1.5, "A3": "=HYPERLINK(1)",
        "A4": "1.5", "B4": 2.0, "A5": " ? ", "B5": 0.0,
    }  # fmt: skip
