"""Calls a student's function and says what happened, as plain data. Knows no expected value."""
