#include "training/tasks/mcld_samples.h"

#include <iterator>

#include "engine/images/tensor.h"
#include "training/data/device_stream.h"
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

constexpr int kHeadPart = 23;  // and 24

/// uint8 [1, C, H, W].
at::Tensor Bytes(const Image& picture) {
  // from_blob takes no const pointer; nothing is written to it.
  const at::Tensor rows =
      at::from_blob(const_cast<uint8_t*>(picture.data.data()),
                    {1, picture.height, picture.width, picture.channels}, at::kByte);
  return at::empty({1, picture.channels, picture.height, picture.width}, at::kByte)
      .copy_(rows.permute({0, 3, 1, 2}));
}

/// 0..255 -> 0..1, where the bytes are.
at::Tensor Unit(const at::Tensor& bytes) { return bytes.to(at::kFloat).div_(255.0); }

/// The samples' tensors `part`, on the device.
at::Tensor Gather(const std::vector<PackedSample>& samples, at::Tensor PackedSample::*part,
                  const at::Device& device) {
  std::vector<at::Tensor> rows;
  rows.reserve(samples.size());
  for (const PackedSample& sample : samples) rows.push_back(sample.*part);
  return SendRows(rows, device);
}

at::Tensor FaceEmbeddings(const std::vector<PackedSample>& samples, McldTraining& training) {
  const at::Device device = training.device();
  const int64_t width = training.face->config().embedding_size;
  at::Tensor embeddings =
      at::zeros({static_cast<int64_t>(samples.size()), 1, width}, at::Device(device));
  std::vector<at::Tensor> crops;
  std::vector<int64_t> rows;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!samples[i].face.defined()) continue;
    crops.push_back(samples[i].face);
    rows.push_back(static_cast<int64_t>(i));
  }
  if (crops.empty()) return embeddings;
  const at::Tensor found = training.face->Embed(Unit(SendRows(crops, device)) * 2 - 1);
  return embeddings.index_copy_(0, Send(at::tensor(rows, at::kLong), device),
                                found.to(at::kFloat).unsqueeze(1));
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

PackedSample Pack(const McldSample& sample, int64_t cell_side) {
  const Pair& pair = sample.pair;
  PackedSample packed;
  packed.target = Bytes(pair.target.rgb);
  packed.texture = Bytes(pair.texture.colours);
  packed.iuv = Bytes(pair.target.iuv);
  packed.warp = at::cat({Bytes(pair.warped.colours), Bytes(pair.warped.validity)}, 1);
  packed.weights = Bytes(ErrorWeights(pair.target));
  packed.clip_source = sample.clip_source;
  packed.clip_texture = sample.clip_texture;
  if (!pair.face.empty()) packed.face = Bytes(pair.face);
  const int64_t rows = packed.target.size(2) / cell_side;
  const int64_t columns = packed.target.size(3) / cell_side;
  const at::Tensor head = packed.iuv.slice(1, 0, 1).ge(kHeadPart).to(at::kFloat);
  packed.face_mask = at::upsample_nearest2d(head, {rows, columns});
  const at::Tensor person = packed.weights.ge(kPersonWeight).to(at::kFloat);
  packed.person_mask = at::adaptive_avg_pool2d(person, {rows, columns});
  return packed;
}

McldBatch Encode(const std::vector<PackedSample>& samples, McldTraining& training) {
  const double scale = training.folder.conditioning.latent_scale;
  const at::Device device = training.device();
  const auto gather = [&](at::Tensor PackedSample::*part) { return Gather(samples, part, device); };
  engine::AutoencoderKL& vae = training.networks.vae;
  const at::Tensor target = gather(&PackedSample::target);

  McldBatch batch;
  batch.target = engine::EncodeLatents(vae, Unit(target), scale);
  batch.texture = engine::EncodeLatents(vae, Unit(gather(&PackedSample::texture)), scale);
  batch.iuv = gather(&PackedSample::iuv);
  batch.warp = gather(&PackedSample::warp);
  if (training.folder.conditioning.warp_latents)
    batch.warp_latents = engine::WarpLatents(vae, Unit(batch.warp), scale);
  batch.clip_source = gather(&PackedSample::clip_source);
  batch.clip_texture = gather(&PackedSample::clip_texture);
  batch.face = FaceEmbeddings(samples, training);
  batch.face_mask = gather(&PackedSample::face_mask);
  batch.person_mask = gather(&PackedSample::person_mask);
  batch.truth = at::cat({target, gather(&PackedSample::weights)}, 1);
  return batch;
}

McldBatch RowsOf(const McldBatch& batch, const at::Tensor& rows) {
  McldBatch picked;
  for (const BatchTensor tensor : kBatchTensors)
    if ((batch.*tensor).defined()) picked.*tensor = (batch.*tensor).index_select(0, rows);
  return picked;
}

McldBatch EmptyLike(const McldBatch& like, int64_t size) {
  McldBatch batch;
  for (const BatchTensor tensor : kBatchTensors) {
    if (!(like.*tensor).defined()) continue;
    std::vector<int64_t> sizes = (like.*tensor).sizes().vec();
    sizes[0] = size;
    batch.*tensor = at::empty(sizes, (like.*tensor).options());
  }
  return batch;
}

void CopyRows(const McldBatch& from, McldBatch& to, int64_t first) {
  for (const BatchTensor tensor : kBatchTensors)
    if ((from.*tensor).defined()) (to.*tensor).narrow(0, first, from.size()).copy_(from.*tensor);
}

}  // namespace atelier::training
