"""The notebooks as files: execute them, show them as HTML, solve them, keep them clean."""
