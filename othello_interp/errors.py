"""The errors for what a user can put right. The command line prints them as one line, without a traceback."""


class OthelloInterpError(Exception):
    """A problem with a file, a name or an option: says what was found, what was expected and what to do."""


class InputError(OthelloInterpError, ValueError):
    """An argument, an option or a text that can't be used."""


class FileError(OthelloInterpError, OSError):
    """A file or folder that can't be read or written."""
