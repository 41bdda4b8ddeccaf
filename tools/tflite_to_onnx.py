#!/usr/bin/env python3
"""Turns a float TFLite network into ONNX that OpenCV 4.6 runs: tflite_to_onnx.py IN.tflite OUT.onnx

TFLite keeps pictures as NHWC, ONNX as NCHW: tensors of four dimensions are turned, all others keep
their order. Half-precision and sparse weights become plain float32. Knows the operators of the
networks that tools/photograph_networks.py converts, and stops at any other.

No converter on PyPI makes all four networks run in OpenCV 4.6 (Debian 12's). Tried with the files of
mediapipe 0.10.21:

    tflite2onnx 0.4.1   stops at pose_detection (operator DENSIFY: its weights are sparse), pose_landmark_full
                        (PAD of another form) and face_landmark (PRELU's slopes); makes face_detection alone.
    tf2onnx 1.17.0      (tensorflow-cpu 2.21: 1.6 GB installed) stops at pose_detection's sparse weights.
                        pose_landmark_full needs opset 11 for its half-pixel resizing, whose Clip takes its
                        limits as inputs, which OpenCV 4.6 does not read. The two face networks run.
    onnx2tf, ai-edge-torch, tosa-converter-for-tflite and openvino2tensorflow convert from or to something
                        else.

OpenCV's own TFLite importer came after 4.6: with a Debian that has it, this file can go.

The files say opset 11, but Clip carries its limits as attributes, as it did up to opset 10: the only
form that OpenCV 4.6 reads.
"""
import collections
import sys

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPERATORS = {
    value: name for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")
}
DTYPES = {
    tflite.TensorType.FLOAT32: "<f4",
    tflite.TensorType.FLOAT16: "<f2",
    tflite.TensorType.INT32: "<i4",
}
NCHW = (0, 3, 1, 2)
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def nchw(dims):
    """`dims` of an NHWC tensor in ONNX's order; those of any other tensor as they are."""
    return [dims[i] for i in NCHW] if len(dims) == 4 else list(dims)


def same_padding(size, kernel, stride, dilation):
    """(before, after) of TFLite's padding SAME, whose odd pixel goes behind."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def index_vector(dimension, which):
    """The integers of a sparse dimension's union of 32, 16 and 8 bit vectors."""
    kinds = [None, tflite.Int32Vector, tflite.Uint16Vector, tflite.Uint8Vector]
    vector = kinds[getattr(dimension, which + "Type")()]()
    table = getattr(dimension, which)()
    vector.Init(table.Bytes, table.Pos)
    return vector.ValuesAsNumpy().astype(int)


def dense(tensor, shape, values):
    """The whole array of a sparse tensor (no blocks, dimensions in their natural order)."""
    sparsity = tensor.Sparsity()
    order = list(sparsity.TraversalOrderAsNumpy())
    if sparsity.BlockMapLength() or order != list(range(len(shape))):
        raise NotImplementedError("a sparse tensor in blocks or in another order")
    places = [()]  # Index prefixes, in the order of the stored values.
    for axis in range(len(shape)):
        dimension = sparsity.DimMetadata(axis)
        if dimension.Format() == tflite.DimensionType.DENSE:
            places = [place + (i,) for place in places for i in range(dimension.DenseSize())]
            continue
        begins = index_vector(dimension, "ArraySegments")
        indices = index_vector(dimension, "ArrayIndices")
        places = [
            place + (int(i),)
            for row, place in enumerate(places)
            for i in indices[begins[row] : begins[row + 1]]
        ]
    array = np.zeros(shape, np.float32)
    array[tuple(np.array(places).T)] = values
    return array


