// oneDNN's matrix products over weights in its own layout: operators that LibTorch's compiler calls
// and its headers do not declare. CPU, no gradients; float32, or bfloat16 where the processor has
// AVX-512.
#pragma once

#include <torch/nn.h>

#include <cstdint>

namespace atelier::engine::onednn {

using ConvolutionOptions = decltype(torch::nn::Conv2dImpl::options);

/// False where oneDNN has no kernels for `dtype`, and when this LibTorch was built without it; the
/// dtype may not be used below then.
bool Supports(at::ScalarType dtype);

/// `weight` [out, in] in oneDNN's layout: an opaque tensor.
at::Tensor PackLinear(const at::Tensor& weight);
/// [..., in] -> [..., out]. `bias` may be undefined.
at::Tensor Linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias);

/// `weight` [out, in, kh, kw] in the layout that fits pictures of the size of `x` best; others
/// work.
at::Tensor PackConvolution(const at::Tensor& weight, const ConvolutionOptions& options,
                           at::IntArrayRef input_size);
/// `x` channels-last, and so the result.
at::Tensor Convolution(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                       const ConvolutionOptions& options);

}  // namespace atelier::engine::onednn
