#include "engine/pipelines/fpdm/fpdm_conditions.h"

#include <vector>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/nn/unit_length.h"

namespace atelier::engine {
namespace {

Image Squashed(const Image& picture, int64_t height, int64_t width) {
  return Resize(picture, static_cast<int>(height), static_cast<int>(width), ResizeFilter::kBicubic);
}

/// A square picture needs no crop: ClipPixelValues() normalises alone.
at::Tensor SquashedForClip(const Image& picture, int64_t size) {
  return ClipPixelValues(Squashed(picture, size, size), static_cast<int>(size));
}

}  // namespace

at::Tensor FpdmClipPixels(const FpdmConditioning& conditioning, const FpdmNetworks& networks,
                          const Image& picture) {
  const int64_t side = conditioning.source_picture_size;
  return SquashedForClip(Squashed(picture, side, side),
                         networks.image_encoder->config().image_size);
}

at::Tensor FpdmClipPose(const FpdmNetworks& networks, const Image& pose) {
  return SquashedForClip(pose, networks.image_encoder->config().image_size);
}

FpdmInputs MakeFpdmInputs(const FpdmConditioning& conditioning, const FpdmNetworks& networks,
                          const Image& source, const Image& pose, int height, int width) {
  // The published data loader squashes the source to one square before any encoder's own size.
  const Image square =
      Squashed(source, conditioning.source_picture_size, conditioning.source_picture_size);
  const int64_t size = conditioning.source_encoder_size;
  FpdmInputs inputs;
  inputs.source = networks.clip_source ? SquashedForClip(square, size)
                                       : ImageNetPixelValues(Squashed(square, size, size));
  inputs.pose = ToTensor(Squashed(pose, height, width));
  if (!networks.image_encoder) return inputs;
  inputs.clip_source = SquashedForClip(square, networks.image_encoder->config().image_size);
  if (networks.combiner) inputs.clip_pose = FpdmClipPose(networks, pose);
  return inputs;
}

FpdmInputs JoinFpdmInputs(const std::vector<FpdmInputs>& rows) {
  const auto join = [&rows](at::Tensor FpdmInputs::*field) {
    std::vector<at::Tensor> tensors;
    for (const FpdmInputs& row : rows) tensors.push_back(row.*field);
    return tensors.front().defined() ? at::cat(tensors, 0) : at::Tensor();
  };
  return {.source = join(&FpdmInputs::source),
          .clip_source = join(&FpdmInputs::clip_source),
          .clip_pose = join(&FpdmInputs::clip_pose),
          .pose = join(&FpdmInputs::pose)};
}

at::Tensor FuseEmbeddings(FpdmNetworks& networks, const at::Tensor& image, const at::Tensor& pose) {
  if (networks.combiner) return networks.combiner(image, pose);
  return UnitLength(image);
}

FpdmSource EncodeFpdmSource(FpdmNetworks& networks, const FpdmInputs& inputs) {
  const auto compute = networks.denoising_unet->parameters().front().options();
  const at::Tensor pixels = inputs.source.to(compute);
  FpdmSource source;
  source.source_tokens = networks.clip_source ? networks.clip_source(pixels).last_hidden_state
                                              : networks.dinov2_source(pixels);
  source.tokens = networks.source_projection(source.source_tokens);
  if (networks.image_encoder)
    source.image_embeds = networks.image_encoder(inputs.clip_source.to(compute)).image_embeds;
  return source;
}

FpdmConditions EncodeFpdmPose(FpdmNetworks& networks, const FpdmInputs& inputs,
                              const FpdmSource& source) {
  const auto compute = networks.denoising_unet->parameters().front().options();
  FpdmConditions conditions{.source_tokens = source.source_tokens,
                            .tokens = source.tokens,
                            .pose_features = networks.pose_encoder(inputs.pose.to(compute)),
                            .image_embeds = source.image_embeds,
                            .fusion = {}};
  if (!networks.image_encoder) return conditions;
  at::Tensor pose_embeds;
  if (networks.combiner)
    pose_embeds = networks.image_encoder(inputs.clip_pose.to(compute)).image_embeds;
  const at::Tensor image_embeds =
      source.image_embeds.expand({inputs.pose.size(0), source.image_embeds.size(1)});
  conditions.fusion = FuseEmbeddings(networks, image_embeds, pose_embeds);
  return conditions;
}

FpdmConditions EncodeFpdmConditions(FpdmNetworks& networks, const FpdmInputs& inputs) {
  return EncodeFpdmPose(networks, inputs, EncodeFpdmSource(networks, inputs));
}

}  // namespace atelier::engine
