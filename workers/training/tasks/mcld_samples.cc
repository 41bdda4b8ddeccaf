#include "training/tasks/mcld_samples.h"

#include <iterator>

#include "training/data/batch.h"
#include "training/losses/pixel_losses.h"

namespace atelier::training {
namespace {

using BatchTensor = at::Tensor McldBatch::*;
constexpr BatchTensor kBatchTensors[] = {
    &McldBatch::target,    &McldBatch::texture,     &McldBatch::warp_latents, &McldBatch::iuv,
    &McldBatch::warp,      &McldBatch::clip_source, &McldBatch::clip_texture, &McldBatch::face,
    &McldBatch::face_mask, &McldBatch::person_mask, &McldBatch::truth};
static_assert(sizeof(McldBatch) == std::size(kBatchTensors) * sizeof(at::Tensor),
              "every tensor of a batch is listed");

std::vector<const Image*> Pick(const std::vector<McldSample>& samples,
                               const Image& (*pick)(const McldSample&)) {
  std::vector<const Image*> images;
  images.reserve(samples.size());
  for (const McldSample& sample : samples) images.push_back(&pick(sample));
  return images;
}

at::Tensor Bytes(const at::Tensor& pictures) { return (pictures * 255).round().to(at::kByte); }

at::Tensor FaceEmbeddings(const std::vector<McldSample>& samples, McldTraining& training) {
  const int64_t width = training.face->config().embedding_size;
  at::Tensor embeddings =
      at::zeros({static_cast<int64_t>(samples.size()), 1, width}, training.device());
  std::vector<const Image*> crops;
  std::vector<int64_t> rows;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].pair.face.empty()) continue;
    crops.push_back(&samples[i].pair.face);
    rows.push_back(static_cast<int64_t>(i));
  }
  if (crops.empty()) return embeddings;
  const at::Tensor found = training.face->Embed(ToBatch(crops).to(training.device()) * 2 - 1);
  for (size_t i = 0; i < rows.size(); ++i)
    embeddings[rows[i]][0].copy_(found[static_cast<int64_t>(i)]);
  return embeddings;
}

}  // namespace

McldSample MakeMcldSample(const people::Body& body, int64_t index, bool held_out,
                          const PairOptions& options, const McldTraining& training) {
  const int64_t clip_size = training.networks.image_encoder->config().image_size;
  const engine::ClipInput clip_input = engine::ClipInputOf(training.folder.conditioning);
  McldSample sample;
  sample.pair = MakePair(body, index, held_out, options);
  Pair& pair = sample.pair;
  pair.texture = training.networks.Completed(pair.texture);
  pair.warped = LayOverTarget(pair.texture, pair);
  sample.clip_source = engine::ClipPixels(pair.source.rgb, clip_size, clip_input);
  sample.clip_texture = engine::ClipPixels(pair.texture.colours, clip_size, clip_input);
  return sample;
}

McldBatch Encode(const std::vector<McldSample>& samples, McldTraining& training) {
  const double scale = training.folder.conditioning.latent_scale;
  const at::Device device = training.device();
  const auto pictures = [&](const Image& (*pick)(const McldSample&)) {
    return ToBatch(Pick(samples, pick)).to(device);
  };
  const at::Tensor target =
      pictures(+[](const McldSample& s) -> const Image& { return s.pair.target.rgb; });
  const at::Tensor texture =
      pictures(+[](const McldSample& s) -> const Image& { return s.pair.texture.colours; });
  const at::Tensor iuv =
      pictures(+[](const McldSample& s) -> const Image& { return s.pair.target.iuv; });
  const at::Tensor warp = at::cat(
      {pictures(+[](const McldSample& s) -> const Image& { return s.pair.warped.colours; }),
       pictures(+[](const McldSample& s) -> const Image& { return s.pair.warped.validity; })},
      1);
  std::vector<at::Tensor> sources, textures;
  std::vector<Image> weights;
  for (const McldSample& sample : samples) {
    sources.push_back(sample.clip_source);
    textures.push_back(sample.clip_texture);
    weights.push_back(ErrorWeights(sample.pair.target));
  }

  McldBatch batch;
  batch.target = engine::EncodeLatents(training.networks.vae, target, scale);
  batch.texture = engine::EncodeLatents(training.networks.vae, texture, scale);
  if (training.folder.conditioning.warp_latents)
    batch.warp_latents = engine::WarpLatents(training.networks.vae, warp, scale);
  batch.iuv = Bytes(iuv);
  batch.warp = Bytes(warp);
  batch.clip_source = at::cat(sources).to(device);
  batch.clip_texture = at::cat(textures).to(device);
  batch.face = FaceEmbeddings(samples, training);
  const at::Tensor head = batch.iuv.slice(1, 0, 1).ge(23).to(at::kFloat);
  batch.face_mask = at::upsample_nearest2d(head, {batch.target.size(2), batch.target.size(3)});
  batch.truth = Bytes(at::cat({target, ToBatch(weights).to(device)}, 1));
  const at::Tensor person = batch.truth.slice(1, 3).ge(kPersonWeight).to(at::kFloat);
  batch.person_mask = at::adaptive_avg_pool2d(person, batch.target.sizes().slice(2));
  return batch;
}

McldBatch RowOf(const McldBatch& batch, int64_t row) {
  McldBatch one;
  for (const BatchTensor tensor : kBatchTensors)
    if ((batch.*tensor).defined()) one.*tensor = (batch.*tensor).slice(0, row, row + 1);
  return one;
}

McldBatch Concatenate(const std::vector<McldBatch>& batches) {
  McldBatch whole;
  for (const BatchTensor tensor : kBatchTensors) {
    std::vector<at::Tensor> parts;
    for (const McldBatch& batch : batches) parts.push_back(batch.*tensor);
    if (parts.front().defined()) whole.*tensor = at::cat(parts);
  }
  return whole;
}

}  // namespace atelier::training
