"""The edge under a condenser that opens: ringing as in the closed form, then less and less of it."""

import importlib.util
from pathlib import Path

import numpy as np
from scipy.special import sici

EXAMPLE = Path(__file__).parents[2] / "examples" / "partially_coherent_edge.py"


def test_partially_coherent_edge(tmp_path):
    spec = importlib.util.spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    images = example.main(tmp_path)
    assert (tmp_path / "partially_coherent_edge.png").stat().st_size > 10_000
    near = np.arange(-16, 16)
    x = (near + 0.5) * example.PITCH
    coherent = (0.5 + sici(2 * np.pi * x * example.APERTURE / example.WAVELENGTH)[0] / np.pi) ** 2
    assert np.abs(images[0.0][128 + near] - coherent).max() < 0.02  # the second edge is far, not infinitely so
    highest = [image.max() for image in images.values()]
    edge = [image[127:129].mean() for image in images.values()]
    assert (np.diff(highest) < 0).all()
    assert (np.diff(edge) > 0).all()
    assert 0.32 < edge[-1] < 0.36
