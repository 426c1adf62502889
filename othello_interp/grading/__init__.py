"""The autograder: a folder of submitted notebooks in, grades and feedback out.

The parent judges and trusts nobody; a submission's code runs in a child that only computes. From outside in:

    command.py        the `othello-interp grade` command
    grade.py          a class: who is missing, handing out the work, keeping each result as it comes
    grader.py         one submission: read it, run it, score it
    files.py          submissions as learning platforms export them
    notebook_file.py  a notebook file in any state;  cells.py: which cells to run, which answers what
    given.py          which of the course's own cells have to be run first
    course.py         what is graded, and one run's secret inputs
    run.py            drives children through a notebook;  worker.py: where that happens
    score.py          outcomes -> points and words
    report.py         grades.csv and Gradescope's results;  pages.py: feedback pages and the class report
    client.py         the parent's end of a child;  wire.py: what they say to each other
    zygote.py         the process that is forked;  guard.py: watches and kills;  child.py: runs the code
    sandbox.py        what a child can't do;  kernel.py: the system calls behind it
    selftest.py       does the sandbox hold on this machine?  escape.py: trying to break out

What it protects against, and what it doesn't: docs/instructors.md.
"""
