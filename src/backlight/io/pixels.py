"""Look at the pixels before anything is computed from them: what cannot be right stops, what is odd is said."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backlight.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Full scale of common cameras, also shifted to the top of 16 bits as many drivers do.
_FULL_SCALES = (255, 1023, 4095, 16383, 65535, 1023 << 6, 4095 << 4, 16383 << 2)
_SHOW = 6


def check_pixels(
    frames: "np.ndarray",
    names: Sequence[str],
    *,
    quantity: str = "intensity",
    role: str = "frames",
    saturation: float | None = None,
    ignore: "np.ndarray | None" = None,
) -> tuple[list[str], float | None]:
    """Check raw frames (frame, y, x).

    **Arguments:** `names`, one a frame; `role`, `"frames"`, `"background"` (which may be constant) or `"picture"`
    (which may have points brighter than all around); `saturation`, the level from which a pixel is saturated, guessed
    for integers; `ignore`, pixels (y, x) that do not count.

    **Returns** warnings, and the saturation level in use. **Raises** `InputError` for NaN, infinities, dark or constant
    data, and numbers that are no intensities.
    """
    seen = frames if ignore is None else _without(frames, ignore)
    _refuse_non_finite(seen, names)
    low, high = seen.min(axis=(1, 2)), seen.max(axis=(1, 2))
    warnings = _flat(low, high, names, role)
    warnings += _negative(seen, low, high, names, quantity)
    level = saturation if saturation is not None else _full_scale(seen, float(high.max()))
    warnings += _saturated(seen, level, guessed=saturation is None) if level is not None else []
    warnings += _wrapped(seen, low, high)
    return warnings + ([] if role == "picture" else _hot(seen, ignore)), level


def _without(frames: "np.ndarray", ignore: "np.ndarray") -> "np.ndarray":
    """Give ignored pixels the value of a pixel that counts, so that they change no extreme and no mean much."""
    out = frames.copy()
    y, x = _first_counted(ignore)
    out[:, ignore] = frames[:, y, x][:, None]
    return out


def _first_counted(ignore: "np.ndarray") -> tuple[int, int]:
    import numpy as np

    counted = np.argwhere(~ignore)
    if not len(counted):
        raise InputError("mask", got="every pixel ignored", expected="pixels that count",
                         remedy="the mask is nonzero where pixels must be ignored")  # fmt: skip
    return int(counted[0][0]), int(counted[0][1])


def _refuse_non_finite(frames: "np.ndarray", names: Sequence[str]) -> None:
    import numpy as np

    if frames.dtype.kind != "f":
        return
    bad = frames.shape[1] * frames.shape[2] - np.isfinite(frames).sum(axis=(1, 2))
    if bad.any():
        worst = int(bad.argmax())
        whole = ", the whole frame" if bad[worst] == frames[0].size else ""
        got = f"NaN or infinite pixels in {_some(bad > 0)}: {int(bad[worst]):,} in frame {worst}{whole}"
        raise InputError(names[worst], got=got, expected="finite pixels",
                         remedy="drop those frames, crop, or mark the pixels in a mask")  # fmt: skip


def _some(flags: "np.ndarray") -> str:
    """Write frame numbers: `frame 3`, `frames 0, 1, 2 and 7 more`."""
    indices = [int(i) for i in flags.nonzero()[0]]
    shown = ", ".join(map(str, indices[:_SHOW]))
    more = f" and {len(indices) - _SHOW} more" if len(indices) > _SHOW else ""
    return f"frame{'s' if len(indices) > 1 else ''} {shown}{more}"


def _flat(low: "np.ndarray", high: "np.ndarray", names: Sequence[str], role: str) -> list[str]:
    flat = low == high
    if not flat.any():
        return []
    first = int(flat.argmax())
    what = "all-zero" if high[first] == 0 else f"constant ({high[first]:g})"
    if (role != "background" and flat.all()) or (role == "background" and (high == 0).any()):
        raise InputError(names[first], got=f"{what} pixels in {_some(flat)}", expected="a picture with light in it",
                         remedy="check exposure, trigger and file")  # fmt: skip
    return [f"{_some(flat)}: {what} pixels, which tell nothing"]


def _negative(
    frames: "np.ndarray", low: "np.ndarray", high: "np.ndarray", names: Sequence[str], quantity: str
) -> list[str]:
    if frames.dtype.kind == "u" or not (low < 0).any():
        return []
    worst = int(low.argmin())
    share = float((frames < 0).mean())
    got = f"{share:.2%} negative pixels, down to {low[worst]:g} (largest {high[worst]:g})"
    if quantity == "amplitude" or share > 0.2 or -low[worst] > high[worst]:
        remedy = "give raw counts: not phase, not mean-subtracted, not logarithms"
        raise InputError(names[worst], got=got, expected=f"an {quantity}", remedy=remedy)
    return [f"{got} in {_some(low < 0)}: left by a background subtraction? Amplitude losses count them as 0"]


def _full_scale(frames: "np.ndarray", top: float) -> float | None:
    """Guess the level of saturation of integer data: a camera's full scale that is reached."""
    return top if frames.dtype.kind in "iu" and top in _FULL_SCALES else None


