"""The benchmark of Fourier ptychography runs at a small size, and its plain loop finds what it should."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    sys.path.insert(0, str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("benchmark_of_ptychography", BENCHMARKS / "ptychography.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(BENCHMARKS))


@pytest.mark.slow
def test_it_runs_at_a_small_size(benchmark):
    (found,) = benchmark.main(["--leds", "5", "--pixels", "32", "--repeats", "1"])["results"]
    assert found["frames"] == [25, 32, 32]
    assert set(found["seconds"]) == {"sample", "instrument", "plain", "fft planned", "fft frame"}
    assert all(seconds > 0 for seconds in found["seconds"].values())
    assert set(found["met"]) == set(benchmark.LIMITS)
    assert found["memory_bytes"]["sample"] >= 25 * 32 * 32 * 8


@pytest.mark.slow
def test_both_race_on_measured_frames(benchmark, tmp_path):
    """The table is that of the simulated panel, so that a few passes lower the misfit of both."""
    frames = benchmark.simulated(5, 32)
    savemat(tmp_path / "frames.mat", {"frames": np.sqrt(frames).transpose(1, 2, 0)})
    row, column = np.mgrid[:5, :5].reshape(2, -1) - 2
    lines = [f"{4 * x},{4 * y},-90.88" for y, x in zip(row, column, strict=True)]
    (tmp_path / "leds.csv").write_text("\n".join(["x_mm,y_mm,z_mm", *lines]) + "\n")
    given = str(tmp_path / "frames.mat"), str(tmp_path / "leds.csv"), None, 0.5
    for told in benchmark.foresight(*given).values():
        assert 0 < told["told"] < told["left_out"] < 1
    found = benchmark.race(*given)
    for told in found.values():
        assert told["passes"] > 0
        assert set(told["seconds_to"]) == {"0.078", "0.074"}
        assert 0 < told["nrmse_amplitude"] < 1


def test_the_plain_loop_explains_frames_of_its_own(benchmark):
    """Nine overlapping windows of one picture: a tenth of the misfit is left after thirty passes."""
    n, wide = 16, 32
    sines = 0.05 * np.stack(np.meshgrid((-1, 0, 1), (-1, 0, 1), indexing="ij"), axis=-1).reshape(-1, 2)
    places = benchmark.corners(sines, 630e-9, 1.845e-6, n, wide)
    assert places[4].tolist() == [8, 8]
    plain = benchmark.loop(places, benchmark.disc(n), wide, batch=3, rate=0.02)
    rng = np.random.default_rng(0)
    truth = {
        "object": plain.start[0]["object"] + 0.2 * rng.standard_normal((2, wide, wide)),
        "pupil": plain.start[0]["pupil"],
    }
    recorded = plain.predict((truth, None))
    run, memory, _ = benchmark.compiled(plain.epoch, plain.start, recorded)
    assert memory > 0
    state = plain.start
    for _ in range(30):
        state = run(state, recorded)
    first, last = (benchmark.relative_error(plain.predict(s), recorded) for s in (plain.start, state))
    assert last < 0.1 * first


def test_a_window_beyond_the_spectrum_is_refused(benchmark):
    with pytest.raises(ValueError, match="finer object"):
        benchmark.corners(np.array([[0.5, 0.0]]), 630e-9, 1.845e-6, 16, 32)


def test_data_without_a_table_are_refused(benchmark, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(["--data", "frames.mat"])
    assert "go together" in capsys.readouterr().err
