"""What has no answer is refused with its reason; what only looks that way has one."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import AbbeGlass, ConstantIndex, Glass, Sellmeier, glass
from backlight.rays import (
    Asphere,
    Conic,
    Lens,
    Surface,
    distortion,
    exit_pupil,
    field_curvature,
    first_order,
    focused,
    gauss_legendre,
    geometric_mtf,
    geometric_psf,
    launch,
    mtf,
    otf,
    psf,
    pupil,
    relative_illumination,
    seidel,
    spot,
    strehl,
    trace,
    wavefront,
    with_f_number,
    with_numerical_aperture,
    with_object_aperture,
)
from backlight.systems.lens_merit import bundles, with_focal_length

MM, LIGHT = 1e-3, 550e-9
pytestmark = pytest.mark.usefixtures("float64", "compiled_quickly")


def singlet():
    rows = [Surface(Conic(51.5 * MM), thickness=5 * MM, medium=ConstantIndex(1.5), stop=True),
            Surface(Conic(-360 * MM), thickness=85.5 * MM, medium=ConstantIndex(1.0)), Surface()]  # fmt: skip
    return Lens(rows, entrance_pupil_diameter=5 * MM)


@pytest.mark.slow
def test_a_pupil_that_is_infinitely_far_away():
    """Telecentric: the sphere is a plane wave; the same wavefront as with the stop a micrometer off, and Strehl's."""

    def lens(off):
        glass, air = ConstantIndex(1.5), ConstantIndex(1.0)
        rows = [Surface(thickness=100 * MM + off, stop=True), Surface(Conic(50 * MM), thickness=5 * MM, medium=glass),
                Surface(thickness=96.667 * MM, medium=air), Surface()]  # fmt: skip
        return Lens(rows, entrance_pupil_diameter=10 * MM)

    exact, near = (wavefront(lens(off), (0.0, 0.0), LIGHT) for off in (0.0, 1e-7))
    assert float(exact.rms) > 0.05
    np.testing.assert_allclose(exact.opd, near.opd, rtol=0, atol=1e-5 * float(exact.rms))
    light = exit_pupil(lens(0.0), (0.0, 0.0), LIGHT)
    np.testing.assert_allclose(exact.opd, light.opd, rtol=0, atol=1e-3 * float(exact.rms))


@pytest.mark.slow
def test_a_lens_that_passes_the_chief_ray_alone_is_told():
    narrow = eqx.tree_at(lambda one: one.surfaces[0].semi_diameter, singlet(), jnp.asarray(0.1 * MM),
                         is_leaf=lambda leaf: leaf is None)  # fmt: skip
    for look in (spot, wavefront, strehl, exit_pupil):
        with pytest.raises(InputError, match=r"the chief ray alone; \d+ of the others clipped at surface 0"):
            look(narrow, (0.0, 0.0), LIGHT)
    half = eqx.tree_at(lambda one: one.surfaces[0].semi_diameter, singlet(), singlet().entrance_pupil_diameter / 8**0.5,
                       is_leaf=lambda leaf: leaf is None)  # fmt: skip
    assert float(spot(half, (0.0, 0.0), LIGHT, rule=gauss_legendre(40, 12)).passed) == pytest.approx(0.5, abs=0.02)


DARK = {
    "psf": lambda lens: psf(lens, (0.0, 0.0), LIGHT, (8, 8), 1e-6, rule=gauss_legendre()),
    "focused": lambda lens: focused(lens, (0.0, 0.0), LIGHT, (8, 8), 1e-6),
    "strehl": lambda lens: strehl(lens, (0.0, 0.0), LIGHT),
    "pupil": lambda lens: pupil(lens, (0.0, 0.0), LIGHT, center=(0.0, 0.0)),
    "otf": lambda lens: mtf(lens, (0.0, 0.0), LIGHT, [1e4]),
    "geometric_psf": lambda lens: geometric_psf(lens, (0.0, 0.0), LIGHT, (8, 8), 1e-6),
    "geometric_otf": lambda lens: geometric_mtf(lens, (0.0, 0.0), LIGHT, [1e4]),
}


@pytest.mark.parametrize("name", DARK)
def test_a_picture_of_no_light_is_refused_by_name(name):
    """A rim so narrow that the chief ray alone passes: all is dark, or there is a sample at most."""
    blind = eqx.tree_at(lambda one: one.surfaces[0].semi_diameter, singlet(), jnp.asarray(1e-9),
                        is_leaf=lambda leaf: leaf is None)  # fmt: skip
    told = r"the chief ray alone; \d+ .* at surface 0|\d\.\d open samples"
    with pytest.raises(InputError, match=rf"^{name}\n  got: +({told})"):
        DARK[name](blind)


