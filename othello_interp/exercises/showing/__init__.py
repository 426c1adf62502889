"""What a student sees: panels, pictures, the wording, and the file that remembers progress."""
