"""Every neuron over many games: the scan, what it keeps, and the pages made of it."""
