"""Opening what was handed in: zips in zips within limits, and which of several files counts."""

import io
import json
import tracemalloc
import zipfile
from dataclasses import replace
from itertools import permutations

import pytest
import small_course
from small_course import RIGHT, first, second, solved

from othello_interp.grading.running.client import GradingError
from othello_interp.grading.running.parcel import digest
from othello_interp.grading.submissions import collect
from othello_interp.grading.submissions.collect import unpack
from othello_interp.grading.submissions.handed_in import Budget, Collected, File
from othello_interp.grading.submissions.paper import read_paper
from othello_interp.grading.submissions.provenance import course_answers
from othello_interp.grading.submissions.reading import Lessons, read_files
from othello_interp.grading.typed import from_plain, to_plain

NOTEBOOK = json.dumps(solved()).encode()


def zipped(
    files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, date=(2026, 11, 1, 10, 0, 0)
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, date)
            member.compress_type = method
            archive.writestr(member, content)
    return stream.getvalue()


def file(name: str, content: bytes | dict, modified: float | None = 1.7e9) -> File:
    """A file as it is found in a folder."""
    data = json.dumps(content).encode() if isinstance(content, dict) else content
    kind = "zip" if name.endswith(".zip") else "notebook"
    return File(name, kind, len(data), modified, "", lambda: io.BytesIO(data))


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Reads files as a submission to the small course of two notebooks."""
    course = small_course.build(tmp_path_factory.mktemp("course"), notebooks=2)
    return lambda *files: read_files(Collected(list(files)), course.lessons)


def test_a_zip_is_looked_through(read):
    inner = zipped({"week 2/02_words.ipynb": json.dumps(second(RIGHT["2.1"])).encode(), "notes.txt": b"x"})
    work = zipped({"deep/01_boards.ipynb": NOTEBOOK, "deep/more.zip": inner, "__MACOSX/deep/._x.ipynb": b"x"})
    reading = read(file("work.zip", work))
    assert {stem: chosen.file.name for stem, chosen in reading.chosen.items()} == {
        "01_boards": "work.zip/deep/01_boards.ipynb",
        "02_words": "work.zip/deep/more.zip/week 2/02_words.ipynb",
    }
    assert (reading.problems, reading.unreadable) == ([], False)


def test_zips_too_deep_are_named_and_not_opened():
    data = zipped({"01_boards.ipynb": NOTEBOOK})
    for number in range(12):
        data = zipped({f"{number}.zip": data})
    found = unpack(io.BytesIO(data), "work.zip", Budget())
    assert found.files == []
    assert found.problems == ["work.zip/11.zip/10.zip/9.zip is a zip 3 zips deep and was not opened"]


def test_a_zip_that_multiplies_ends_early():
    """Twelve deep with sixteen in each, this would be a million million; each zip looks small."""
    data = zipped({f"{n}.ipynb": b"{}" for n in range(16)})
    for _ in range(12):
        data = zipped({f"{n}.zip": data for n in range(16)})
    found = unpack(io.BytesIO(data), "work.zip", Budget())
    assert any("were not read: too many or too large files" in problem for problem in found.problems)
    assert len(found.files) < 300


def test_zips_in_zips_share_one_budget(monkeypatch):
    zeros = b"0" * 3_000_000
    data = zipped({f"{n}.zip": zipped({f"{m}.ipynb": zeros for m in range(3)}) for n in range(4)})
    found = unpack(io.BytesIO(data), "work.zip", Budget(size=20_000_000))
    assert len(found.files) == 6
    assert found.problems[0] == (
        "work.zip/2.zip: 0.ipynb and what comes after it were not read: too many or too large files"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_unpacks_without_a_limit_is_refused(method):
    data = zipped({"01_boards.ipynb": b"0" * 40_000_000}, method)
    tracemalloc.start()
    found = unpack(io.BytesIO(data), "work.zip", Budget())
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()
    assert found.problems == [
        "work.zip: 01_boards.ipynb is packed in an unusual way: pack it again as an ordinary zip"
    ]


def test_a_size_that_lies_gives_no_more_than_it_claims(read):
    """The table of contents says 100 bytes; 40 MB are packed."""
    data = zipped({"01_boards.ipynb": b"0" * 40_000_000}).replace(
        (40_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    )
    tracemalloc.start()
    reading = read(file("work.zip", data))
    assert tracemalloc.get_traced_memory()[1] < 5 * 10**6
    tracemalloc.stop()
    assert "can't be read (BadZipFile: Bad CRC-32" in reading.problems[0]
    assert reading.unreadable


@pytest.mark.parametrize("data", [b"", b"PK\3\4 cut short", zipped({"a.ipynb": b"{}"})[:-9]])
def test_a_damaged_zip_is_told(data, read):
    reading = read(file("work.zip", data))
    assert "work.zip: the zip can't be opened: " in reading.problems[0]
    assert reading.unreadable


def test_a_large_table_of_contents_is_refused():
    names = {f"{n:05d}{'x' * 250}": b"" for n in range(8000)}
    found = unpack(io.BytesIO(zipped(names)), "work.zip", Budget())
    assert "its table of contents takes" in found.problems[0]


def test_nothing_is_told_with_what_there_was(read):
    reading = read_files(Collected(others=["essay.pdf", "x.py"]), Lessons({}, {}, {}, [], course_answers([])))
    assert reading.problems == ["no notebook (.ipynb) was handed in, only essay.pdf, x.py"]
    assert not reading.unreadable
    assert read().problems == ["no notebook (.ipynb) was handed in"]


ONE, TWO = {"1.1": RIGHT["1.1"]}, {"1.1": RIGHT["1.1"], "1.2": RIGHT["1.2"]}


OTHER = {"1.2": RIGHT["1.2"]}


def packed(*notebooks: dict, year: int = 2026) -> File:
    """a.zip with 1.ipynb, 2.ipynb and so on."""
    files = {f"{n}.ipynb": json.dumps(content).encode() for n, content in enumerate(notebooks, start=1)}
    return file("a.zip", zipped(files, date=(year, 11, 1, 10, 0, 0)))


NONE, NEW = "the others hold no answers", "it is the newest"
MORE, NAME = "it has more exercises answered", "their order isn't known, and its name comes last"


@pytest.mark.parametrize(
    ("files", "chosen", "why"),
    [
        # a blank first try in a zip: its date can't be compared with the other's
        ([packed(first()), file("b.ipynb", solved())], "b.ipynb", NONE),
        ([packed(first(ONE), year=2050), file("b.ipynb", first(TWO), 1.0)], "b.ipynb", MORE),
        ([packed(first(ONE), first(TWO))], "a.zip/2.ipynb", MORE),
        ([file("a.ipynb", first(ONE), 1000.0), file("b.ipynb", first(TWO), 1.0)], "a.ipynb", NEW),
        # somebody fetched the blank notebook again
        ([file("a.ipynb", first(ONE), 1.0), file("b.ipynb", first(), 1000.0)], "a.ipynb", NONE),
        # unpacked or checked out together
        ([file("a.ipynb", first(TWO), 1.0), file("b.ipynb", first(ONE), 3.0)], "a.ipynb", MORE),
        ([file("nb.ipynb", first(ONE), None), file("nb (1).ipynb", first(OTHER), 3.0)], "nb.ipynb", NAME),
    ],
)
def test_which_of_several_files_counts(files, chosen, why, read):
    for ordered in permutations(files):
        reading = read(*ordered)
        assert reading.chosen["01_boards"].file.name == chosen
        assert len(reading.doubts) == 1
        assert reading.doubts[0].endswith(f"differ; {chosen} was graded, as {why}")
        assert reading.doubts == reading.remarks
        for name in (file.name for file in files if not file.name.endswith(".zip")):
            assert name in reading.doubts[0]


def test_copies_of_one_file_are_no_doubt(read):
    reading = read(file("a.ipynb", solved(), 1.0), file("work.zip", zipped({"b.ipynb": NOTEBOOK})))
    assert (reading.doubts, reading.problems) == ([], [])
    assert reading.chosen["01_boards"].answered == 3


def test_the_digest_knows_files_names_and_problems():
    digests = [
        digest(Collected([file("a.ipynb", solved())])),
        digest(Collected([file("b.ipynb", solved())])),
        digest(Collected([file("a.ipynb", first())])),
        digest(Collected([file("a.ipynb", solved())], problems=["x.zip can't be read"])),
    ]
    assert len(set(digests)) == 4
    assert digest(Collected([file("a.ipynb", solved(), 5.0)])) == digests[0]


def test_a_zip_in_a_zip_larger_than_allowed(monkeypatch):
    monkeypatch.setattr(collect, "MAX_ZIP", 1000)
    data = zipped({"inner.zip": b"x" * 2000})
    assert unpack(io.BytesIO(data), "work.zip", Budget()).problems == [
        "work.zip/inner.zip is larger than 0 MB"
    ]


def test_only_what_is_due_is_read(tmp_path):
    course = replace(small_course.build(tmp_path, notebooks=2), due=("02",)).what_is_due()
    assert (course.stems, course.every_stem) == (("02_words",), ("02_words", "01_boards"))
    assert list(course.exercises) == ["2.1", "2.2"]
    lessons = from_plain(Lessons, to_plain(course.lessons))
    files = [file("ada_01.ipynb", solved()), file("b.ipynb", second(RIGHT["2.1"]))]
    paper = read_paper(Collected(files), lessons)
    assert list(paper.plans) == ["02_words"]
    assert (paper.problems, paper.unreadable) == ([], False)
    assert paper.remarks == ["ada_01.ipynb was left out: 01_boards is not due."]
    assert course.what_is_due() == course
    wider = replace(course, due=("01", "02")).what_is_due()
    assert set(wider.stems) == {"01_boards", "02_words"}


@pytest.mark.parametrize("due", [("09",), ("02", "x"), ("",)])
def test_what_is_due_must_be_there(due, tmp_path):
    course = replace(small_course.build(tmp_path, notebooks=2), due=due)
    with pytest.raises(GradingError, match=r"is due, but no notebook's name begins so. There are 01_boards"):
        course.what_is_due()
