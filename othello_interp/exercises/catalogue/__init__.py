"""The exercises, a module for each notebook; one exercise is one place in it."""
