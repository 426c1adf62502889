"""Files: where data/ and the notebooks are, checked against their hashes, written whole or not at all."""
