"""Writes pillow_resize.safetensors: a small random picture and Pillow's resizes of it.

Needs numpy and Pillow (made with 10.4.0; Pillow 13 goes through the columns first where that is
cheaper, which rounds differently by one). Run in this folder: python make_pillow_resize.py
"""
import json
import struct

import numpy as np
from PIL import Image

FILTERS = {"box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR,
           "bicubic": Image.Resampling.BICUBIC}
SIZES = [(5, 4), (20, 31), (23, 7), (11, 17), (3, 40)]  # height, width

picture = np.random.default_rng(7).integers(0, 256, (23, 17, 3), dtype=np.uint8)
tensors = {"picture": picture}
for name, kind in FILTERS.items():
    for height, width in SIZES:
        resized = Image.fromarray(picture).resize((width, height), kind)
        tensors[f"{name}.{height}x{width}"] = np.asarray(resized)

header, data = {}, b""
for name, value in tensors.items():
    header[name] = {"dtype": "U8", "shape": list(value.shape),
                    "data_offsets": [len(data), len(data) + value.nbytes]}
    data += value.tobytes()
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("pillow_resize.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