def _saturated(frames: "np.ndarray", level: float, guessed: bool) -> list[str]:
    at = frames.dtype.type(level) if frames.dtype.kind in "iu" and level == int(level) else level  # no float64 copy
    share = (frames >= at).mean(axis=(1, 2))
    some = share > (1e-4 if guessed else 0)
    if not some.any():
        return []
    worst = int(share.argmax())
    return [f"{_some(some)}: up to {share[worst]:.2%} of the pixels saturated (at {level:g}, frame {worst}); "
            "give the saturation level if the camera has another"]  # fmt: skip


def _wrapped(frames: "np.ndarray", low: "np.ndarray", high: "np.ndarray") -> list[str]:
    """Notice unsigned numbers that went below zero: many near the top, many near 0, none between."""
    import numpy as np

    if frames.dtype.kind != "u":
        return []
    top = int(np.iinfo(frames.dtype).max)
    limit, wrapped = top - top // 50, np.zeros(len(frames), bool)
    worst = 0.0
    for index in np.flatnonzero((high > limit) & (low < top // 5)):
        frame = frames[index]
        share, exact = float((frame > limit).mean()), float((frame == top).mean())
        between = float((frame > top // 5).mean()) - share
        wrapped[index] = share > 1e-3 and between < 0.01 * share and exact < 0.5 * share
        worst = max(worst, share) if wrapped[index] else worst
    if not wrapped.any():
        return []
    return [f"{_some(wrapped)}: up to {worst:.2%} of the pixels lie just below {top} and hardly any between: an "
            "unsigned subtraction that went below zero? Subtract the background as floats"]  # fmt: skip


def _hot(frames: "np.ndarray", ignore: "np.ndarray | None") -> list[str]:
    """Count pixels more than five times brighter than each of their four neighbors, in the first frames."""
    import numpy as np

    count, places = np.zeros(len(frames), int), []
    for index in range(min(8, len(frames))):
        found = _hot_places(frames[index])
        if ignore is not None:
            found = found[~ignore[found[:, 0], found[:, 1]]]
        count[index] = len(found)
        places.append(found)
    if not count.any():
        return []
    worst = int(count.argmax())
    y, x = (int(v) for v in places[worst][0])
    return [f"{_some(count > 0)}: up to {int(count[worst])} hot pixels (frame {worst}: row {y}, column {x}, ...); "
            "a mask leaves them out"]  # fmt: skip


def _hot_places(frame: "np.ndarray") -> "np.ndarray":
    """Look at bright pixels only: few of them need their neighbors compared."""
    import numpy as np

    with np.errstate(over="ignore"):
        scale = float(frame.mean(dtype=np.float64))
    inner = frame[1:-1, 1:-1]
    y, x = np.nonzero(inner > max(1.5 * scale, 0.05 * float(frame.max())))
    y, x = y + 1, x + 1
    around = [frame[y - 1, x], frame[y + 1, x], frame[y, x - 1], frame[y, x + 1]]
    brightest = np.maximum(np.maximum.reduce(around), 0).astype(np.float64)
    return np.stack([y, x], axis=1)[0.2 * frame[y, x] > brightest]
