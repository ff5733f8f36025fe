"""Rays through a Cooke triplet, traced and differentiated, beside Optiland; JSON out.

Run: python benchmarks/rays.py [--rays 100000 --rays 1000000] [--repeats 5] [--single] [--json FILE]

One task for both: rays of 3 fields and 3 wavelengths, so many each, from before the lens to its image, with their
optical paths; `gradient` is that of the mean RMS spot about the chief ray by all numbers of the lens (by curvatures for
Optiland). Optiland 0.6.3 with PyTorch
2.13.0 takes part where it is installed (`pip install optiland==0.6.3 torch==2.13.0`). Interleaved in one process, least
time of all repeats. `memory` is what the compiled gradient needs beside the rays, for each ray and surface; `design`,
the time to within 5 % of the best spots from curvatures that are 2 % off, once compiled.
"""

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from reporting import publish

from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.optimize import optimize
from backlight.inverse.tree import set_leaves
from backlight.inverse.unknowns import Free
from backlight.light import ConstantIndex, Rays
from backlight.rays import Conic, Lens, Surface, first_order, gauss_legendre, launch, sum_over_rays, trace

MM = 1e-3
RADII = (22.01359, -435.76044, -22.21328, 20.29192, 79.68360, -18.39533)
DISTANCES = (3.25896, 6.00755, 0.99997, 4.75041, 2.95208, 42.20778)
INDICES = (1.62041, 1.0, 1.62004, 1.0, 1.62041, 1.0)
STOP, DIAMETER = 3, 10.0
ANGLES, WAVELENGTHS = (0.0, 14.0, 20.0), (0.48e-6, 0.55e-6, 0.65e-6)
CURVATURES = [f"surfaces.{i}.profile.curvature" for i in range(6)]
SURFACES = len(RADII) + 1
LIMITS = {"forward": 6.0, "gradient": 4.0, "memory": 64.0, "design": 0.05, "compile": 3.0}
"""How much faster than Optiland at least; bytes for each ray and surface, and seconds, at most."""


def triplet() -> Lens:
    rows = [
        Surface(Conic(r * MM), thickness=t * MM, medium=ConstantIndex(n), stop=i == STOP)
        for i, (r, t, n) in enumerate(zip(RADII, DISTANCES, INDICES, strict=True))
    ]
    return Lens([*rows, Surface()], entrance_pupil_diameter=DIAMETER * MM)


def pupil(count: int) -> np.ndarray:
    """Return points of the pupil at random, the first one its middle."""
    rng = np.random.default_rng(0)
    radius, angle = np.sqrt(rng.uniform(size=count)), rng.uniform(0, 2 * np.pi, count)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)])
    points[:, 0] = 0
    return points


def bundles(lens: Lens, points: np.ndarray) -> Rays:
    """Return rays of all fields and colors, (3, 9, n)."""
    sent = [launch(lens, np.deg2rad([angle, 0.0]), points, 0.55e-6) for angle in ANGLES]
    place, way = (jnp.repeat(jnp.stack([getattr(s, name) for s in sent], axis=1), len(WAVELENGTHS), axis=1)
                  for name in ("position", "direction"))  # fmt: skip
    return Rays(place, way, jnp.tile(jnp.asarray(WAVELENGTHS), len(ANGLES))[:, None])


def mean_spot(lens: Lens, rays: Rays) -> jax.Array:
    """Return the mean over the bundles of the RMS spot about the chief ray, mm."""

    def one(bundle: Any) -> jax.Array:
        place, way, color = bundle

        def squares(told: tuple, rays: Rays) -> jax.Array:
            lens, *chief = told  # goes along with each group: one trace, which compiles in half the time of two
            vectors = zip(chief, (rays.position, rays.direction), strict=True)
            end = trace(lens, Rays(*(jnp.concatenate(pair, axis=1) for pair in vectors), color)).position[1:]
            off = (end[:, 1:] - end[:, :1]) / MM
            return jnp.sum(jnp.where(rays.alive, off[0] ** 2 + off[1] ** 2, 0.0))

        told = lens, place[:, :1], way[:, :1]
        return jnp.sqrt(sum_over_rays(squares, told, Rays(place, way, color)) / place.shape[1])

    axes = jnp.moveaxis(rays.position, 1, 0), jnp.moveaxis(rays.direction, 1, 0), rays.wavelength
    return jnp.mean(jax.lax.map(one, axes))


