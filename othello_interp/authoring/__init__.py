"""For those who make the course: data/ from trained weights, and the figures that it quotes."""
