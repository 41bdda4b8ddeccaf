#include "training/losses/channel_weights.h"

namespace atelier::training {

at::Tensor ChannelWeights(const engine::VaeConfig& vae) {
  const at::Tensor amplitudes = at::tensor(vae.LatentAmplitudes(), at::kFloat);
  return (amplitudes / amplitudes.mean()).view({1, -1, 1, 1});
}

}  // namespace atelier::training