@jax.jit
def ends(lens: Lens, rays: Rays) -> tuple[jax.Array, ...]:
    """Return where rays end along one axis, their paths and what became of them: what is kept of the other's too."""
    found = trace(lens, rays)
    return found.position[2], found.path, found.status


def ours(count: int) -> tuple[dict[str, Callable[[], object]], dict[str, float]]:
    """Return the compiled tasks, and what compiling took and needs."""
    lens = triplet()
    rays = jax.jit(bundles)(lens, pupil(count))
    rays = eqx.tree_at(lambda r: r.wavelength, rays, jnp.broadcast_to(rays.wavelength, (9, 1)))
    start, told = jax.tree.map(jnp.asarray, lens), {}
    free, fixed = eqx.partition(start, eqx.is_inexact_array)
    slope = jax.jit(jax.grad(lambda free, rays: mean_spot(eqx.combine(free, fixed), rays)))
    begin = time.perf_counter()
    compiled = slope.lower(free, rays).compile()
    told["compile_seconds"] = time.perf_counter() - begin
    needed = compiled.memory_analysis()
    told["bytes_per_ray_and_surface"] = (needed.temp_size_in_bytes + needed.output_size_in_bytes) / (
        9 * count * SURFACES
    )
    tasks = {
        "forward": lambda: jax.block_until_ready(ends(start, rays)),
        "gradient": lambda: jax.block_until_ready(compiled(free, rays)),
    }
    return tasks, told


def with_optiland(count: int, single: bool) -> dict[str, Callable[[], object]]:
    """Return the tasks as Optiland does them with PyTorch."""
    warnings.simplefilter("ignore")
    import optiland.backend as backend
    import torch
    from optiland.materials import IdealMaterial
    from optiland.optic import Optic
    from optiland.rays import RealRays

    backend.set_backend("torch")
    backend.set_device("cpu")
    backend.set_precision("float32" if single else "float64")
    dtype = torch.float32 if single else torch.float64
    optic = Optic()
    optic.add_surface(index=0, thickness=np.inf)
    for i, (r, t, n) in enumerate(zip(RADII, DISTANCES, INDICES, strict=True), 1):
        optic.add_surface(index=i, radius=r, thickness=t, material=IdealMaterial(n=n), is_stop=i == STOP + 1)
    optic.add_surface(index=SURFACES)
    optic.set_aperture("EPD", DIAMETER)
    rays = bundles(triplet(), pupil(count))
    numbers = [torch.as_tensor(np.asarray(x), dtype=dtype) for x in (rays.position / MM, rays.direction)]
    curvatures = torch.tensor([1 / r for r in RADII], dtype=dtype, requires_grad=True)

    def traced(bundle: int) -> Any:
        place, way = (x[:, bundle] for x in numbers)
        color = torch.full((count,), WAVELENGTHS[bundle % 3] * 1e6, dtype=dtype)
        sent = RealRays(place[2].clone(), place[1].clone(), place[0].clone(), way[2].clone(), way[1].clone(),
                        way[0].clone(), torch.ones_like(color), color)  # fmt: skip
        optic.surfaces.trace(sent)
        return sent

    def forward() -> object:
        with torch.no_grad():
            return [(end.x, end.opd, end.i) for end in map(traced, range(9))]

    def gradient() -> object:
        for i in range(6):
            optic.surfaces[i + 1].geometry.radius = 1 / curvatures[i]
        spots = []
        for i in range(9):
            end = traced(i)
            spots.append(torch.sqrt(torch.mean((end.x - end.x[0]) ** 2 + (end.y - end.y[0]) ** 2)))
        curvatures.grad = None
        torch.stack(spots).mean().backward()
        return curvatures.grad

    return {"forward": forward, "gradient": gradient}


