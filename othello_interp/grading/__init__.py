"""The autograder: a folder of submitted notebooks in, grades and feedback out.

The parent keeps the books and opens nothing; what students wrote is read, run and judged in limited children.
From outside in:

    command        the `othello-interp grade` command
    grade          a class: who is missing, handing out the work, keeping each result as it comes
    grader         one submission, stage by stage: open, read, run, judge, score
    course         what is graded;  exam: one run's secret inputs, and the answer keys
    judging        outcomes -> points and words
    score          what is kept of a submission, and how it can end
    typed          dataclasses from plain data that isn't to be trusted
    marks          points that a person gives;  results: those of a class, on disk
    submissions/   find: as learning platforms export them;  names: what they call people and files
                   roster: Gradescope's list of who is who
                   tree: a folder and a zip seen alike;  collect: one student's files, within limits
                   handed_in: files not yet opened;  reading: which file is which notebook, and which counts
                   provenance: what of it is the course's own;  words: answers for a person to read
                   needed: how many of the course's cells a student's need
                   plan: which cells to run, which answers what;  paper: all of it, in bounded size
    running/       parcel: a student's files on their way;  worker: where they are read and run
                   client: starts what is forked;  handle: one child;  standby: those that serve several
                   room: a student's sandbox, with a process for each of their notebooks
                   wire: what they say to each other
                   zygote: the process that is forked;  reader, child: in its forks, read and run
                   session: a notebook as it runs;  ipython: what it finds around it
                   mend: code that exports have garbled
                   job: drives children through a notebook
                   examiner: the trusted process that knows the answers, forked to judge
    sandbox/       limits: what a child may use;  enter: what is taken from it;  syscalls: how
                   guard: watches and kills;  selftest: does it hold on this machine?  escape: breaking out
    report/        tables: grades and Gradescope's results;  spreadsheet: CSV and XLSX
                   feedback: a student's page;  class_report: the class's;  lookalikes: similar code

What it protects against, and what it doesn't: docs/instructors.md.
"""
