"""Right answers to exercise 4.2, written in other ways than the reference."""

import numpy as np


def distinct_moves__sorted(acts, count, gap):
    found = []
    for place in acts.flatten().argsort(descending=True).tolist():
        game, move = place // acts.shape[1], place % acts.shape[1]
        if all(game != other or abs(move - at) >= gap for other, at in found):
            found.append((game, move))
    return found[:count]


def distinct_moves__numpy(acts, count, gap):
    left, found = acts.numpy().copy(), []
    moves = np.arange(left.shape[1])
    while len(found) < count:
        game, move = np.unravel_index(left.argmax(), left.shape)
        found.append([int(game), int(move)])
        left[game, np.abs(moves - move) < gap] = -np.inf
    return found


def distinct_moves__minimum(acts, count, gap):
    acts = acts - acts.min() + 1
    found = []
    while len(found) < count:
        game, move = (acts == acts.max()).nonzero()[0]
        found.append((game, move))
        acts[game, (move - gap + 1).clamp(min=0) : move + gap] = 0
    return found


def distinct_moves__by_game(acts, count, gap):
    kept = []
    for game, row in enumerate(acts.tolist()):
        taken = []
        for move in sorted(range(len(row)), key=lambda move: row[move], reverse=True):
            if not any(abs(move - other) < gap for other in taken):
                taken.append(move)
        kept += [(row[move], game, move) for move in taken]
    return [(game, move) for _, game, move in sorted(kept, reverse=True)[:count]]