def measure(count: int, single: bool, repeats: int) -> dict[str, Any]:
    """Return speeds in millions of ray and surfaces a second, and ratios."""
    tasks, told = ours(count)
    candidates = {"backlight": tasks}
    if importlib.util.find_spec("optiland") and importlib.util.find_spec("torch"):
        candidates["optiland"] = with_optiland(count, single)
    best = {name: dict.fromkeys(tasks, np.inf) for name in candidates}
    results: dict[str, Any] = {}
    for turn in range(repeats + 1):
        for name, own in candidates.items():
            for task, run in own.items():
                begin = time.perf_counter()
                results[name, task] = run()
                if turn:  # the first one compiles
                    best[name][task] = min(best[name][task], time.perf_counter() - begin)
    report = {"rays": [9, count], "bits": 32 if single else 64, **told,
              "millions_a_second": {name: {task: 9 * count * SURFACES / seconds / 1e6 for task, seconds in own.items()}
                                    for name, own in best.items()}}  # fmt: skip
    if "optiland" in candidates:
        report["ratio"] = {task: best["optiland"][task] / best["backlight"][task] for task in tasks}
        report["agreement"] = agreement(results)
    return report


def agreement(results: dict[Any, Any]) -> float:
    """Return the largest relative difference of the two gradients by the curvatures: they do the same task."""
    found = results["backlight", "gradient"]
    mine = np.array([float(s.profile.curvature) for s in found.surfaces[:6]]) / MM
    theirs = np.asarray(results["optiland", "gradient"].detach())
    return float(np.max(np.abs(mine - theirs)) / np.max(np.abs(theirs)))


def design(repeats: int) -> dict[str, float]:
    """Return the seconds that a search takes to within 5 % of the best spots from curvatures that are 2 % off."""
    lens, rule = triplet(), gauss_legendre(4, 8)
    points = np.concatenate([np.zeros((2, 1)), rule.points], axis=1)
    with jax.enable_x64(True):
        rays = bundles(lens, points)
        place, way, color = (np.asarray(x) for x in (rays.position, rays.direction, rays.wavelength))

    def merit(lens: Lens) -> jax.Array:
        ends = trace(lens, Rays(place, way, color)).position[1:]
        off = (ends[..., 1:] - ends[..., :1]) * np.sqrt(rule.weights / 9)
        focal_length = first_order(lens, 0.55e-6).efl
        return jnp.concatenate([jnp.ravel(off), (focal_length - 50 * MM)[None]]) / 1e-6

    table = {path: Free() for path in CURVATURES}
    best = optimize(lens, merit, table, solver=LevenbergMarquardt(steps=10, inner=10)).merit
    rng, seconds, merits = np.random.default_rng(0), [], []
    for _ in range(repeats + 1):
        bent = {path: np.asarray(s.profile.curvature * (1 + 0.02 * rng.uniform(-1, 1)))
                for path, s in zip(CURVATURES, lens.surfaces, strict=False)}  # fmt: skip
        begin = time.perf_counter()
        found = optimize(set_leaves(lens, bent), merit, table, solver=LevenbergMarquardt(steps=1, inner=12))
        seconds.append(time.perf_counter() - begin)
        merits.append(found.merit)
    return {"first": seconds[0], "least": min(seconds[1:]), "worst_merit_over_best": float(np.max(merits) / best)}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rays", type=int, action="append", help="rays of each field and color")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--single", action="store_true", help="32 bits; 64 where left out")
    parser.add_argument("--json", help="also write the numbers to this file")
    options = parser.parse_args(arguments)
    with jax.enable_x64(not options.single):
        results = [measure(n, options.single, options.repeats) for n in options.rays or (100_000, 1_000_000)]
    return publish({"results": results, "design_seconds": design(options.repeats), "limits": LIMITS}, options.json)


if __name__ == "__main__":
    main()
