"""A run of frames under a panel of diodes, as a user would put it into a folder."""

from backlight.io import write_npy

HEAD = """
system = "fourier_ptychography"
[data]
frames = "frames.npy"
[instrument]
wavelength = "600 nm"
numerical_aperture = 0.1
pixel_pitch = "2 um"
led_positions = "leds.csv"
"""
"""The start of a run file, with the instrument of `panel_twin` and `field_twin`."""


def write_run(folder, frames, table, height, text):
    """Write frames, the diodes' table (y, x) in m and the run file, and return the run file."""
    folder.mkdir(exist_ok=True)
    write_npy(folder / "frames.npy", frames)
    lines = [f"{1e3 * x:.6f},{1e3 * y:.6f},{-1e3 * height:.6f}" for y, x in table]
    (folder / "leds.csv").write_text("\n".join(["x_mm,y_mm,z_mm", *lines]) + "\n")
    (folder / "run.toml").write_text(text)
    return folder / "run.toml"
