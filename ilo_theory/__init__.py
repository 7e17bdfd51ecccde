"""The theory of Intermediate Layer Optimization, checked: sets, operators, nets, bounds, the algorithm, and claims."""
