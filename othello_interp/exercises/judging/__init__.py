"""From what happened to a verdict: expected values, comparison, known mistakes. Runs no student's code."""
