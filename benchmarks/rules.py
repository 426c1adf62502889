"""How fast is the rules engine? Its rate as a ratio to two others timed in the same run.

    python benchmarks/rules.py

Each engine replays random complete games into the same arrays: the board after every move and the legal moves
of the next player. Processor time of one thread is measured, so other programs hardly count, and the engines
take turns, so that a machine that slows down slows all three. Medians are given.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Int8, UInt8
from torch import Tensor

from othello_interp.board import random_games, replay
from othello_interp.rules import slow_rules
from othello_interp.squares import ALL_SQUARES

Arrays = tuple[Int8[Tensor, "game move 8 8"], Bool[Tensor, "game move 8 8"]]


def by_bitboards(tokens: UInt8[Tensor, "game move"]) -> Arrays:
    """board.py."""
    result = replay(tokens)
    return result.states, result.legal


def by_loops(tokens: UInt8[Tensor, "game move"]) -> Arrays:
    """slow_rules.py."""
    states = torch.zeros(*tokens.shape, 8, 8, dtype=torch.int8)
    legal = torch.zeros_like(states, dtype=torch.bool)
    for game, row in enumerate(tokens.tolist()):
        history = slow_rules.replay(row)
        states[game] = torch.tensor([board for board, *_ in history], dtype=torch.int8)
        for move, (*_, squares) in enumerate(history):
            for square in squares:
                legal[game, move][square] = True
    return states, legal


def by_rust(tokens: UInt8[Tensor, "game move"]) -> Arrays:
    """The package rust-reversi, driven from Python move by move; its bitboards are unpacked all at once."""
    from rust_reversi import Board, Turn

    squares = [0, *ALL_SQUARES]
    blacks, whites, legals = [], [], []
    for row in tokens.tolist():
        board = Board()
        for token in row:
            board.do_move(squares[token])
            legal = board.get_legal_moves()
            if legal == 0 and not board.is_game_over():
                board.do_pass()
                legal = board.get_legal_moves()
            player, opponent, turn = board.get_board()
            if turn != Turn.BLACK:
                player, opponent = opponent, player
            blacks.append(player)
            whites.append(opponent)
            legals.append(legal)

    def unpack(bitboards: list[int]) -> Int8[Tensor, "game move 8 8"]:
        octets = np.array(bitboards, dtype=">u8").view(np.uint8)  # its highest bit is square 0
        return torch.from_numpy(np.unpackbits(octets).reshape(*tokens.shape, 8, 8).view(np.int8))

    return unpack(blacks) - unpack(whites), unpack(legals).bool()


def timings(
    engines: dict[str, tuple[Callable[[Tensor], Arrays], int]], repeats: int, seed: int = 0
) -> dict[str, list[float]]:
    """Games per second of each engine (with the number of games it is given), measured in turns."""
    games = random_games(max(n for _, n in engines.values()), seed)
    agree = [engine(games[:20]) for engine, _ in engines.values()]
    for states, legal in agree[1:]:
        if not (torch.equal(states, agree[0][0]) and torch.equal(legal, agree[0][1])):
            raise AssertionError("the engines disagree: their times would mean nothing")
    speeds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(repeats):
        for name, (engine, n) in engines.items():
            start = time.process_time()
            engine(games[:n])
            speeds[name].append(n / (time.process_time() - start))
    return speeds


def main(argv: Sequence[str] | None = None) -> None:
    """Time the engines and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--games", type=int, default=4096, help="games in a batch of the bitboard engine (4096)"
    )
    parser.add_argument("--repeats", type=int, default=7, help="measurements of each engine (7)")
    args = parser.parse_args(argv)
    if args.games < 20 or args.repeats < 1:
        parser.error("--games must be at least 20 and --repeats at least 1")
    torch.set_num_threads(1)
    engines: dict[str, tuple[Callable[[Tensor], Arrays], int]] = {
        "board.py": (by_bitboards, args.games),
        "plain Python loops": (by_loops, 20),
        "rust-reversi": (by_rust, min(args.games, 1000)),
    }
    try:
        import rust_reversi  # noqa: F401
    except ModuleNotFoundError:
        del engines["rust-reversi"]
        print("rust-reversi is not installed (pip install rust-reversi): left out.")
    speeds = timings(engines, args.repeats)
    ours = statistics.median(speeds["board.py"])
    print(f"Replay with states and legal moves, one thread, median of {args.repeats}:")
    print(f"{'engine':<20}{'games/s':>12}{'lowest':>12}{'highest':>12}{'board.py is':>14}")
    for name, measured in speeds.items():
        middle = statistics.median(measured)
        numbers = "".join(f"{number:>12,.0f}" for number in (middle, min(measured), max(measured)))
        print(f"{name:<20}{numbers}{ours / middle:>12,.1f} ×")


if __name__ == "__main__":
    main()
