"""A new model for the course, in one command: everything that follows from its weights is made anew."""
