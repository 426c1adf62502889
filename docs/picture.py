"""Draws docs/l5n1393.png, the picture of the README, from the embedded model. Needs the extra `authors`.

It shows when the neuron is on and gives nothing away of what for.
"""

from pathlib import Path

from othello_interp import utils
from othello_interp.figures import LAYER, NEURON
from othello_interp.games import FocusGames
from othello_interp.model import load_model

games = FocusGames(load_model("embedded"))
figure = utils.plot_activations(
    games.cache["post", LAYER][..., NEURON],
    title=f"When is L{LAYER}N{NEURON} on? A row for each game, a column for each move",
    symmetric=False,
    width=900,
    height=480,
    return_fig=True,
)
figure.write_image(Path(__file__).with_name("l5n1393.png"), scale=1.5)
