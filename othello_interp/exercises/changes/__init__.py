"""The single changes of code that tell what a wrong answer comes from: of the reference, which then gives the
student's answer, and of the student's function, which then is right.

    edits     what is put in place of a node; calls, of calls and attributes
    words     what is taken for what, and what is said of it
    instead   what some changed references call in place of an operation
"""
