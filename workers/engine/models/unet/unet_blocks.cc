#include "engine/models/unet/unet_blocks.h"

namespace atelier::engine {

void UNetLevel::AddResnet(int64_t in_channels, const UNetLevelOptions& options) {
  resnets_.push_back(ResnetBlock2D(ResnetBlockOptions{.in_channels = in_channels,
                                                      .out_channels = options.out_channels,
                                                      .time_channels = options.time_channels,
                                                      .groups = options.transformer.groups,
                                                      .eps = options.norm_eps}));
}

void UNetLevel::AddTransformer(const UNetLevelOptions& options) {
  transformers_.push_back(Transformer2D(options.transformer));
}

void UNetLevel::RegisterLayers() {
  torch::nn::ModuleList resnets, attentions;
  for (auto& resnet : resnets_) resnets->push_back(resnet);
  for (auto& transformer : transformers_) attentions->push_back(transformer);
  if (!transformers_.empty()) register_module("attentions", attentions);
  register_module("resnets", resnets);
}

torch::Tensor UNetLevel::Resnet(size_t i, const torch::Tensor& x, const UNetPass& pass) {
  return resnets_[i](x, pass.time_embedding);
}

torch::Tensor UNetLevel::Transform(size_t i, const torch::Tensor& x, UNetPass& pass) {
  const size_t index = pass.next_block++;
  torch::Tensor* features = pass.features == nullptr ? nullptr : &pass.features->emplace_back();
  return transformers_[i](x, pass.conditions->blocks[index], features);
}

UNetDownLevelImpl::UNetDownLevelImpl(const UNetLevelOptions& options) {
  for (int64_t i = 0; i < options.layers; ++i) {
    AddResnet(i == 0 ? options.in_channels : options.out_channels, options);
    if (options.attention) AddTransformer(options);
  }
  RegisterLayers();
  if (!options.resample) return;
  downsampler_ = Downsample2D(options.out_channels);
  register_module("downsamplers", torch::nn::ModuleList(downsampler_));
}

torch::Tensor UNetDownLevelImpl::forward(torch::Tensor x, UNetPass& pass,
                                         std::vector<torch::Tensor>& skips) {
  for (size_t i = 0; i < resnets_.size(); ++i) {
    x = Resnet(i, x, pass);
    if (!transformers_.empty()) x = Transform(i, x, pass);
    skips.push_back(x);
  }
  if (!downsampler_) return x;
  x = downsampler_(x);
  skips.push_back(x);
  return x;
}

UNetMidLevelImpl::UNetMidLevelImpl(const UNetLevelOptions& options) {
  AddResnet(options.out_channels, options);
  AddTransformer(options);
  AddResnet(options.out_channels, options);
  RegisterLayers();
}

torch::Tensor UNetMidLevelImpl::forward(torch::Tensor x, UNetPass& pass) {
  x = Resnet(0, x, pass);
  x = Transform(0, x, pass);
  return Resnet(1, x, pass);
}

UNetUpLevelImpl::UNetUpLevelImpl(const UNetLevelOptions& options, int64_t previous_channels) {
  for (int64_t i = 0; i < options.layers; ++i) {
    const int64_t below = i == 0 ? previous_channels : options.out_channels;
    const int64_t skip = i + 1 == options.layers ? options.in_channels : options.out_channels;
    AddResnet(below + skip, options);
    if (options.attention) AddTransformer(options);
  }
  RegisterLayers();
  if (!options.resample) return;
  upsampler_ = Upsample2D(options.out_channels);
  register_module("upsamplers", torch::nn::ModuleList(upsampler_));
}

torch::Tensor UNetUpLevelImpl::forward(torch::Tensor x, UNetPass& pass,
                                       std::vector<torch::Tensor>& skips) {
  for (size_t i = 0; i < resnets_.size(); ++i) {
    x = Resnet(i, torch::cat({x, skips.back()}, 1), pass);
    skips.pop_back();
    if (!transformers_.empty()) x = Transform(i, x, pass);
  }
  if (!upsampler_) return x;
  return upsampler_(x, std::array<int64_t, 2>{skips.back().size(2), skips.back().size(3)});
}

}  // namespace atelier::engine
