"""Air, whose index changes with temperature and pressure."""

from backlight.light.materials import Material
from backlight.maths.exact import Exact, number
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, Given
from backlight.maths.safe import real_array
from backlight.units import um

ROOM, ATMOSPHERE = 293.15, 101325.0
"""K, Pa: the air that makers of glass compare with."""
_CELSIUS = 273.15
_STANDARD = 288.15


class Air(Material):
    """Dry air with 450 ppm of carbon dioxide (Ciddor, Appl. Opt. 35, 1566 (1996)).

    n − 1 = (n_s − 1) ρ/ρ_s with the refractivity n_s − 1 = k₁/(k₀ − λ⁻²) + k₃/(k₂ − λ⁻²) at 15 °C and 101325 Pa, and
    the density ρ = p/(Z T), where Z is the compressibility of the BIPM's equation of 1991.

    **Arguments:** `temperature`, K; `pressure`, Pa; leaves. Vacuum at 0 Pa.

    Good to a few 1e-8 from 0.3 to 1.69 µm, −40 to 100 °C and 80 to 120 kPa. Water vapor is left out: at 20 °C and half
    of saturation it takes 4e-7 off.

    **Errors:** `InputError` for a temperature that is not positive, or a negative pressure.

    Example:
        >>> from backlight.light import Air
        >>> f"{Air().index(633e-9):.7f}"
        '1.0002718'
    """

    temperature: Exact
    pressure: Exact

    def __init__(self, temperature: Given = ROOM, pressure: Given = ATMOSPHERE):
        self.temperature = number("temperature", temperature, POSITIVE)
        self.pressure = number("pressure", pressure, NOT_NEGATIVE)

    def index(self, wavelength):
        """Return n."""
        wavenumber = (um / real_array(wavelength)) ** 2
        refractivity = 0.05792105 / (238.0185 - wavenumber) + 0.00167917 / (57.362 - wavenumber)
        return 1 + refractivity * (_density(self.temperature, self.pressure) / _density(_STANDARD, ATMOSPHERE))


def _density(temperature: Exact | float, pressure: Exact | float) -> Exact | float:
    """Return p/(Z T) in Pa/K."""
    celsius, ratio = temperature - _CELSIUS, pressure / temperature
    compressibility = 1 - ratio * (1.58123e-6 - 2.9331e-8 * celsius + 1.1043e-10 * celsius**2) + ratio**2 * 1.83e-11
    return ratio / compressibility
