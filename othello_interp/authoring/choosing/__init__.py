"""Which neuron is the one of the course: measures for every neuron of a layer, gates, and the choice."""
