"""Writes published_metrics.safetensors and published_keys.json: what pytorch-fid 0.3, torchvision's
Inception and lpips 0.1.4 compute on weights that published_metrics_test.cc makes too, number by number, from their names.

    pip install torch torchvision pytorch-fid lpips scipy   # then
    python published_metrics.py
"""
import json
import pathlib
import struct

import lpips
import numpy as np
import pytorch_fid.inception as inception
import torch
import torchvision
from pytorch_fid.fid_score import calculate_frechet_distance

HERE = pathlib.Path(__file__).parent


def mix(x):
    """splitmix64 of an array of uint64."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return np.uint64(value)


def uniform(name, count):
    """24-bit numbers in 0..1, in double."""
    with np.errstate(over="ignore"):
        x = mix(np.arange(count, dtype=np.uint64) + fnv1a(name))
    return (x >> np.uint64(40)).astype(np.float64) / 2**24


def weights(name, shape):
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    u = uniform(name, int(np.prod(shape)))
    if name.endswith("running_var"):
        v = 0.5 + u
    elif name.endswith("bn.weight"):
        v = 0.8 + 0.4 * u
    elif name.startswith("lin") and name.endswith("model.1.weight"):
        v = u
    elif len(shape) > 1:
        v = (2 * u - 1) * np.sqrt(6.0 / int(np.prod(shape[1:])))
    else:
        v = 0.2 * (u - 0.5)
    return torch.from_numpy(v.astype(np.float32)).reshape(tuple(shape))


def picture(number, height, width):
    """uint8 [height, width, 3]: waves of its own, and noise."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    noise = (mix(((y * width + x) * 3 + c + number * 1000003).astype(np.uint64)) >> np.uint64(58)).astype(int)
    return ((x * (2 + number) + y * 3 + c * 40 + noise) % 256).astype(np.uint8)


def tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(255)


def shapes(state):
    return {name: list(value.shape) for name, value in state.items()}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, value in sorted(tensors.items()):
        raw = np.ascontiguousarray(value, dtype=np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(np.shape(value)), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    goldens, keys = {}, {}

    # The published builder itself, its download replaced: a strict load proves the key names.
    network = inception._inception_v3(num_classes=1008, aux_logits=False, weights=None)
    wanted = shapes(network.state_dict())
    inception.load_state_dict_from_url = lambda *_, **__: {n: weights(n, s) for n, s in wanted.items()}
    fid = inception.InceptionV3([3]).eval()
    keys["fid"] = wanted
    pictures = [picture(i, 64, 48) for i in range(2)]
    with torch.no_grad():
        goldens["fid_features"] = fid(tensor(pictures))[0].squeeze(3).squeeze(2).numpy()

    # FPDM's script reads the features of torchvision's network before its classifier, from pictures in
    # 0..1 at 299x299 whose channels go through the constants of torchvision's transform_input.
    plain = torchvision.models.inception_v3(weights=None, transform_input=True, init_weights=False).eval()
    keys["torchvision_fid"] = shapes(plain.state_dict())
    plain.load_state_dict({n: weights(n, s) for n, s in keys["torchvision_fid"].items()})
    plain.fc = torch.nn.Identity()
    with torch.no_grad():
        square = torch.nn.functional.interpolate(tensor(pictures), (299, 299), mode="bilinear", align_corners=False)
        goldens["torchvision_fid_features"] = plain(square).numpy()

    a = np.array([uniform(f"a{i}", 16) for i in range(40)])
    b = np.array([uniform(f"b{i}", 16) * (0.5 + i % 3) + 0.3 for i in range(30)])
    moments = [m for s in (a, b) for m in (s.mean(0), np.cov(s, rowvar=False))]
    goldens["frechet"] = np.array([calculate_frechet_distance(*moments)])

    for net in ("alex", "vgg"):
        model = lpips.LPIPS(pretrained=False, pnet_rand=True, net=net, verbose=False).eval()
        state = model.state_dict()
        made = {}
        for name, value in state.items():
            if name.startswith("scaling_layer."):
                made[name] = value
            else:
                made[name] = weights(name.replace("lins.", "lin", 1), value.shape)
        model.load_state_dict(made)
        keys["lpips_" + net] = shapes(state)
        trunk = torchvision.models.alexnet() if net == "alex" else torchvision.models.vgg16()
        keys["torchvision_" + net] = shapes(trunk.state_dict())
        with torch.no_grad():
            first, second = tensor(pictures[:1]), tensor(pictures[1:])
            goldens["lpips_" + net] = model(first, second, normalize=True).reshape(1).numpy()
        print(net, goldens["lpips_" + net])

    print("frechet", goldens["frechet"], "features", goldens["fid_features"].std(), goldens["fid_features"][0, :4])
    write_safetensors(HERE / "published_metrics.safetensors", goldens)
    (HERE / "published_keys.json").write_text(json.dumps(keys, indent=0).replace(",\n", ",").replace("[\n", "[").replace("\n]", "]") + "\n")


main()
