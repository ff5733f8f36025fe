"""A system small enough to run in a second: what a run file needs, and no more."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np

from backlight.camera import Camera, Gaussian
from backlight.inverse.estimate import estimate
from backlight.inverse.first_order import Adam
from backlight.inverse.fista import FISTA
from backlight.inverse.image_unknowns import Passive
from backlight.inverse.losses import amplitude
from backlight.inverse.unknowns import Interval
from backlight.inverse.variable_projection import VariableProjection
from backlight.schema import Key, SystemSchema
from backlight.systems import ImagingSystem, Nothing
from backlight.systems.entry import SystemEntry, Tiling
from backlight.wave import FreeSpace, PlaneWave, ThinSample

SCHEMA = SystemSchema(
    "tiny",
    "A hologram of a few pixels.",
    instrument=(
        Key("wavelength", "length", "vacuum wavelength", required=True, example="632.8 nm"),
        Key("pixel_pitch", "length", "pixel pitch", required=True, example="5 um"),
        Key("distance", "length", "sample to camera", required=True, example="2 mm"),
    ),
    unknown=(Key("sample", "field", "the sample"), Key("distance", "length", "sample to camera")),
    losses=("amplitude",),
    tiled=True,
)


def nominal(instrument, shape):
    return ImagingSystem(
        PlaneWave(instrument["wavelength"]),
        Nothing(),
        ThinSample(np.full(shape[-2:], 0.999)),
        FreeSpace(instrument["distance"]),
        Camera(shape[-2:], instrument["pixel_pitch"]),
        Gaussian(0.02),
    )


class Question:
    def __init__(self, frames, instrument, unknown, options):
        self.system, self.frames, self.weights = nominal(instrument, frames.shape), frames, options["weights"]
        self.unknowns = {"sample.transmission": Passive()}
        if "distance" in unknown:
            self.unknowns["detection_path.distance"] = Interval(*unknown["distance"]["between"])
        self.loss, self.regularizers = amplitude(), ()
        self.brightness, self.finish = 1.0, lambda system, brightness: system
        self.notes, self.contradictions = ("sample.transmission was taken as passive.",), ()
        steps, method = options.get("iterations", 40), options.get("method")
        self.settings = {"loss": "amplitude", "iterations": steps}
        solver = Adam if method == "adam" else VariableProjection if "distance" in unknown else FISTA
        self.solver = solver(steps=steps, block=5)

    def look(self):
        return {}

    def begun(self, found):
        return self

    def answer(self, *, callback=None, checkpoint=None, time_limit=None, error_bars=True):
        return estimate(
            self.system, self.frames, self.unknowns, loss=self.loss, mask=self.weights, solver=self.solver,
            callback=callback, checkpoint=checkpoint, time_limit=time_limit, notes=self.notes, tolerance=0.0,
            error_bars=error_bars,
        )  # fmt: skip


def ask_tile(frames, instrument, unknown, options, center, found):
    """Begin at the distance of the neighbor; where the tile lies is all the same to a plane wave."""
    begun = {} if found is None else {"distance": float(found["detection_path.distance"])}
    return Question(frames, instrument | begun, unknown, options)


def object_in_view(system):
    return SimpleNamespace(values=system.sample.transmission, grid=system.sample_grid())


ENTRY = SystemEntry(
    schema=SCHEMA,
    paths={"sample": "sample.transmission", "distance": "detection_path.distance", "pixel_pitch": "camera.pitch"},
    ask=Question,
    nominal=nominal,
    classic=lambda frames, instrument: jnp.sqrt(jnp.maximum(frames[0], 0)) + 0j,
    object_in_view=object_in_view,
    tiling=Tiling(ask_tile, object_in_view),
)  # fmt: skip
