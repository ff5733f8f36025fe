"""Better glasses for a lens: each tried in turn, the lens made as good as it gets with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.optimize import Design, optimize
from backlight.inverse.unknowns import Unknown
from backlight.light import Glass, Material
from backlight.rays import Lens


class GlassExchange(NamedTuple):
    """What an exchange of glasses found.

    **Attributes:** `design`, the best one, its `model` with the glasses in it; `glasses`, by the number of the surface
    before them; `tried`, how often a lens was made as good as it gets.
    """

    design: Design
    glasses: dict[int, Material]
    tried: int


def exchange_glasses(
    lens: Lens,
    merit: Callable[[Lens], Float[Array, "..."]],
    unknowns: Mapping[str, Unknown],
    candidates: Mapping[int, Sequence[Material]],
    *,
    rounds: int = 2,
    **options: Any,
) -> GlassExchange:
    """Return the best lens of glasses from lists: surface by surface, every candidate in place of the glass behind it.

    A descent by one coordinate at a time, each choice followed by `optimize` from the best lens so far; it ends where a
    round changes nothing. The same lists in the same order give the same lens. Glasses whose formulas have as many
    terms share one compiled program.

    **Arguments:** `merit`, `unknowns`, and `options`: as of `optimize`; `candidates`: number of a surface → materials
    behind it; `rounds`: at most so many.

    **Errors:** `InputError` for a surface that is not there or without a medium of its own, and for an empty list.
    """
    for number, choices in candidates.items():
        there = 0 <= number < len(lens.surfaces) and lens.surfaces[number].medium is not None
        if not there or not choices:
            raise InputError("candidates", got=f"{len(choices)} behind surface {number}",
                             expected="one or more materials behind a surface that has a medium")  # fmt: skip
    glasses = {number: lens.surfaces[number].medium for number in candidates}
    best = optimize(_bare(lens), merit, unknowns, **options)
    tried = 1
    for _ in range(rounds):
        before = dict(glasses)
        for number, choices in candidates.items():
            for choice in choices:
                if choice is glasses[number]:
                    continue
                found = optimize(_behind(best.model, number, _formula(choice)), merit, unknowns, **options)
                tried += 1
                if _rank(found) < _rank(best):
                    best, glasses[number] = found, choice
        if all(glasses[number] is before[number] for number in glasses):
            break
    model = best.model
    for i, surface in enumerate(lens.surfaces):
        model = _behind(model, i, glasses.get(i, surface.medium))
    told: Any = {number: glass for number, glass in glasses.items() if glass is not None}
    return GlassExchange(replace(best, model=model), told, tried)


def _rank(design: Design) -> tuple[bool, float]:
    """Return what designs are sorted by: one that obeys its constraints comes first."""
    return design.status == "infeasible", design.merit


def _bare(lens: Lens) -> Lens:
    """Return the lens with formulas in place of glasses, whose names would each make a program of its own."""
    for i, surface in enumerate(lens.surfaces):
        lens = _behind(lens, i, None if surface.medium is None else _formula(surface.medium))
    return lens


def _formula(material: Material) -> Material:
    return material.dispersion if isinstance(material, Glass) else material


def _behind(lens: Lens, number: int, medium: Material | None) -> Lens:
    """Return the lens with another medium behind a surface."""
    return eqx.tree_at(lambda one: one.surfaces[number].medium, lens, medium, is_leaf=lambda node: node is None)
