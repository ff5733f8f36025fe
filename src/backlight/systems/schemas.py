"""What a run file may say about each system of the catalogue; plain data, readable without JAX."""

from backlight.schema import Key, OneOf, SystemSchema, Way

INLINE_HOLOGRAM = SystemSchema(
    system="inline_hologram",
    help="In-line (Gabor) holography: one coherent beam through the sample onto the camera; no lens, no reference arm.",
    instrument=(
        Key("wavelength", "length", "vacuum wavelength of the light", required=True, example="632.8 nm"),
        Key("pixel_pitch", "length", "distance between the centers of two pixels", required=True, example="5.86 um"),
        Key("distance", "length", "from the sample to the camera; a rough value will do if it is unknown below",
            required=True, example="41 mm"),
        Key("source_distance", "length", "from the point source to the sample; leave out for a collimated beam",
            example="100 mm"),
        Key("medium_index", "dimensionless", "refractive index between sample and camera", default=1.0),
    ),
    unknown=(
        Key("sample", "field", "the complex transmission of the sample"),
        Key("distance", "length", "from the sample to the camera", example="41 mm"),
        Key("source_distance", "length", "from the point source to the sample", example="100 mm"),
        Key("background", "field", "the uneven brightness of the beam, as a smooth function"),
        Key("illumination_tilt", "angle", "direction of the beam against the camera's axis, along y and x", many=2,
            example='["1 mrad", "0 mrad"]'),
        Key("pixel_pitch", "length", "distance between the centers of two pixels", example="5.86 um"),
    ),
    losses=("amplitude", "intensity", "poisson", "kullback_leibler", "l1", "huber", "likelihood"),
    regularizers=("total_variation", "l1", "tikhonov", "hessian"),
    methods=("variable_projection", "fista", "levenberg_marquardt", "lbfgs"),
    defaults={"loss": "amplitude", "method": "variable_projection", "iterations": 600},
    one_frame=True,
)  # fmt: skip

OFF_AXIS_HOLOGRAM = SystemSchema(
    system="off_axis_hologram",
    help="Off-axis holography: a tilted reference beam writes amplitude and phase of the light onto fringes.",
    classic="Fourier filter",
    instrument=(
        Key("wavelength", "length", "vacuum wavelength of the light", required=True, example="632.8 nm"),
        Key("pixel_pitch", "length", "distance between the centers of two pixels, at the sample where a lens stands "
            "between", required=True, example="3.45 um"),
        Key("distance", "length", "from the sample to the plane that the camera sees; a rough value will do if it is "
            "unknown below", required=True, example="10 mm"),
        Key("medium_index", "dimensionless", "refractive index between sample and camera", default=1.0),
        Key("reference_tilt", "angle", "angles of the reference against the axis along y and x; found from the fringes "
            "when left out", many=True, found=True, example='["-20 mrad", "35 mrad"]'),
        Key("reference_curvature", "curvature", "of the reference's wavefront at the camera, positive where it "
            "diverges; flat when left out", found=True, example="0.5 1/m"),
        Key("fill_factor", "dimensionless", "side of a pixel's light-sensitive square over the pitch: it blurs fringes",
            default=1.0, low=0.0, high=1.0, example="0.8"),
    ),
    unknown=(
        Key("sample", "field", "the complex transmission of the sample"),
        Key("distance", "length", "from the sample to the plane that the camera sees", example="10 mm"),
        Key("reference_tilt", "angle", "angles of the reference against the axis", example="true"),
        Key("reference_curvature", "curvature", "of the reference's wavefront at the camera", example="0.5 1/m"),
        Key("background", "field", "the uneven brightness of the beams, as a smooth function"),
    ),
    losses=("amplitude", "intensity", "poisson", "kullback_leibler", "l1", "huber", "likelihood"),
    regularizers=("total_variation", "l1", "tikhonov", "hessian"),
    methods=("variable_projection", "fista", "levenberg_marquardt", "lbfgs", "fourier_filter"),
    defaults={"loss": "amplitude", "method": "variable_projection", "iterations": 600},
    one_frame=True,
    divides_background=False,
)  # fmt: skip

