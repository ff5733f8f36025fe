"""Differentiable imaging: the image, the true instrument, and the error bars of both."""
