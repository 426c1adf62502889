"""The autograder: a folder of submitted notebooks in, grades and feedback out.

The parent judges and trusts nobody; a submission's code runs in a child that only computes. From outside in:

    command        the `othello-interp grade` command
    grade          a class: who is missing, handing out the work, keeping each result as it comes
    grader         one submission: read it, run it, score it
    course         what is graded, and one run's secret inputs
    score          outcomes -> points and words;  standing: how a submission can end
    submissions/   find: as learning platforms export them;  names: what they call people and files
                   tree: a folder and a zip seen alike;  collect: one student's files, within limits
                   handed_in: files not yet opened;  reading: opens them, and tells which counts
                   notebook_file: a notebook in any state
                   plan: which cells to run, which answers what;  given: which of the course's own first
    running/       job: drives children through a notebook;  worker: where that happens
                   client: the parent's end of a child;  wire: what they say to each other
                   zygote: the process that is forked;  child: runs the code
    sandbox/       limits: what a child may use;  enter: what is taken from it;  syscalls: how
                   guard: watches and kills;  selftest: does it hold on this machine?  escape: breaking out
    report/        tables: grades.csv and Gradescope's results;  pages: feedback and the class report

What it protects against, and what it doesn't: docs/instructors.md.
"""
