#include "training/tasks/pose_task.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/images/tensor.h"
#include "engine/models/heat_peaks.h"
#include "people/files/png_writer.h"
#include "training/data/batch.h"
#include "training/data/device_stream.h"
#include "training/data/pairs.h"
#include "training/metrics/picture_grid.h"

namespace atelier::training {
namespace {

using at::indexing::None;
using at::indexing::Slice;

constexpr int kHeldOutPictures = 64;
constexpr int kGridPictures = 8;
/// Pixels of a heat map's cell.
constexpr double kCell = 4;
/// Standard deviation of a keypoint's Gaussian, in cells.
constexpr double kHeatSigma = 1.5;
constexpr double kUvWeight = 2.0;
constexpr double kHeatWeight = 40.0;

/// Gaussians around the keypoints that are in the picture: [B, 18, H/4, W/4].
at::Tensor HeatTargets(const std::vector<people::Rendering>& batch, int64_t height, int64_t width) {
  const auto count = static_cast<int64_t>(batch.size());
  at::Tensor x = at::full({count, kKeypointCount, 1, 1}, -1e4, at::kFloat), y = x.clone();
  for (int64_t i = 0; i < count; ++i) {
    for (int k = 0; k < kKeypointCount; ++k) {
      const Keypoint& point = batch[i].keypoints[k];
      if (point.confidence <= 0) continue;
      x[i][k] = point.x / kCell - 0.5;  // cell (0, 0) is centred at pixel (2, 2)
      y[i][k] = point.y / kCell - 0.5;
    }
  }
  const at::Tensor dx = at::arange(width, at::kFloat).view({1, 1, 1, -1}) - x;
  const at::Tensor dy = at::arange(height, at::kFloat).view({1, 1, -1, 1}) - y;
  return at::exp(-(dx.square() + dy.square()) / (2 * kHeatSigma * kHeatSigma));
}

/// Colour, noise, and in half of the pictures another background.
at::Tensor Augment(at::Tensor pictures, const at::Tensor& mask, at::Generator& generator) {
  const int64_t count = pictures.size(0);
  const at::Tensor gain = at::rand({count, 3, 1, 1}, generator, at::kFloat) * 0.5 + 0.75;
  const at::Tensor lift = at::randn({count, 1, 1, 1}, generator, at::kFloat) * 0.05;
  const at::Tensor blobs =
      at::upsample_bilinear2d(at::rand({count, 3, 6, 4}, generator, at::kFloat),
                              {pictures.size(2), pictures.size(3)}, false);
  const at::Tensor swap = at::rand({count, 1, 1, 1}, generator, at::kFloat).lt(0.5);
  pictures = at::where(swap.logical_and(mask.lt(0.5)), blobs, pictures);
  const at::Tensor noise = at::randn(pictures.sizes(), generator, at::kFloat) *
                           at::rand({count, 1, 1, 1}, generator, at::kFloat) * 0.05;
  return (pictures * gain + lift + noise).clamp(0, 1);
}

/// Of the person as far as the picture shows it, in pixels.
double PersonHeight(const people::Rendering& shown) {
  int top = shown.mask.height, bottom = 0;
  for (int y = 0; y < shown.mask.height; ++y) {
    const uint8_t* row = shown.mask.at(y, 0);
    if (std::all_of(row, row + shown.mask.width, [](uint8_t value) { return value == 0; }))
      continue;
    top = std::min(top, y);
    bottom = y + 1;
  }
  return std::max(1, bottom - top);
}

}  // namespace

PoseTask::PoseTask(std::shared_ptr<const people::Body> body, engine::PoseNetwork network,
                   const PoseTaskOptions& options, const RunState& state)
    : Task({{"pose_network", network.ptr()}}, state),
      body_(std::move(body)),
      network_(std::move(network)),
      options_(options),
      batches_([body = body_, height = static_cast<int>(network_->config().height),
                width = static_cast<int>(network_->config().width)](
                   int64_t index) { return MakePicture(*body, index, false, height, width); },
               state, options.render_threads, options.batch, options.reuse),
      steps_([this](at::Generator& generator) { return Prepare(generator); },
             at::Device(options.device)) {
  MoveTo(at::Device(options_.device));
}

StepsAhead<PoseTask::Inputs>::Step PoseTask::Prepare(at::Generator& generator) {
  const std::vector<people::Rendering>& batch = batches_.Next();
  std::vector<const Image*> pictures, masks, iuvs;
  for (const people::Rendering& shown : batch) {
    pictures.push_back(&shown.rgb);
    masks.push_back(&shown.mask);
    iuvs.push_back(&shown.iuv);
  }
  const at::Device device(options_.device);
  Inputs inputs;
  inputs.pictures = Send(Augment(ToBatch(pictures), ToBatch(masks), generator), device);
  // Every other pixel: the maps are at half the picture's size.
  inputs.iuv = Send(
      (ToBatch(iuvs).index({Slice(), Slice(), Slice(None, None, 2), Slice(None, None, 2)}) * 255)
          .round(),
      device);
  constexpr auto kCellPixels = static_cast<int64_t>(kCell);
  inputs.heat = Send(HeatTargets(batch, network_->config().height / kCellPixels,
                                 network_->config().width / kCellPixels),
                     device);
  return {std::move(inputs), {batches_.samples_taken(), batches_.place()}};
}

at::Tensor PoseTask::NextLoss(at::Generator& generator) {
  const auto& step = steps_.Next(generator);
  SetProgress(step.progress);
  const at::Tensor &input = step.inputs.pictures, &iuv = step.inputs.iuv;
  pictures_seen_ += input.size(0);
  const engine::PoseMaps maps = network_->forward(input * 2 - 1);

  const at::Tensor part = iuv.select(1, 0).to(at::kLong);  // [B, h, w]
  const at::Tensor part_loss = at::cross_entropy_loss(maps.parts.to(at::kFloat), part);

  const at::Tensor index = (part - 1).clamp_min(0).unsqueeze(1);  // [B, 1, h, w]
  const at::Tensor uv = maps.uv.to(at::kFloat);
  const at::Tensor predicted = at::cat({uv.slice(1, 0, kBodyPartCount).gather(1, index),
                                        uv.slice(1, kBodyPartCount).gather(1, index)},
                                       1);
  const at::Tensor on_person = part.gt(0).unsqueeze(1).to(at::kFloat);
  const at::Tensor uv_loss =
      (at::smooth_l1_loss(predicted, iuv.slice(1, 1, 3) / 255, at::Reduction::None, 0.05) *
       on_person)
          .sum() /
      on_person.sum().clamp_min(1);

  const at::Tensor heat_loss =
      (at::sigmoid(maps.heat.to(at::kFloat)) - step.inputs.heat).square().mean();
  return part_loss + kUvWeight * uv_loss + kHeatWeight * heat_loss;
}

Result<std::string> PoseTask::Evaluate(const std::filesystem::path& folder) {
  const int height = static_cast<int>(network_->config().height);
  const int width = static_cast<int>(network_->config().width);
  const at::Device device(options_.device);
  int64_t visible = 0, found = 0;
  double right_parts = 0, right_person = 0, uv_error = 0;
  std::vector<std::vector<Image>> rows(3);
  for (int i = 0; i < kHeldOutPictures; ++i) {
    const people::Rendering shown = MakePicture(*body_, i, true, height, width);
    const engine::PoseMaps maps = network_->forward(ToBatch({&shown.rgb}).to(device) * 2 - 1);
    const at::Tensor logits =
        at::upsample_bilinear2d(maps.parts.to(at::kFloat), {height, width}, false);
    const at::Tensor part = logits.argmax(1)[0].cpu();  // [H, W]
    const at::Tensor truth = (ToBatch({&shown.iuv})[0] * 255).round();
    const at::Tensor true_part = truth[0].to(at::kLong);
    const at::Tensor person = true_part.gt(0);
    right_parts += part.eq(true_part).to(at::kFloat).mean().item<double>() / kHeldOutPictures;
    right_person +=
        part.eq(true_part).index({person}).to(at::kFloat).mean().item<double>() / kHeldOutPictures;
    const at::Tensor uv =
        at::upsample_bilinear2d(maps.uv.to(at::kFloat), {height, width}, false)[0].cpu();
    const at::Tensor index = (true_part - 1).clamp_min(0).unsqueeze(0);
    const at::Tensor error =
        (uv.slice(0, 0, kBodyPartCount).gather(0, index)[0] - truth[1] / 255).abs() +
        (uv.slice(0, kBodyPartCount).gather(0, index)[0] - truth[2] / 255).abs();
    uv_error += error.index({person}).mean().item<double>() / 2 / kHeldOutPictures;

    const Keypoints seen = engine::ReadHeatPeaks(at::sigmoid(maps.heat[0].to(at::kFloat)));
    const double reach = 0.05 * PersonHeight(shown);
    for (int k = 0; k < kKeypointCount; ++k) {
      const Keypoint& point = shown.keypoints[k];
      if (point.confidence < 1) continue;
      ++visible;
      found += std::hypot(seen[k].x * kCell - point.x, seen[k].y * kCell - point.y) <= reach;
    }
    if (i >= kGridPictures) continue;
    Image guess(height, width, 3);
    const at::Tensor chosen = (part - 1).clamp_min(0).unsqueeze(0);
    const at::Tensor u = uv.slice(0, 0, kBodyPartCount).gather(0, chosen)[0];
    const at::Tensor v = uv.slice(0, kBodyPartCount).gather(0, chosen)[0];
    const at::Tensor on = part.gt(0).to(at::kFloat);
    guess = engine::ToImage(at::stack({part.to(at::kFloat) / 255, u * on, v * on}));
    rows[0].push_back(shown.rgb);
    rows[1].push_back(ShowIuv(shown.iuv));
    rows[2].push_back(ShowIuv(guess));
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), folder / "grid.png"));
  char line[200];
  std::snprintf(line, sizeof line,
                "parts right %.2f %% of pixels, %.2f %% of the person's; U/V off %.3f; "
                "keypoints within 5 %% %.1f %%",
                right_parts * 100, right_person * 100, uv_error,
                100.0 * found / std::max<int64_t>(1, visible));
  return std::string(line);
}

}  // namespace atelier::training
