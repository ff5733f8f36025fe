"""What a run file may say about each system of the catalogue; plain data, readable without JAX."""

from backlight.schema import Key, SystemSchema

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
        Key("illumination_tilt", "angle", "direction of the beam against the camera's axis", example="1 mrad"),
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
