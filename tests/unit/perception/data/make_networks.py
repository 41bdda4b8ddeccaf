#!/usr/bin/env python3
"""Writes the small networks that stand for those a user brings: make_networks.py (needs onnx).

Each looks for red, so that a red square on black tells order of channels, scale and geometry.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent


def save(name, nodes, weights, input_shape, outputs):
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
         for output, shape in outputs],
        [numpy_helper.from_array(array, key) for key, array in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 6
    onnx.save(model, HERE / (name + ".onnx"))


def pick(channels, channel, scale, offset):
    """Weights of a 1x1 convolution: every output is scale * input[channel] + offset."""
    weights = np.zeros((channels, 3, 1, 1), np.float32)
    weights[:, channel] = scale
    return {"w": weights, "b": np.full(channels, offset, np.float32)}


def openpose(name, channels):
    """Heat maps of (v / 256 - 0.5) + 0.5 of the last channel, which is red in BGR."""
    save(name, [
        helper.make_node("AveragePool", ["input"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Conv", ["cells", "w", "b"], ["maps"], kernel_shape=[1, 1]),
    ], pick(channels, 2, 1.0, 0.5), [1, 3, 368, 368], [("maps", [1, channels, 46, 46])])


def rtmpose(name, points):
    """SimCC of twice the input's size: 0 for black and 1 for full red, of the first channel."""
    mean, deviation = 123.675, 58.395
    nodes = [helper.make_node("Conv", ["input", "w", "b"], ["red"], kernel_shape=[1, 1])]
    weights = pick(points, 0, deviation / 255, mean / 255)
    for axis, kernel, scale, length in (("x", [256, 1], [1, 1, 1, 2], 384),
                                        ("y", [1, 192], [1, 1, 2, 1], 512)):
        weights |= {f"{axis}_regions": np.zeros(0, np.float32),
                    f"{axis}_scales": np.array(scale, np.float32),
                    f"{axis}_shape": np.array([1, points, length], np.int64)}
        nodes += [
            helper.make_node("MaxPool", ["red"], [f"{axis}_line"], kernel_shape=kernel),
            helper.make_node("Resize", [f"{axis}_line", f"{axis}_regions", f"{axis}_scales"],
                             [f"{axis}_long"], mode="nearest",
                             coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
            helper.make_node("Reshape", [f"{axis}_long", f"{axis}_shape"], [f"simcc_{axis}"]),
        ]
    save(name, nodes, weights, [1, 3, 256, 192],
         [("simcc_x", [1, points, 384]), ("simcc_y", [1, points, 512])])


def arcface(name, cells):
    """Means of the input's cells, [1, 3 * cells * cells]."""
    size = 112 // cells
    save(name, [
        helper.make_node("AveragePool", ["input"], ["means"], kernel_shape=[size, size],
                         strides=[size, size]),
        helper.make_node("Reshape", ["means", "shape"], ["embedding"]),
    ], {"shape": np.array([1, 3 * cells * cells], np.int64)}, [1, 3, 112, 112],
        [("embedding", [1, 3 * cells * cells])])


def main():
    openpose("openpose", 19)
    openpose("few_heat_maps", 18)
    rtmpose("rtmpose", 17)
    rtmpose("few_simcc", 16)
    arcface("arcface", 8)
    arcface("few_numbers", 2)


if __name__ == "__main__":
    main()
