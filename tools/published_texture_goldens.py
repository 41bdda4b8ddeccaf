#!/usr/bin/env python3
"""Prints the table of tests/unit/perception/published_texture_test.cc: FNV-1a of every atlas tile.

    pip install opencv-python-headless==4.6.0.66 'numpy<2'
    tools/published_texture_goldens.py

The published preparation (MCLD's get_texture) in NumPy and OpenCV's own Telea, of an example
picture under a made-up IUV with holes, with and without charts.
"""
from pathlib import Path

import cv2
import numpy as np

TILE = 200


def made_up_iuv(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    part = 1 + (y // 43) * 4 + x // 44
    u = ((x % 44) * 255 // 43 + 20 * (y % 7)) % 256
    v = (y % 43) * 255 // 42
    iuv = np.stack([part, u, v], axis=-1)
    iuv[(x * 7 + y * 13) % 11 < 5] = 0
    return iuv


def disc() -> np.ndarray:
    row, column = np.mgrid[0:TILE, 0:TILE]
    return (2 * row - 199) ** 2 + (2 * column - 199) ** 2 <= 190**2


def tile_of(picture: np.ndarray, iuv: np.ndarray, part: int, chart: np.ndarray) -> np.ndarray:
    tile = np.zeros((TILE, TILE, 3))
    y, x = np.where(iuv[..., 0] == part)
    rows = ((255 - iuv[y, x, 2]) * 199.0 / 255.0).astype(int)
    columns = (iuv[y, x, 1] * 199.0 / 255.0).astype(int)
    tile[rows, columns] = picture[y, x]
    valid = (tile.sum(2) != 0).astype(np.uint8)
    near = cv2.dilate(valid, np.ones((10, 10), np.uint8), iterations=1)
    holes = (chart.astype(int) - valid > 0).astype(np.uint8)
    low, high = tile.min(), tile.max()
    stretched = ((tile - low) / (high - low) * 255).astype(np.uint8)
    filled = cv2.inpaint(stretched, holes, 3, cv2.INPAINT_TELEA)
    return (near[..., None] * (filled / 255.0 * (high - low) + low)).astype(np.uint8)


def fnv1a(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def main() -> None:
    assert cv2.__version__ == "4.6.0", cv2.__version__
    source = Path(__file__).parents[1] / "examples/people/ada.png"
    picture = cv2.cvtColor(cv2.imread(str(source)), cv2.COLOR_BGR2RGB)
    iuv = made_up_iuv(*picture.shape[:2])
    whole = np.ones((TILE, TILE), bool)
    for part in range(1, 25):
        hashes = [fnv1a(tile_of(picture, iuv, part, chart).tobytes()) for chart in (whole, disc())]
        print("    {" + ", ".join(f"0x{value:016x}u" for value in hashes) + "},")


if __name__ == "__main__":
    main()
