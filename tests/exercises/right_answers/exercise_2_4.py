"""Right answers to exercise 2.4, written in other ways than the reference."""

import numpy as np

from othello_interp import utils


def capture_pattern__squares(label, step, n_theirs):
    squares = [r + c for r in "ABCDEFGH" for c in "01234567"]
    start, length = squares.index(label), n_theirs + 2
    rows = [start // 8 + step[0] * i for i in range(length)]
    cols = [start % 8 + step[1] * i for i in range(length)]
    if min(rows + cols) < 0 or max(rows + cols) > 7:
        return None
    states = ["BLANK"] + n_theirs * ["THEIRS"] + ["MINE"]
    return {squares[8 * r + c]: state for r, c, state in zip(rows, cols, states, strict=True)}


def capture_pattern__try(label, step, n_theirs):
    pattern = {label: "BLANK"}
    try:
        for i in range(1, n_theirs + 2):
            square = chr(ord(label[0]) + i * step[0]) + str(int(label[1]) + i * step[1])
            utils.label_to_square(square)
            pattern[square] = "THEIRS" if i <= n_theirs else "MINE"
    except ValueError:
        return None
    return pattern


def capture_pattern__numpy(label, step, n_theirs):
    line = np.array(divmod(utils.label_to_square(label), 8)) + np.outer(np.arange(n_theirs + 2), step)
    if not np.isin(line, np.arange(8)).all():
        return None
    labels = [utils.square_to_label(int(square)) for square in line @ [8, 1]]
    pattern = dict.fromkeys(labels, "THEIRS")
    pattern[labels[0]], pattern[labels[-1]] = "BLANK", "MINE"
    return pattern
