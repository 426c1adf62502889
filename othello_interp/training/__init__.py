"""Training an Othello-GPT and its probe: `othello-interp train` and `train-probe`."""
