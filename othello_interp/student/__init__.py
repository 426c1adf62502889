"""A student's own copy of the course: made with `othello-interp start`, brought up to date with `update`."""
