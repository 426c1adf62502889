"""The rules of Othello behind board.py: bitboards, random games, and slow rules to check them against."""
