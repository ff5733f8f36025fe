"""A run file that is right, and the schema it is right by."""

from backlight.schema import Key, SystemSchema

SCHEMA = SystemSchema(
    "inline_hologram",
    "In-line hologram",
    (Key("wavelength", "length", "vacuum wavelength", required=True, example="632.8 nm"),
     Key("pixel_pitch", "length", "camera pixel", required=True, example="5.86 um"),
     Key("distance", "length", "sample to camera", example="41 mm"),
     Key("source_distance", "length", "source to sample", example="100 mm"),
     Key("medium_index", "dimensionless", "refractive index", default=1.0)),
    (Key("sample", "field", "the sample"), Key("distance", "length", "sample to camera"),
     Key("source_distance", "length", "source to sample")),
    losses=("amplitude", "intensity"),
)  # fmt: skip
BETWEEN = '{ between = ["38 mm", "45 mm"] }'
RUN = """system = "inline_hologram"
[data]
frames = "frames.npy"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "5.86 um"
distance = "41 mm"
[unknown]
sample = true
distance = { between = ["38 mm", "45 mm"] }
[estimate]
loss = "amplitude"
"""
