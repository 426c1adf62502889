"""Tensors to plotly figures. Every function returns its figure; `othello_interp.utils` has the same ones
under the same names, which show it.

Tensors may be torch tensors (on any device, of any dtype, with or without a gradient), numpy arrays or
nested lists.
"""

from othello_interp.plotting.arrays import to_numpy
from othello_interp.plotting.graph import plot_graph
from othello_interp.plotting.images import imshow, plot_activations, plot_board_values
from othello_interp.plotting.means import plot_means
from othello_interp.plotting.pictures import plot_board
from othello_interp.plotting.spectrum import make_spectrum_plot

__all__ = [
    "imshow",
    "make_spectrum_plot",
    "plot_activations",
    "plot_board",
    "plot_board_values",
    "plot_graph",
    "plot_means",
    "to_numpy",
]
