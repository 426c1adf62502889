"""The neuron of the series, and its figures in the original weights, to compare other models with."""

from collections.abc import Mapping
from types import MappingProxyType

#: L5N1393, what it is said to fire for, and the place of its clearest example among the focus games.
LAYER, NEURON = 5, 1393
HYPOTHESIS = "C0==BLANK & D1==THEIRS & E2==MINE"
CLEAR_GAME = 5
#: A neuron fires where it is above this part of its 99th percentile. For the published one that is 0.5, where
#: its histogram of the other positions ends.
FIRING = 0.36

#: L5N1393 of the original Othello-GPT over 50 games of 59 moves, from the executed notebook
#: Othello_GPT_Circuits.ipynb of the repository likenneth/othello_world (Neel Nanda's analysis).
#: Neuron weights in the probe basis are cosines; logit attributions are logits per unit of activation.
PUBLISHED: Mapping[str, float] = MappingProxyType(
    {
        "w_in blank C0": 0.4595,
        "w_in mine D1": -0.2519,
        "w_in mine E2": 0.4017,
        "attribution C0": 0.7372,
        "attribution D1": 0.2190,
        "largest other attribution": 0.0748,  # in size
        "cosine of unembeddings C0 D1": -0.0221,
        "w_out in unembedding": 0.2868,
        "w_in in probe basis": 0.6818,
        "w_out in probe basis": 0.1633,
        "99th percentile": 1.4037,
        "positions": 2950,
        "matching": 114,
        "matching above 0.5": 79,
        "others above 0.5": 10,
        "ROC AUC": 0.831,
    }
)

#: The moves of focus game CLEAR_GAME on which it fires, as the source lists them. (By FIRING there would be
#: one more, move 25: it is at 0.83 there, and at 2.0 or more at those listed.)
PUBLISHED_GAME_5 = (10, 12, 14, 16, 18, 20)
