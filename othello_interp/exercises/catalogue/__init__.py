"""The exercises, a module each: inputs, known mistakes, record."""
