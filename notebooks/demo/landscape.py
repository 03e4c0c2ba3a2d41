"""A made landscape: lakes, a river, woods and fields, as reflectance per Sentinel-2 band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

#: Reflectance x 10000 of pure water, wood, green crop and bare soil, by band.
SPECTRA: dict[str, tuple[int, int, int, int]] = {
    "B01": (520, 250, 330, 850),
    "B02": (480, 280, 400, 1050),
    "B03": (420, 450, 800, 1450),
    "B04": (280, 260, 400, 1950),
    "B05": (220, 800, 1300, 2250),
    "B08": (150, 3000, 4300, 2750),
    "B8A": (130, 3200, 4500, 2850),
    "B09": (120, 3300, 4600, 2950),
    "B11": (70, 1500, 2000, 3500),
    "B12": (50, 700, 1000, 3000),
}
#: Wavelength in metres and weight of each layer of a fractal field.
OCTAVES = ((2400.0, 1.0), (1200.0, 0.5), (600.0, 0.25), (300.0, 0.12), (90.0, 0.06))
#: Width and height of a field in metres.
PARCEL = (260.0, 180.0)


@dataclass(frozen=True)
class Noise:
    """A smooth random function of the place in metres, mean 0 and deviation about 1."""

    #: Wavelength in metres, weight and lattice values of each layer.
    layers: tuple[tuple[float, float, Floats], ...]

    def at(self, y: Floats, x: Floats) -> Floats:
        """Its values at the rows `y` and the columns `x` (metres): shape (len(y), len(x))."""
        total = np.zeros((y.size, x.size))
        for wavelength, weight, lattice in self.layers:
            (rows, down), (columns, right) = (spline(place / wavelength) for place in (y, x))
            total += weight * (down @ lattice[rows, columns] @ right.T)
        return total


def spline(place: Floats) -> tuple[slice, Floats]:
    """The lattice nodes around these places (in lattice steps), and their cubic B-spline weights.

    The weights have one row per place and one column per node.
    """
    nodes = np.arange(int(place[0]), int(place[-1]) + 4)
    distance = np.abs(place[:, None] + 1 - nodes[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return slice(int(nodes[0]), int(nodes[-1]) + 1), np.where(distance < 1, near, far)


def make_noise(rng: np.random.Generator, extent: float) -> Noise:
    """A new random field over a square of `extent` metres."""
    # A B-spline of unit lattice noise has a deviation of about 0.48 in two dimensions.
    scale = 0.48 * np.sqrt(sum(weight**2 for _, weight in OCTAVES))
    layers = []
    for wavelength, weight in OCTAVES:
        nodes = int(extent / wavelength) + 5
        layers.append((wavelength, weight / scale, rng.standard_normal((nodes, nodes))))
    return Noise(tuple(layers))


def step(value: Floats, width: float) -> Floats:
    """A soft step from 0 to 1 around value 0."""
    risen: Floats = 1 / (1 + np.exp(-np.clip(value / width, -50, 50)))
    return risen


@dataclass(frozen=True)
class Landscape:
    """A square of land, the same at every resolution."""

    relief: Noise
    course: Noise
    woods: Noise
    #: How green each field is, 0 to 1.
    crops: Floats

    def reflectance(self, band: str, y: Floats, x: Floats) -> Floats:
        """Reflectance x 10000 of one band at the rows `y` and the columns `x` (metres)."""
        relief, woods = self.relief.at(y, x), self.woods.at(y, x)
        river = 0.05 - np.abs(self.course.at(y, x))
        water = np.maximum(step(-1.05 - relief, 0.015), step(river, 0.01))
        wood = (1 - water) * step(woods - 0.35, 0.04)
        crop = (1 - water - wood) * self._greenness(y, x, bend=90 * woods)
        soil = 1 - water - wood - crop
        of_water, of_wood, of_crop, of_soil = SPECTRA[band]
        mixed = water * of_water + wood * of_wood + crop * of_crop + soil * of_soil
        shaded: Floats = mixed * (1 + 0.05 * relief * (1 - water))
        return shaded

    def _greenness(self, y: Floats, x: Floats, *, bend: Floats) -> Floats:
        rows = np.floor((y[:, None] + bend) / PARCEL[1]).astype(int)
        columns = np.floor((x[None, :] - bend + 90 * (rows % 3)) / PARCEL[0]).astype(int)
        height, width = self.crops.shape
        greenness: Floats = self.crops[rows % height, columns % width]
        return greenness


def make_landscape(seed: int, extent: float) -> Landscape:
    """The landscape of this seed over a square of `extent` metres."""
    rng = np.random.default_rng(seed)
    relief, course, woods = (make_noise(rng, extent) for _ in range(3))
    return Landscape(relief, course, woods, crops=rng.beta(0.7, 0.7, (61, 67)))
