"""The error for what a user can put right. The command line prints it as one line, without a traceback."""


class OthelloInterpError(Exception):
    """A problem with a file, a name or an option: says what was found, what was expected and what to do."""
