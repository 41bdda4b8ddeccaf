#include "engine/models/unet/unet_conditions.h"

namespace atelier::engine {

ReferenceFeatures RoundToHalf(const ReferenceFeatures& features) {
  ReferenceFeatures rounded;
  for (const auto& [name, tensor] : features)
    rounded[name] = tensor.to(torch::kFloat16).to(tensor.scalar_type());
  return rounded;
}

}  // namespace atelier::engine