class Converter:
    """One network. `names` maps TFLite's tensor numbers to ONNX names."""

    def __init__(self, data):
        self.model = tflite.Model.GetRootAsModel(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.tensors = [self.graph.Tensors(i) for i in range(self.graph.TensorsLength())]
        self.operators = [self.graph.Operators(i) for i in range(self.graph.OperatorsLength())]
        self.constants = {}
        self.names = {}
        self.padding = {}  # Of tensors whose PAD is left to the convolutions that read them.
        self.nodes = []
        self.initializers = []

    # What TFLite says.

    def shape(self, tensor):
        dims = self.tensors[tensor]
        return [int(d) for d in dims.ShapeAsNumpy()] if dims.ShapeLength() else []

    def operator_name(self, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        return OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]

    def options(self, operator, kind):
        options, table = kind(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def constant(self, tensor):
        """The array of a constant tensor; None of any other."""
        if tensor not in self.constants:
            info = self.tensors[tensor]
            buffer = self.model.Buffers(info.Buffer())
            if not buffer.DataLength():
                return None
            values = buffer.DataAsNumpy().view(DTYPES[info.Type()])
            sparse = info.Sparsity() is not None
            self.constants[tensor] = (
                dense(info, self.shape(tensor), values) if sparse
                else values.reshape(self.shape(tensor))
            )
        return self.constants[tensor]

    # What ONNX gets.

    def initializer(self, array):
        name = f"weight_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind, inputs, **attributes):
        name = f"x_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=f"{kind}_{name}", **attributes))
        return name

    def name(self, tensor):
        """The ONNX name of a tensor that was computed, or is constant."""
        if tensor not in self.names:
            array = self.constant(tensor)
            if array is None:
                raise ValueError(f"tensor {tensor} is read before it is written")
            array = array.transpose(NCHW) if array.ndim == 4 else array
            self.names[tensor] = self.initializer(array.astype(np.float32))
        return self.names[tensor]

    def activation(self, name, kind):
        if kind == tflite.ActivationFunctionType.NONE:
            return name
        if kind == tflite.ActivationFunctionType.RELU:
            return self.node("Relu", [name])
        if kind == tflite.ActivationFunctionType.RELU6:
            return self.node("Clip", [name], min=0.0, max=6.0)
        raise NotImplementedError(f"activation {kind}")

    # One method an operator: (operator, inputs, output) -> ONNX name.

    def fold(self, operator, inputs, output):
        """DEQUANTIZE and DENSIFY of weights: done here, once."""
        self.constants[output] = self.constant(inputs[0]).astype(np.float32)

    def pad(self, operator, inputs, output):
        amounts = self.constant(inputs[1]).reshape(-1, 2)
        readers = [o for o in self.operators if output in o.InputsAsNumpy()]
        spatial = len(amounts) == 4 and not amounts[[0, 3]].any()
        if spatial and all(self.operator_name(o) in CONVOLUTIONS for o in readers):
            self.padding[output] = amounts
            return self.name(inputs[0])
        if len(amounts) == 4:
            amounts = amounts[list(NCHW)]
        pads = np.concatenate([amounts[:, 0], amounts[:, 1]]).astype(np.int64)
        return self.node("Pad", [self.name(inputs[0]), self.initializer(pads)], mode="constant")

    def convolution(self, operator, inputs, output):
        depthwise = self.operator_name(operator) == "DEPTHWISE_CONV_2D"
        options = self.options(
            operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions
        )
        weights = self.constant(inputs[1]).astype(np.float32)
        # [1, h, w, C] -> [C, 1, h, w], and [O, h, w, I] -> [O, I, h, w].
        weights = weights.transpose((3, 0, 1, 2) if depthwise else NCHW)
        if depthwise and options.DepthMultiplier() != 1:
            raise NotImplementedError("a depth multiplier")
        _, height, width, channels = self.shape(inputs[0])
        kernel = weights.shape[2:]
        strides = (options.StrideH(), options.StrideW())
        dilations = (options.DilationHFactor(), options.DilationWFactor())
        vertical = horizontal = (0, 0)
        if options.Padding() == tflite.Padding.SAME:
            vertical = same_padding(height, kernel[0], strides[0], dilations[0])
            horizontal = same_padding(width, kernel[1], strides[1], dilations[1])
        elif inputs[0] in self.padding:
            vertical, horizontal = (tuple(map(int, side)) for side in self.padding[inputs[0]][1:3])
        if options.Padding() == tflite.Padding.SAME and inputs[0] in self.padding:
            raise NotImplementedError("a padded input of a convolution that pads")
        bias = self.constant(inputs[2]).astype(np.float32)
        name = self.node(
            "Conv", [self.name(inputs[0]), self.initializer(weights), self.initializer(bias)],
            kernel_shape=list(kernel), strides=list(strides), dilations=list(dilations),
            pads=[vertical[0], horizontal[0], vertical[1], horizontal[1]],
            group=channels if depthwise else 1,
        )
        return self.activation(name, options.FusedActivationFunction())

    def add(self, operator, inputs, output):
        name = self.node("Add", [self.name(i) for i in inputs])
        options = self.options(operator, tflite.AddOptions)
        return self.activation(name, options.FusedActivationFunction())

    def max_pool(self, operator, inputs, output):
        options = self.options(operator, tflite.Pool2DOptions)
        _, height, width, _ = self.shape(inputs[0])
        kernel = (options.FilterHeight(), options.FilterWidth())
        strides = (options.StrideH(), options.StrideW())
        vertical = horizontal = (0, 0)
        if options.Padding() == tflite.Padding.SAME:
            vertical = same_padding(height, kernel[0], strides[0], 1)
            horizontal = same_padding(width, kernel[1], strides[1], 1)
        name = self.node(
            "MaxPool", [self.name(inputs[0])], kernel_shape=list(kernel), strides=list(strides),
            pads=[vertical[0], horizontal[0], vertical[1], horizontal[1]],
        )
        return self.activation(name, options.FusedActivationFunction())

    def resize_bilinear(self, operator, inputs, output):
        options = self.options(operator, tflite.ResizeBilinearOptions)
        (_, height, width, _), (_, to_height, to_width, _) = map(self.shape, (inputs[0], output))
        mode = "asymmetric"
        if options.AlignCorners():
            mode = "align_corners"
        elif options.HalfPixelCenters():
            mode = "half_pixel"
        scales = np.array([1, 1, to_height / height, to_width / width], np.float32)
        regions = self.initializer(np.zeros(0, np.float32))
        return self.node(
            "Resize", [self.name(inputs[0]), regions, self.initializer(scales)], mode="linear",
            coordinate_transformation_mode=mode,
        )

    def depth_to_space(self, operator, inputs, output):
        block = self.options(operator, tflite.DepthToSpaceOptions).BlockSize()
        return self.node("DepthToSpace", [self.name(inputs[0])], blocksize=block, mode="DCR")

    def reshape(self, operator, inputs, output):
        before, after = self.shape(inputs[0]), self.shape(output)
        name = self.name(inputs[0])
        if len(before) == 4 and before[1:3] != [1, 1]:
            name = self.node("Transpose", [name], perm=[0, 2, 3, 1])
        name = self.node("Reshape", [name, self.initializer(np.array(after, np.int64))])
        return self.node("Transpose", [name], perm=list(NCHW)) if len(after) == 4 else name

    def concatenation(self, operator, inputs, output):
        rank = len(self.shape(output))
        axis = self.options(operator, tflite.ConcatenationOptions).Axis() % rank
        if rank == 4:
            axis = NCHW.index(axis)
        return self.node("Concat", [self.name(i) for i in inputs], axis=axis)

    def relu(self, operator, inputs, output):
        return self.node("Relu", [self.name(inputs[0])])

    def logistic(self, operator, inputs, output):
        return self.node("Sigmoid", [self.name(inputs[0])])

    def prelu(self, operator, inputs, output):
        slopes = self.constant(inputs[1])
        if slopes.ndim != 3 or slopes.shape[:2] != (1, 1):
            raise NotImplementedError("PRELU with other slopes than one a channel")
        slopes = self.initializer(slopes.reshape(-1, 1, 1).astype(np.float32))
        return self.node("PRelu", [self.name(inputs[0]), slopes])

    METHODS = {
        "ADD": add, "CONCATENATION": concatenation, "CONV_2D": convolution, "DENSIFY": fold,
        "DEPTHWISE_CONV_2D": convolution, "DEPTH_TO_SPACE": depth_to_space, "DEQUANTIZE": fold,
        "LOGISTIC": logistic, "MAX_POOL_2D": max_pool, "PAD": pad, "PRELU": prelu, "RELU": relu,
        "RESHAPE": reshape, "RESIZE_BILINEAR": resize_bilinear,
    }

    def rename(self, old, new):
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    if name == old:
                        names[i] = new

    def convert(self):
        inputs, outputs = [], []
        for tensor in map(int, self.graph.InputsAsNumpy()):
            self.names[tensor] = "input"
            inputs.append(helper.make_tensor_value_info(
                "input", TensorProto.FLOAT, nchw(self.shape(tensor))))
        if len(inputs) != 1:
            raise NotImplementedError("more than one input")
        for operator in self.operators:
            kind = self.operator_name(operator)
            if kind not in self.METHODS:
                raise NotImplementedError(f"operator {kind}")
            output = int(operator.OutputsAsNumpy()[0])
            name = self.METHODS[kind](self, operator, [int(i) for i in operator.InputsAsNumpy()],
                                      output)
            if name is not None:
                self.names[output] = name
        for tensor in map(int, self.graph.OutputsAsNumpy()):
            name = self.tensors[tensor].Name().decode()
            self.rename(self.names[tensor], name)
            outputs.append(helper.make_tensor_value_info(
                name, TensorProto.FLOAT, nchw(self.shape(tensor))))
        graph = helper.make_graph(self.nodes, "tflite", inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
        model.ir_version = 6
        return model


def convert(data):
    """The ONNX model of a TFLite file's bytes."""
    return Converter(data).convert()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        model = convert(file.read())
    onnx.save(model, sys.argv[2])
    print(dict(collections.Counter(node.op_type for node in model.graph.node)))


if __name__ == "__main__":
    main()
