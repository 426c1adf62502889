"""Right answers to exercise 5.3, written in other ways than the reference."""

import re

import torch

from othello_interp import utils
from othello_interp.lines import line_labels, line_texts
from othello_interp.patterns import line_pattern


def count_lines__texts(boards, square):
    own = [text.startswith(f"{square}==BLANK") for text in line_texts()]
    return line_labels(boards)[torch.tensor(own)].sum(0)


def count_lines__walk(boards, square):
    start = utils.label_to_square(square)
    counts = []
    for board in boards.reshape(-1, 8, 8).tolist():
        count = 0
        for down, right in ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)):
            row, col, theirs = start // 8 + down, start % 8 + right, 0
            while 0 <= row < 8 and 0 <= col < 8 and board[row][col] == 1:
                row, col, theirs = row + down, col + right, theirs + 1
            ends = 0 <= row < 8 and 0 <= col < 8 and board[row][col] == 2
            count += bool(theirs and ends and board[start // 8][start % 8] == 0)
        counts.append(count)
    return torch.tensor(counts, dtype=torch.int32).view(boards.shape[:-2])


def count_lines__regular_expression(boards, square):
    row, col = divmod(utils.label_to_square(square), 8)
    counts = []
    for board in boards.reshape(-1, 64).tolist():
        count = 0
        for down, right in [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]:
            places = [(row + i * down, col + i * right) for i in range(8)]
            line = "".join(str(board[8 * r + c]) for r, c in places if r in range(8) and c in range(8))
            count += re.match("01+2", line) is not None
        counts.append(count)
    return torch.tensor(counts).reshape(boards.shape[:-2])


def count_lines__patterns(boards, square):
    total = torch.zeros(boards.shape[:-2])
    for step in ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)):
        for n_theirs in range(1, 7):
            stands = torch.ones(boards.shape[:-2])
            pattern = line_pattern(square, step, n_theirs)
            for label, state in (pattern or {}).items():
                values = boards.flatten(-2)[..., utils.label_to_square(label)]
                stands = stands * (values == {"BLANK": 0, "THEIRS": 1, "MINE": 2}[state])
            total += stands if pattern else 0
    return total.int()