def test_fields_are_refused_where_chief_rays_do_not_go():
    for look in (distortion, field_curvature, relative_illumination):
        with pytest.raises(InputError, match="radians"):
            look(singlet(), [0.0, 14.0], LIGHT)
    with pytest.raises(InputError, match="radians"):
        seidel(singlet(), 14.0, LIGHT)
    narrow = eqx.tree_at(lambda one: one.surfaces[1].semi_diameter, singlet(), jnp.asarray(0.5 * MM),
                         is_leaf=lambda leaf: leaf is None)  # fmt: skip
    for look in (distortion, field_curvature):
        with pytest.raises(InputError, match=r"at the field 0\.3\n  got: +a chief ray that is clipped at surface 1"):
            look(narrow, [0.0, 0.3], LIGHT)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (lambda lens: spot(lens, [0.1], LIGHT), "two numbers"),
        (lambda lens: spot(lens, (0.0, 0.0, 0.0), LIGHT), "two numbers"),
        (lambda lens: otf(lens, (0.0, 0.0), LIGHT, [1e3, 2e3]), r"\(2, n\)"),
        (lambda lens: mtf(lens, (0.0, 0.0), [LIGHT, 2 * LIGHT], [1e3], weights=[1.0, -1.0]), "0 and more"),
        (lambda lens: psf(lens, (0.0, 0.0), [LIGHT], (8, 8), 1e-6, weights=[0.0]), "0 and more"),
        (lambda lens: with_f_number(lens, -4.0, LIGHT), "> 0"),
        (lambda lens: with_f_number(lens, 0.0, LIGHT), "> 0"),
        (lambda lens: with_numerical_aperture(lens, 1.5, LIGHT), "between 0 and 1"),
        (lambda lens: with_focal_length(lens, 0.0, LIGHT), "other than 0"),
        (lambda lens: bundles(lens, np.array([0.0, 0.1]), LIGHT), r"\(fields, 2\)"),
        (lambda lens: Asphere(1.0, 0.0, [1.0], [1]), "whole number"),
    ],
)
def test_plain_mistakes_end_in_sentences(look, words):
    with pytest.raises(InputError, match=words):
        look(singlet())


def test_rays_of_32_bits_go_through_in_64():
    with jax.enable_x64(False):
        rays = launch(singlet(), (0.0, 0.0), gauss_legendre(2, 4).points, LIGHT)
        assert rays.position.dtype == np.float32
    found = trace(singlet(), rays)
    assert found.position.dtype == found.path.dtype == np.float64
    wanted = trace(singlet(), launch(singlet(), (0.0, 0.0), gauss_legendre(2, 4).points, LIGHT))
    np.testing.assert_allclose(found.position, wanted.position, atol=1e-8)


