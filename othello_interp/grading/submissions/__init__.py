"""What students handed in: found, read as plain cells, and planned; nothing of it is run here."""