FOURIER_PTYCHOGRAPHY = SystemSchema(
    system="fourier_ptychography",
    help="Fourier ptychography: many frames, each lit by another diode of a panel, make one sharper picture.",
    classic="alternating projections",
    instrument=(
        Key("wavelength", "length", "vacuum wavelength of the light", required=True, example="630 nm"),
        Key("numerical_aperture", "dimensionless", "of the objective, on the sample's side", required=True,
            example="0.1"),
        Key("pixel_pitch", "length", "distance between the centers of two pixels of a frame, at the sample",
            example="1.845 um"),
        Key("camera_pixel", "length", "distance between the centers of two pixels on the camera", example="3.69 um"),
        Key("magnification", "dimensionless", "from the sample to the camera", example="2.0"),
        Key("led_pitch", "length", "distance between two diodes of a row, or between two rings", example="4 mm"),
        Key("led_rows", "count", "rows of the panel that are lit", low=1, high=1000, example="15"),
        Key("led_columns", "count", "columns of the panel that are lit", low=1, high=1000, example="15"),
        Key("led_rings", "count", "diodes of each ring, from the middle one outwards; each ring begins at +x and goes "
            "towards +y", low=1, high=10_000, many=True, example="[1, 8, 12, 16]"),
        Key("led_distance", "length", "from the panel to the sample", example="90 mm"),
        Key("led_groups", "rows", "which diodes shine at once in each frame, where they are several: a list for each "
            "frame, or a table (CSV) with a line for each; counted from 0 as led_positions or led_order lists them",
            low=0, example="[[0, 3], [1, 4], [2, 5]]"),
        Key("led_positions", "file", "table (CSV) with a line for each frame, or for each diode that led_groups "
            "counts, or the PtyLab file of the frames: where the diode is, x along columns and y along rows, from the "
            "point below the middle of the frame; z is negative below the sample",
            columns=("x", "y", "z"), example="leds.csv"),
        Key("led_order", "text", "in which order the diodes are lit: row by row when left out, or in a spiral from the "
            "middle over +x, +y, -x, -y", choices=("rows", "spiral"),
            example="spiral"),
        Key("led_center", "dimensionless", "row and column, counted from 0, of the diode below the middle of the "
            "frame; the middle of the panel when left out", many=2, example="[7, 7]"),
        Key("array_shift", "length", "of the panel along y and x, from where led_center or led_positions says; none "
            "when left out", many=2, found=True, example='["0.5 mm", "-0.3 mm"]'),
        Key("array_rotation", "angle", "of the panel, from +x towards +y", default=0.0),
        Key("upsampling", "count", "how many times finer the pixels of the picture are; as many as the light of the "
            "panel asks for when left out", low=1, high=64, example="4"),
        Key("defocus", "length", "how far the sample lies behind the plane in focus, along the light", default=0.0),
        Key("glass_thickness", "length", "of a glass slide between panel and sample", low=0.0, default=0.0),
        Key("glass_index", "dimensionless", "refractive index of the slide", low=1.0, high=4.2, default=1.52),
        Key("medium_index", "dimensionless", "refractive index around the sample", default=1.0),
    ),
    one_of=(
        OneOf("the pixels at the sample", (Way(("pixel_pitch",)), Way(("camera_pixel", "magnification")))),
        OneOf("where the diodes are", (
            Way(("led_pitch", "led_rows", "led_columns", "led_distance"), ("led_order", "led_center")),
            Way(("led_pitch", "led_rings", "led_distance")),
            Way(("led_positions",)),
        )),
    ),
    unknown=(
        Key("sample", "field", "the complex transmission of the sample"),
        Key("array_shift", "length", "of the panel along y and x"),
        Key("array_rotation", "angle", "of the panel, from +x towards +y", example="1 deg"),
        Key("array_height", "length", "from the panel to the sample", example="90 mm"),
        Key("led_positions", "field", "what each diode is off its place", told_in="length"),
        Key("led_gains", "field", "the brightness of each diode", told_in="dimensionless"),
        Key("defocus", "length", "how far the sample lies behind the plane in focus, along the light",
            example="50 um"),
        Key("numerical_aperture", "dimensionless", "of the objective, as its pupil shows it", example="0.1"),
        Key("zernike", "count", "aberrations of the pupil as Zernike polynomials: up to which radial order", low=2,
            high=20, example="4", told_in="angle"),
        Key("pupil", "field", "the pupil, free in every pixel"),
        Key("background", "field", "light in each frame that no diode explains"),
    ),
    losses=("amplitude", "intensity", "poisson", "kullback_leibler", "l1", "huber", "likelihood"),
    regularizers=("total_variation", "l1", "tikhonov", "hessian"),
    methods=("adam", "epie", "epry"),
    defaults={"loss": "amplitude", "method": "adam", "iterations": 200},
    tiled=True,
)  # fmt: skip

