"""The rules of Othello as a person would write them down: one game, lists and loops.

Written apart from board.py and sharing nothing with it, so that tests can compare the two and
`othello-interp bench rules` can say what the bitboards are worth. Players and discs: black +1, white -1.
"""

Board = list[list[int]]

DIRECTIONS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
_CENTRE = [(3, 3), (3, 4), (4, 3), (4, 4)]


def first_board() -> Board:
    """Black on D4 and E3, white on D3 and E4."""
    board = [[0] * 8 for _ in range(8)]
    board[3][4] = board[4][3] = 1
    board[3][3] = board[4][4] = -1
    return board


def turned(board: Board, player: int, row: int, col: int) -> list[tuple[int, int]]:
    """The discs that `player` turns by playing a square: none means that the move is not legal."""
    if board[row][col] != 0:
        return []
    discs = []
    for row_step, col_step in DIRECTIONS:
        line = []
        r, c = row + row_step, col + col_step
        while 0 <= r < 8 and 0 <= c < 8 and board[r][c] == -player:
            line.append((r, c))
            r, c = r + row_step, c + col_step
        if line and 0 <= r < 8 and 0 <= c < 8 and board[r][c] == player:
            discs += line
    return discs


def legal_moves(board: Board, player: int) -> list[tuple[int, int]]:
    """The squares where `player` may play, in reading order."""
    return [(row, col) for row in range(8) for col in range(8) if turned(board, player, row, col)]


def square_of_token(token: int) -> tuple[int, int]:
    """Row and column of token 1..60: the squares in reading order without the four in the centre."""
    squares = [(row, col) for row in range(8) for col in range(8) if (row, col) not in _CENTRE]
    return squares[token - 1]


def replay(tokens: list[int]) -> list[tuple[Board, int, int, list[tuple[int, int]]]]:
    """One game of tokens 1..60: after each move the board, who moved, who is next, and the legal moves.

    Nobody (0) is next when the game is over; a player without a legal move is skipped. Raises ValueError for
    a move that the rules don't allow.
    """
    board, player, history = first_board(), 1, []
    for number, token in enumerate(tokens):
        row, col = square_of_token(token)
        discs = turned(board, player, row, col)
        if not discs:
            raise ValueError(f"move {number}: token {token} is not legal for player {player:+d}")
        for r, c in [(row, col), *discs]:
            board[r][c] = player
        mover, player = player, -player
        legal = legal_moves(board, player)
        if not legal:
            player = -player
            legal = legal_moves(board, player)
            if not legal:
                player = 0
        history.append(([line[:] for line in board], mover, player, legal))
    return history