@pytest.mark.parametrize(("wrong", "words"), [(0.0, "> 0"), (-LIGHT, "> 0"), (np.nan, "> 0"), (50e-6, "N-BK7")])
def test_wavelengths_without_an_index_are_refused(wrong, words):
    lens = Lens([Surface(Conic(50 * MM), thickness=5 * MM, medium=glass("N-BK7"), stop=True),
                 Surface(thickness=90 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=5 * MM)  # fmt: skip
    for look in (lambda: first_order(lens, wrong), lambda: spot(lens, (0.0, 0.0), wrong)):
        with pytest.raises(InputError, match=words):
            look()
    if wrong > 0:
        assert np.isnan(float(jax.jit(lambda w: first_order(lens, w).efl)(wrong)))


def test_what_is_no_lens_and_no_field_is_refused():
    with pytest.raises(InputError, match=r"(?s)radians.*deg2rad"):
        spot(singlet(), (14.0, 0.0), LIGHT)
    with pytest.raises(InputError, match="medium behind surface 0"):
        first_order(Lens([Surface(Conic(50 * MM), medium=Sellmeier([-5.0], [0.0]), stop=True), Surface()],
                         entrance_pupil_diameter=1 * MM), LIGHT)  # fmt: skip
    with pytest.raises(InputError, match="one surface"):
        first_order(Lens([Surface(stop=True)], entrance_pupil_diameter=1 * MM), LIGHT)
    for given in ({"entrance_pupil_diameter": -1.0}, {"entrance_pupil_diameter": 0.0}, {"object_distance": 0.0}):
        with pytest.raises(InputError, match=r"> 0|other than 0"):
            Lens([Surface(stop=True), Surface()], **given)
    with pytest.raises(InputError, match="≥ 1"):
        AbbeGlass(0.2, 60.0)


def test_a_lens_that_is_telecentric_on_the_side_of_the_object_is_told():
    """The stop in the rear focus: its image is nowhere. A micrometer away from there rays can be aimed."""

    def lens(off):
        rows = [Surface(Conic(50 * MM), thickness=5 * MM, medium=ConstantIndex(1.5)),
                Surface(thickness=290 / 3 * MM + off, medium=ConstantIndex(1.0)),
                Surface(thickness=100 * MM, stop=True), Surface()]  # fmt: skip
        return Lens(rows, entrance_pupil_diameter=1 * MM, object_distance=200 * MM)

    with pytest.raises(InputError, match=r"(?s)telecentric.*micrometer"):
        spot(lens(0.0), (0.0, 0.0), LIGHT)
    near = with_object_aperture(lens(1e-6), 0.02, LIGHT)
    assert 1e-6 < float(spot(near, (1 * MM, 0.0), LIGHT).rms) < 1e-4


@pytest.mark.parametrize("look", [lambda x, lens: spot(lens, (x, 0.0), LIGHT).rms,
                                  lambda x, lens: wavefront(lens, (x, 0.0), LIGHT).rms,
                                  lambda x, lens: x * first_order(lens, LIGHT).efl])  # fmt: skip
def test_a_lens_that_is_known_is_looked_at_in_a_traced_program_too(look):
    lens = singlet()
    assert float(jax.jit(lambda x: look(x, lens))(0.01)) == pytest.approx(float(look(0.01, lens)), rel=1e-9)
    with pytest.raises(InputError, match="N-BK7"):
        jax.jit(lambda x: look(x, of_glass()))(0.01)


def of_glass():
    return Lens([Surface(Conic(50 * MM), thickness=5 * MM, medium=Glass(ConstantIndex(1.5), wavelengths=(1e-6, 2e-6),
                                                                        name="N-BK7"), stop=True),
                 Surface(thickness=90 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=5 * MM)  # fmt: skip


def test_radii_may_be_traced():
    assert float(jax.jit(lambda r: Conic(r).curvature)(0.05)) == pytest.approx(20.0)


@pytest.mark.slow
def test_second_derivatives_stand_beside_rays_that_are_lost():
    """Half of the rays are totally reflected; reverse over reverse is forward over reverse."""

    def merit(c):
        lens = Lens([Surface(Conic(30 * MM), thickness=8 * MM, medium=ConstantIndex(1.8), stop=True),
                     Surface(eqx.tree_at(lambda p: p.curvature, Conic(), c), thickness=20 * MM,
                             medium=ConstantIndex(1.0)), Surface()],
                    entrance_pupil_diameter=12 * MM)  # fmt: skip
        end = trace(lens, launch(lens, (0.0, 0.0), gauss_legendre(2, 8).points, LIGHT))
        return jnp.sum(jnp.where(end.alive, jnp.sum(end.position[1:] ** 2, axis=0), 0.0)) / MM**2, end.alive

    value = lambda c: merit(c)[0]  # noqa: E731
    at = jnp.asarray(-1 / (9 * MM))
    assert 0 < int(jnp.sum(merit(at)[1])) < 16
    for c in (at, jnp.asarray(-1 / (4 * MM))):  # the outer rays miss the second one
        forward, reverse = jax.jacfwd(jax.grad(value))(c), jax.jacrev(jax.grad(value))(c)
        assert float(reverse) == pytest.approx(float(forward), rel=1e-9)
        assert np.isfinite(forward)


def test_all_light_lost_in_a_traced_program_is_no_perfect_image():
    blind = eqx.tree_at(lambda one: one.surfaces[0].semi_diameter, singlet(), jnp.asarray(1e-9),
                        is_leaf=lambda leaf: leaf is None)  # fmt: skip
    for look in (spot, wavefront):
        assert np.isnan(float(jax.jit(lambda lens, look=look: look(lens, (0.0, 0.0), LIGHT).rms)(blind)))


def test_a_telecentric_lens_has_derivatives():
    def rms(off, c):
        rows = [Surface(thickness=1.0 + off, stop=True),
                Surface(eqx.tree_at(lambda p: p.curvature, Conic(), c), thickness=1.5 / (0.5 * 2.0),
                        medium=ConstantIndex(1.5)), Surface()]  # fmt: skip
        return wavefront(Lens(rows, entrance_pupil_diameter=20 * MM), (0.0, 0.0), LIGHT).rms

    exact, near = (float(jax.grad(lambda c, off=off: rms(off, c))(jnp.asarray(2.0))) for off in (0.0, 1e-7))
    assert exact == pytest.approx(near, rel=1e-3)