_STACK_INSTRUMENT = (
    Key("wavelength", "length", "vacuum wavelength of the light; a list with one for each frame where they differ",
        required=True, many=True, example="532 nm"),
    Key("pixel_pitch", "length", "distance between the centers of two pixels, at the sample where a lens stands "
        "between", required=True, example="1.85 um"),
    Key("distances", "length", "from the sample to the camera in each frame, in the order of the frames; one for all "
        "where they are alike; rough values will do if they are unknown below", required=True, many=True,
        example='["250 um", "260 um"]'),
    Key("shifts", "file", "table (CSV) with a line for each frame: where the middle of the camera looked, x along "
        "columns and y along rows; none when left out", columns=("x", "y"), example="track.csv"),
    Key("fill_factor", "dimensionless", "side of a pixel's light-sensitive square over the pitch: it blurs fringes",
        default=1.0, low=0.0, high=1.0, example="0.8"),
    Key("medium_index", "dimensionless", "refractive index between sample and camera", default=1.0),
)  # fmt: skip

_STACK_UNKNOWN = (
    Key("sample", "field", "the complex transmission of the sample"),
    Key("shifts", "field", "where the camera looked in each frame", told_in="length"),
    Key("distances", "length", "from the sample to the camera in each frame", example="250 um"),
    Key("gains", "field", "the brightness of each frame", told_in="dimensionless"),
    Key("affine", "field", "stretch, shear and turn of each frame", told_in="dimensionless"),
    Key("illumination_tilt", "angle", "direction of the beam against the camera's axis, along y and x", many=2,
        example='["1 mrad", "0 mrad"]'),
    Key("background", "field", "the uneven brightness of the beam in each frame, as a smooth function"),
)  # fmt: skip

_ELSEWHERE = (Key("distance", "length", "of a frame that was not recorded", example="400 um", alike="distances"),)

LENSLESS_STACK = SystemSchema(
    system="lensless_stack",
    help="Lensless super-resolution: many in-line holograms, the sensor elsewhere in each, make one finer picture.",
    instrument=(
        *_STACK_INSTRUMENT,
        Key("super_resolution", "dimensionless", "how many times smaller than the camera's the sample's pixels are, "
            "not necessarily whole", default=1.0, low=1.0, high=6.0, example="3"),
    ),
    unknown=_STACK_UNKNOWN,
    losses=("amplitude", "intensity", "poisson", "kullback_leibler", "l1", "huber", "likelihood"),
    regularizers=("total_variation", "l1", "tikhonov", "hessian"),
    methods=("variable_projection", "fista", "levenberg_marquardt", "lbfgs", "gerchberg_saxton"),
    defaults={"loss": "amplitude", "method": "variable_projection", "iterations": 1200},
    simulated=_ELSEWHERE,
)  # fmt: skip

MULTI_HEIGHT = SystemSchema(
    system="multi_height",
    help="Phase retrieval through focus: in-line holograms of one sample at several distances tell its phase.",
    instrument=_STACK_INSTRUMENT,
    unknown=_STACK_UNKNOWN,
    losses=LENSLESS_STACK.losses,
    regularizers=LENSLESS_STACK.regularizers,
    methods=(*LENSLESS_STACK.methods, "transport_of_intensity"),
    defaults=LENSLESS_STACK.defaults,
    simulated=_ELSEWHERE,
)

CODED_LENSLESS = SystemSchema(
    system="coded_lensless",
    help="A camera with a mask or a diffuser for a lens: the scene behind one frame, by the picture of a point.",
    classic="instrument as written",
    instrument=(
        Key("psf", "picture", "what a point of light makes of the same pixels, the measured point-spread function: "
            "read as the frame is, with the same crop; not negative", required=True, example="psf.tif"),
        Key("psf_scale", "dimensionless", "size of the pattern over the measured one: above 1 for a scene that is "
            "nearer than the measured point", default=1.0, low=0.5, high=2.0),
        Key("psf_background", "dimensionless", "level of psf where no light of the point arrives, in its own units",
            default=0.0, low=0.0),
        Key("background", "dimensionless", "light on the sensor that no scene explains, in units of the frame",
            default=0.0, low=0.0),
        Key("pixel_pitch", "length", "distance between the centers of two pixels; it only tells how long the scale "
            "bars are", default=1e-6),
    ),
    unknown=(
        Key("sample", "field", "the irradiance of the scene"),
        Key("psf_scale", "dimensionless", "size of the pattern over the measured one; true: within 10 % of what is "
            "written", low=0.5, high=2.0),
        Key("background", "field", "light on the sensor that no scene explains: read off the darkest part of the frame",
            told_in="dimensionless"),
    ),
    losses=("intensity",),
    regularizers=("total_variation",),
    methods=("variable_projection", "admm"),
    defaults={"loss": "intensity", "method": "variable_projection", "iterations": 300, "held_out": 20},
    one_frame=True,
    divides_background=False,
    takes_background=False,
    holds_out_pixels=True,
)  # fmt: skip
