"""Checkpoints behind model.py: the plain network, folding its LayerNorms, the published weights."""
