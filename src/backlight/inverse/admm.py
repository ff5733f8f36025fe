"""Alternating directions for an image that the frames see through a convolution."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.regularizers import TotalVariation
from backlight.inverse.solver import Solver

Plane = Float[Array, "y x"]


class Parts(NamedTuple):
    """What the objective asks of an image x: h∗x, its slopes along y and x, and x itself."""

    light: Plane
    slope_y: Plane
    slope_x: Plane
    value: Plane


class ADMMState(NamedTuple):
    """The image within what is known of it, by its path; the image; the scaled duals of its parts."""

    z: Coordinates
    image: Plane
    duals: Parts


class ADMM(Solver):
    """Alternating direction method of multipliers for a convolved image of small total variation.

    argmin L(C(h∗x), y) + β·TV(x) within what is known of x is split into u = h∗x, d = ∇x and v = x (Boyd et al., Found.
    Trends Mach. Learn. 3, 1 (2011); for frames that end, Almeida and Figueiredo, IEEE TIP 22, 3074 (2013)). Each part
    has a closed form: u pixel by pixel, d a threshold, v the projection, and x one division in Fourier space,

        x ← (a|H|² + b(1 − Δ))⁻¹ (a h⋆(u − p) + b(∇ᵀ(d − q) + v − r)),   a = penalty, b = ratio·penalty·‖h‖².

    A gradient step is as short as the brightest frequency of h asks for; a caustic passes most others ten thousand
    times more faintly, and here each frequency has a step of its own. Made for ½ Σ (ŷ − y)²: of another loss u is one
    Newton step.

    **Arguments:**

    - `path`: of the image, a real leaf (y, x) that is its own coordinate; periodic beyond its border.
    - `transfer`: model → H at the frequencies of `rfft2` on the image's grid.
    - `seen`: (model, h∗x) → the frames; a pixel of them depends on one pixel of h∗x.
    - `steps`; `block`: steps per compiled call; `penalty`, `ratio`: scale of a and b, for frames in units of h∗x.
    """

    path: str = eqx.field(static=True)
    transfer: Callable[[Any], Complex[Array, "y f"]] = eqx.field(static=True)
    seen: Callable[[Any, Plane], Float[Array, "frame y x"]] = eqx.field(static=True)
    steps: int = eqx.field(static=True, default=300)
    block: int = eqx.field(static=True, default=20)
    penalty: float = eqx.field(static=True, default=1.0)
    ratio: float = eqx.field(static=True, default=30.0)

    @property
    def keeps_last(self) -> bool:
        """Yes."""
        return True

    def init(self, problem, z):
        """Return the start.

        **Errors:** `InputError` where anything but the image is unknown.
        """
        if tuple(z) != (self.path,):
            raise InputError("ADMM", got=", ".join(z), expected=f"{self.path}, the convolved image, alone",
                             remedy="VariableProjection(image=ADMM(...)) takes care of the others")  # fmt: skip
        image = z[self.path]
        return ADMMState(z, image, Parts(*[jnp.zeros_like(image)] * 4))

    def step(self, problem, state, damping):
        """Take one step; the objective is that of the image before it."""
        model, regularizer = problem.assemble(state.z), _total_variation(problem, self.path)
        weight, aspect = regularizer.weight, regularizer.aspect
        project = problem.unknowns[self.path].project
        transfer = self.transfer(model)
        a = self.penalty / damping
        b = a * self.ratio * jnp.sum(jnp.fft.irfft2(transfer, s=state.image.shape) ** 2)

        def misfit(light: Plane) -> Float[Array, ""]:
            noise = getattr(model, "noise", None)
            return problem.loss(self.seen(model, light), problem.data, problem.weights, noise)

        parts = _parts(state.image, transfer, aspect)
        ahead = Parts(*map(jnp.add, parts, state.duals))
        split = Parts(_newton(misfit, ahead.light, a), *_shrunk(ahead.slope_y, ahead.slope_x, weight / b),
                      project(ahead.value))  # fmt: skip
        duals = Parts(*map(jnp.subtract, ahead, split))
        image = _joined(Parts(*map(jnp.subtract, split, duals)), transfer, aspect, a, b)
        value = misfit(parts.light) + weight * jnp.sum(jnp.sqrt(parts.slope_y**2 + parts.slope_x**2))
        return ADMMState({self.path: project(image)}, image, duals), value

    def coordinates(self, state):
        """Return z."""
        return state.z


def _total_variation(problem: Problem, path: str) -> TotalVariation:
    """Return the regularizer of the image, of weight 0 where there is none."""
    if not any(term.path == path for term in problem.regularizers):
        return TotalVariation(path, 0.0)
    found = problem.proximal(path)
    if not isinstance(found, TotalVariation):
        raise InputError("ADMM", got=f"another regularizer of {path}", expected="total variation alone, or none")
    return found


def _parts(image: Plane, transfer: Complex[Array, "y f"], aspect: tuple[float, float]) -> Parts:
    slopes = [(jnp.roll(image, -1, axis) - image) / aspect[axis] for axis in (0, 1)]
    light = jnp.fft.irfft2(transfer * jnp.fft.rfft2(image), s=image.shape)
    return Parts(light, slopes[0], slopes[1], image)


def _newton(misfit: Callable[[Plane], Array], at: Plane, pull: Array) -> Plane:
    """Return argmin misfit(u) + pull/2 ‖u − at‖² of a misfit that is a parabola in each pixel."""
    slope, bend = jax.jvp(jax.grad(misfit), (at,), (jnp.ones_like(at),))
    return at - slope / (bend + pull)


def _shrunk(y: Plane, x: Plane, threshold: Array) -> tuple[Plane, Plane]:
    """Return the vectors (y, x), shorter by the threshold."""
    size = jnp.sqrt(y**2 + x**2)
    share = jnp.maximum(1 - threshold / jnp.maximum(size, 1e-30), 0)
    return y * share, x * share


def _joined(parts: Parts, transfer: Complex[Array, "y f"], aspect: tuple[float, float], a: Array, b: Array) -> Plane:
    """Return argmin a‖h∗x − light‖² + b‖∇x − slopes‖² + b‖x − value‖²."""
    shape = parts.value.shape
    back = [(jnp.roll(d, 1, axis) - d) / aspect[axis] for axis, d in enumerate((parts.slope_y, parts.slope_x))]
    pulled = b * jnp.fft.rfft2(parts.value + back[0] + back[1])
    pulled += a * jnp.conj(transfer) * jnp.fft.rfft2(parts.light)
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])
    laplace = (2 * np.sin(np.pi * fy) / aspect[0]) ** 2 + (2 * np.sin(np.pi * fx) / aspect[1]) ** 2
    curvature = a * jnp.abs(transfer) ** 2 + b * jnp.asarray(1 + laplace, parts.value.dtype)
    return jnp.fft.irfft2(pulled / curvature, s=shape)
