#include "training/fpdm/fpdm_samples.h"

#include "training/data/device_stream.h"

namespace atelier::training {
namespace {

template <typename PartOf>
at::Tensor Joined(const std::vector<FpdmSample>& samples, const at::Device& device,
                  const PartOf& part) {
  std::vector<at::Tensor> rows;
  rows.reserve(samples.size());
  for (const FpdmSample& sample : samples) rows.push_back(part(sample));
  return rows.front().defined() ? SendRows(rows, device) : at::Tensor();
}

}  // namespace

FpdmSample MakeFpdmSample(const people::Body& body, int64_t index, bool held_out,
                          const PairOptions& options, const engine::FpdmConditioning& conditioning,
                          const engine::FpdmNetworks& networks) {
  FpdmSample sample;
  sample.pair = RenderPair(body, index, held_out, options);
  const Pair& pair = sample.pair;
  sample.pose = PosePicture(pair.target);
  sample.inputs = engine::MakeFpdmInputs(conditioning, networks, pair.source.rgb, sample.pose,
                                         options.height, options.width);
  if (networks.image_encoder)
    sample.clip_target = engine::FpdmClipPixels(conditioning, networks, pair.target.rgb);
  return sample;
}

engine::FpdmInputs InputsOf(const std::vector<FpdmSample>& samples, const at::Device& device) {
  const auto join = [&](at::Tensor engine::FpdmInputs::*field) {
    return Joined(samples, device, [&](const FpdmSample& sample) { return sample.inputs.*field; });
  };
  return {.source = join(&engine::FpdmInputs::source),
          .clip_source = join(&engine::FpdmInputs::clip_source),
          .clip_pose = join(&engine::FpdmInputs::clip_pose),
          .pose = join(&engine::FpdmInputs::pose)};
}

at::Tensor ClipTargetsOf(const std::vector<FpdmSample>& samples, const at::Device& device) {
  return Joined(samples, device, [](const FpdmSample& sample) { return sample.clip_target; });
}

}  // namespace atelier::training
