"""Run every closed form in both precisions and write docs/validation.md with its plots. Run: python docs/validation.py

Errors stand on the page with one digit: what differs from machine to machine is in the others.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

DOCS = Path(__file__).resolve().parent
TESTS = DOCS.parent / "tests"
sys.path[:0] = [str(TESTS / "physics"), str(TESTS / "contract")]  # before this folder, whose name is `validation` too

from counts import all_gradient_checks  # noqa: E402
from validation import PRECISIONS, ClosedForm, Curve, all_forms  # noqa: E402

from backlight.report.figures import BLUE, ORANGE, STYLE  # noqa: E402

FAMILIES = {
    1: "Circular aperture, on the axis",
    2: "Disc and hole: Poisson's spot, Babinet's principle",
    3: "Focus of a lens: Airy pattern, annular aperture",
    4: "Straight edges in the near field",
    5: "Beams that keep their shape",
    6: "Plane waves: tilted, evanescent, forth and back",
    7: "Talbot effect",
    8: "Off the axis: shifted windows, carriers, chirp-z",
    9: "Rotated planes",
    10: "Energy",
    11: "Spherical waves",
    12: "Gratings and the 4f system",
    13: "Cut-offs and partial coherence",
    14: "Focus at high aperture",
    15: "Scattering and refraction",
    16: "Sensor",
    17: "Slopes",
    18: "No inverse crime",
}
ELSEWHERE = {
    1: ("tests/physics/test_free_space.py",),
    6: ("tests/physics/test_free_space.py", "tests/physics/test_float32.py"),
    7: ("examples/talbot_carpet.py",),
    8: ("tests/physics/test_free_space.py",),
    10: ("tests/physics/test_free_space.py", "tests/contract/test_contract.py"),
    11: ("tests/physics/test_free_space.py",),
    15: ("tests/wave/test_samples.py", "tests/real/test_spheres.py", "tests/physics/test_mie.py"),
    16: ("tests/physics/test_sensor.py", "tests/camera/test_camera.py"),
    17: ("tests/contract/test_contract.py", "tests/physics/test_float32.py", "tests/maths/test_safe.py"),
    18: ("tests/systems/test_inline_holography.py",),
}
"""Files that hold more of a family than its closed forms."""

HEAD = """\
# Validation

What the wave engine computes, beside closed forms and independent methods. `python docs/validation.py` writes this page
and its plots. Each line is also a test (`tests/physics/test_validation.py`): the page cannot promise what the tests do
not hold. λ is 532 nm where nothing else is said. An error is relative to the size of what is compared unless its line
says what it counts, and rounded to one digit; in brackets what is allowed.

{forms} closed forms, each in single and in double precision; {slopes} comparisons of derivatives in the contract suite.

![The Talbot carpet](images/talbot_carpet.png)

Light behind a grating up to its first picture, and its 27th, where the paraxial length would be half a picture off
(`python examples/talbot_carpet.py FOLDER`).
"""

Told = Callable[[ClosedForm, str], str]


def number(x: float, digits: int = 1) -> str:
    """Write a number with few digits: 0.03, 4·10⁻⁷."""
    if x == 0 or 1e-2 <= abs(x) < 1e3:
        return f"{x:.{digits}g}".replace("-", "−")
    mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
    mantissa = mantissa.removesuffix(".0").replace("-", "−")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{power}" if mantissa == "1" else f"{mantissa}·10{power}"


def page(forms: list[ClosedForm], told: Told) -> str:
    """Return the page; `told`: form, precision → its error in words."""
    sections = [section(family, [form for form in forms if form.number == family], told) for family in FAMILIES]
    return HEAD.format(forms=len(forms), slopes=all_gradient_checks()) + "".join(sections)


def section(family: int, forms: list[ClosedForm], told: Told) -> str:
    """Return the table of one family, the files that hold more of it, and its plots."""
    parts = [f"\n## {family}. {FAMILIES[family]}\n"]
    if forms:
        head = ["| result | after | float32 | float64 | why this much |", "|---|---|---|---|---|"]
        parts.append("\n".join([*head, *(row(form, told) for form in forms)]) + "\n")
    if family in ELSEWHERE:
        files = ", ".join(f"[{Path(file).name}](../{file})" for file in ELSEWHERE[family])
        parts.append(f"{'More' if forms else 'Held'} in {files}.\n")
    parts += [f"![{form.title}](images/{picture(form)})\n" for form in forms if form.curve]
    return "\n".join(parts)


def row(form: ClosedForm, told: Told) -> str:
    """Return the line of a form."""
    errors = [f"{told(form, precision)} (≤ {number(form.tolerance[precision], 2)})" for precision in PRECISIONS]
    cells = (form.title, form.source, *errors, form.why)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def picture(form: ClosedForm) -> str:
    """Return the file name of a form's plot."""
    return f"validation_{form.name.replace('-', '_')}.png"


def draw(curve: Curve, path: Path) -> None:
    """Plot the closed form as a line and what the library computes as dots."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(4.2, 2.5), layout="constrained")
        axis = figure.subplots()
        axis.plot(curve.x, curve.expected, color=ORANGE, linewidth=1.2, label="closed form")
        every = max(len(np.ravel(curve.x)) // 60, 1)
        axis.plot(curve.x, curve.got, ".", color=BLUE, markersize=4, markevery=every, label="Backlight, float32")
        axis.set(xlabel=curve.label_x, ylabel=curve.label_y)
        axis.legend(frameon=False)
        figure.savefig(path, dpi=120, metadata={"Software": None})


def measured(form: ClosedForm, precision: str) -> float:
    """Run a form; refuse an error that is not allowed."""
    with jax.enable_x64(precision == "float64"):
        error = float(form.measure())
    print(f"{form.number:2d} {precision} {error:9.1e}  {form.title}", flush=True)
    if not error <= form.tolerance[precision]:
        raise SystemExit(
            f"{form.title}, {precision}: {error:.3g} is not ≤ {form.tolerance[precision]:g}; no page written"
        )
    return error


def main() -> None:
    """Measure, then write page and plots, and delete plots that no form has any more."""
    forms = all_forms()
    errors = {(form.name, precision): measured(form, precision) for form in forms for precision in PRECISIONS}
    plotted = {picture(form): form.curve for form in forms if form.curve}
    for name, curve in plotted.items():
        draw(curve(), DOCS / "images" / name)
    for stale in set((DOCS / "images").glob("validation_*.png")) - {DOCS / "images" / name for name in plotted}:
        stale.unlink()
    text = page(forms, lambda form, precision: number(errors[form.name, precision]))
    (DOCS / "validation.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
