"""How a picture looks, in 64 bits: the same picture sent on through WeChat still has nearly the same ones."""

import math
from statistics import median

from PIL import Image

# The picture is shrunk to SIDE × SIDE greys, of which the LOW × LOW slowest waves are compared.
SIDE, LOW = 32, 8
COSINES = [[math.cos(math.pi * (2 * x + 1) * wave / (2 * SIDE)) for x in range(SIDE)] for wave in range(LOW)]
# A wave weaker than this (one grey level of noise in each spot) says nothing; a picture in which fewer than
# ENOUGH_WAVES of the 63 say something is too flat: by noise alone it would look like other flat ones.
WEAK_WAVE = 16
ENOUGH_WAVES = 24


def perceptual_hash(image: Image.Image) -> str | None:
    """64 bits as 16 hex digits: which slow waves of brightness are stronger than the median one.

    Survives re-encoding and resizing (a few bits change); unrelated pictures differ in about 30 bits.
    None for a picture too flat to tell from another.
    """
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    waves = _slow_waves(list(grey.tobytes()))[1:]  # without the mean brightness
    middle = median(waves)
    if sum(abs(wave - middle) > WEAK_WAVE for wave in waves) < ENOUGH_WAVES:
        return None
    bits = 0
    for wave in waves:
        bits = bits << 1 | (wave > middle)
    return f"{bits:016x}"


def _slow_waves(pixels: list[int]) -> list[float]:
    """The corner of the two-dimensional cosine transform, row by row."""
    rows = [pixels[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
    across = [[_weighted(row, COSINES[wave]) for row in rows] for wave in range(LOW)]
    return [_weighted(across[horizontal], COSINES[vertical]) for vertical in range(LOW) for horizontal in range(LOW)]


def _weighted(values: list[int] | list[float], weights: list[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True))


def bands(phash: str) -> tuple[int, int, int, int]:
    """The hash's four 16-bit quarters."""
    quarters = tuple(int(phash[at : at + 4], 16) for at in range(0, 16, 4))
    return quarters[0], quarters[1], quarters[2], quarters[3]


def hash_candidates(phash: str) -> list[list[int]]:
    """For each band its value and the 16 values one bit away.

    Hashes at most 7 bits apart share, in at least one of the four bands, a value at most one bit apart.
    """
    return [[band, *(band ^ 1 << bit for bit in range(16))] for band in bands(phash)]


def hamming(a: str, b: str) -> int:
    """In how many of the 64 bits two hashes differ."""
    return (int(a, 16) ^ int(b, 16)).bit_count()
