"""Another way to the frames of lenses in the way of rays: spheres by their centers, one ray after the other's formula."""

import numpy as np
from scipy.optimize import root
from scipy.spatial.transform import Rotation
from scipy.stats.qmc import Sobol

MM, UM = 1e-3, 1e-6


class Glass:
    """Two spheres, given by vertices on an axis that is shifted and turned; places (x, y, z)."""

    def __init__(self, radii, thickness, index, shift, tilt):
        """Take shift as (z, y, x) and tilt about (y, x)."""
        turn = Rotation.from_rotvec([tilt[1], 0, 0]) * Rotation.from_rotvec([0, tilt[0], 0])
        axis, vertex = turn.apply([0, 0, 1]), np.asarray(shift, float)[::-1]
        self.vertices = vertex, vertex + thickness * axis
        self.axis, self.radii, self.index = axis, radii, index

    def traced(self, place, way):
        """Return place and direction behind the lens of rays (n, 3)."""
        for i, ratio in ((0, 1 / self.index), (1, self.index)):
            center = self.vertices[i] + self.radii[i] * self.axis
            off = place - center
            along = np.sum(off * way, axis=1)
            root_ = np.sqrt(along**2 - np.sum(off**2, axis=1) + self.radii[i] ** 2)
            both = np.stack([-along - root_, -along + root_])
            points = place + both[..., None] * way
            near = np.argmin(np.abs((points - self.vertices[i]) @ self.axis), axis=0)  # the one beside the vertex
            place = points[near, np.arange(len(place))]
            normal = (place - center) / self.radii[i]
            normal *= np.sign(np.sum(normal * way, axis=1))[:, None]
            into = np.arccos(np.clip(np.sum(normal * way, axis=1), -1, 1))
            across = way - np.cos(into)[:, None] * normal
            out = np.arcsin(np.sin(into) * ratio)
            size = np.linalg.norm(across, axis=1)
            across = np.where(size[:, None] > 0, across / np.where(size > 0, size, 1)[:, None], 0)
            way = np.cos(out)[:, None] * normal + np.sin(out)[:, None] * across
        return place, way


def seen_on_display(glass, camera, pixels):
    """Return (y, x) on z = 0, m, of what pixels (y, x) see through the glass; `camera` as told by a calibration in
    x, y, z: focal lengths, center, distortion, R and t with X_camera = R X + t."""
    (f, c, k, turn, t), (v, u) = camera, pixels
    seen = np.stack([(u - c[0]) / f[0], (v - c[1]) / f[1]])

    def missed(flat):
        q = flat.reshape(seen.shape)
        square = np.sum(q**2, axis=0)
        return (q * (1 + k[0] * square + k[1] * square**2) - seen).ravel()

    q = root(missed, seen.ravel(), method="krylov", options={"fatol": 1e-13}).x.reshape(seen.shape)
    way = np.stack([q[0], q[1], np.ones_like(u)], axis=1) @ turn
    way /= np.linalg.norm(way, axis=1)[:, None]
    place, way = glass.traced(np.broadcast_to(-turn.T @ t, way.shape), way)
    met = place - (place[:, 2] / way[:, 2])[:, None] * way
    return met[:, 1::-1].T


def looking_at(camera, points):
    """Return the pixels (y, x) at which places (n, 3) in x, y, z are seen."""
    f, c, k, turn, t = camera
    x, y, z = turn @ points.T + t[:, None]
    square = (x**2 + y**2) / z**2
    factor = 1 + k[0] * square + k[1] * square**2
    return np.stack([f[1] * factor * y / z + c[1], f[0] * factor * x / z + c[0]])


def landed(glass, source, beam, z, pitch, shape, bits):
    """Return the frame that 2^bits rays scattered evenly over a round aperture at z = 0 make, counted in pixels;
    `source` is (z, y, x). Irradiance 1 is that in the middle of the aperture."""
    rays, (share, turn) = 2**bits, Sobol(2, seed=0).random_base2(bits).T
    radius, angle = beam / 2 * np.sqrt(share), 2 * np.pi * turn
    place = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(rays)], axis=1)
    way = place - np.asarray(source, float)[::-1]
    far = np.linalg.norm(way, axis=1)
    weight = (abs(source[0]) / far) ** 3 * np.pi * beam**2 / 4 / rays / pitch**2
    place, way = glass.traced(place, way / far[:, None])
    met = place + ((z - place[:, 2]) / way[:, 2])[:, None] * way
    edges = [(np.arange(n + 1) - n // 2 - 0.5) * pitch for n in shape]
    return np.histogram2d(met[:, 1], met[:, 0], bins=edges, weights=weight)[0]
