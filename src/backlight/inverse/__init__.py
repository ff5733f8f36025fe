"""Inverse problems: unknowns, losses, regularizers, solvers, error bars. Knows only y = f(tree)."""
