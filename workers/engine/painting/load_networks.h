// A pipeline's networks: made from its configs, filled with the weights of a model folder.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <vector>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

/// A network under its component's name in model.json.
struct NamedNetwork {
  const char* component;
  torch::nn::Module& module;
  /// How often it runs for one picture.
  Runs runs;
};

/// INVALID_ARGUMENT when two components disagree on a size: "components.FIELD must be OTHER (N)".
Status SizesAgree(const char* field, int64_t given, const char* other, int64_t expected);

/// Calls `make`, which makes networks. INVALID_ARGUMENT (BAD_MODEL_SIZES) when LibTorch throws on
/// sizes that no layer can have.
Status MakeNetworks(const std::function<void()>& make);

/// Fills `networks` with the folder's weights, moves them to `device` and, on the CPU, packs them.
/// RESOURCE_EXHAUSTED when the device's memory does not hold them.
Status LoadNetworks(const ModelFolder& model, const std::vector<NamedNetwork>& networks,
                    at::Device device);

/// The default dtype of new tensors for the life of the object: networks are made in the dtype they
/// run in, so that no copy of another size ever exists.
class DefaultDtype {
 public:
  explicit DefaultDtype(at::ScalarType dtype);
  ~DefaultDtype();
  DefaultDtype(const DefaultDtype&) = delete;
  DefaultDtype& operator=(const DefaultDtype&) = delete;

 private:
  caffe2::TypeMeta before_;
};

}  // namespace atelier::engine
