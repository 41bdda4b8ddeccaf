#include "engine/painting/latent_painter.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "engine/images/tensor.h"
#include "engine/painting/finite_check.h"
#include "engine/painting/latent_pictures.h"
#include "engine/painting/painting_error.h"
#include "engine/painting/sample_noise.h"
#include "system/free_memory.h"

namespace atelier::engine {
namespace {

/// Shortest side of the latents that a preview is decoded from.
constexpr int64_t kPreviewLatents = 16;

/// The requests of which a preview is wanted after `step`.
std::vector<int64_t> RowsWithPreview(std::span<const PaintRequest> requests,
                                     const ResolvedPaintOptions& options, int step) {
  std::vector<int64_t> rows;
  for (size_t row = 0; row < requests.size(); ++row) {
    const int every = requests[row].preview_every.value_or(options.preview_every);
    if (every > 0 && step % every == 0) rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

/// A scheduler of its own for every batch: nothing is left over from the one before.
Result<std::unique_ptr<Scheduler>> SchedulerFor(const ResolvedPaintOptions& options,
                                                const SchedulerConfig& config) {
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<Scheduler> scheduler,
                           MakeScheduler(options.scheduler, config));
  if (options.steps > scheduler->max_steps())
    return InvalidField(
        "steps",
        "from 1 to " + std::to_string(scheduler->max_steps()) + " with this model and scheduler",
        std::to_string(options.steps));
  scheduler->SetTimesteps(options.steps);
  return scheduler;
}

}  // namespace

LatentPainter::LatentPainter(ModelFolder model, AutoencoderKL vae, SchedulerConfig scheduler,
                             const NumberFormat& format)
    : model_(std::move(model)),
      vae_(std::move(vae)),
      scheduler_config_(std::move(scheduler)),
      format_(format) {}

Result<std::vector<Image>> LatentPainter::Paint(std::span<const PaintRequest> requests,
                                                const PaintOptions& options,
                                                const StepCallback& on_step) {
  ATELIER_ASSIGN_OR_RETURN(const ResolvedPaintOptions resolved,
                           ResolvePaintOptions(options, model_.info));
  ATELIER_RETURN_IF_ERROR(CheckPaintRequests(requests, model_.info));
  PrepareMemory(resolved, requests.size());
  // Seam: LibTorch throws when memory or the device fails.
  try {
    return PaintChecked(requests, resolved, on_step);
  } catch (const std::exception& error) {
    return PaintingError(error, requests.size());
  }
}

void LatentPainter::PrepareMemory(const ResolvedPaintOptions& options, size_t pictures) {
  const int64_t pixels = int64_t{options.height} * options.width * static_cast<int64_t>(pictures);
  if (pixels != last_pixels_ && last_pixels_ != 0) GiveBackFreeMemory();
  last_pixels_ = pixels;
}

Result<std::vector<Image>> LatentPainter::PaintChecked(std::span<const PaintRequest> requests,
                                                       const ResolvedPaintOptions& options,
                                                       const StepCallback& on_step) {
  const c10::InferenceMode inference;
  UseNumberFormat(format_);
  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Scheduler> scheduler,
                           SchedulerFor(options, scheduler_config_));
  std::vector<uint64_t> seeds;
  for (const PaintRequest& request : requests) seeds.push_back(request.seed);
  const SampleNoise noise =
      SeededNoise(seeds, vae_->config().latent_channels, options.height / kLatentPixels,
                  options.width / kLatentPixels);

  const EncodedBatch batch = Encode(requests, options);
  // From here: the first step's time is that of a step and not the conditions' as well.
  auto started = std::chrono::steady_clock::now();
  const DenoiseCallback report = [&](const DenoiseStep& state) {
    PaintStep step{.step = state.step, .steps = options.steps, .seconds = 0, .previews = {}};
    step.previews =
        MakePreviews(state.original_latents, RowsWithPreview(requests, options, state.step));
    const auto now = std::chrono::steady_clock::now();
    step.seconds = std::chrono::duration<double>(now - started).count();
    started = now;
    return on_step(step);
  };
  ATELIER_ASSIGN_OR_RETURN(const at::Tensor latents,
                           Sample(*scheduler, noise, vae_->parameters().front().device(),
                                  batch.predict, on_step ? report : DenoiseCallback()));

  if (!IsFinite(latents)) return NotFinite(batch.first_not_finite());
  const at::Tensor decoded = DecodeLatents(vae_, latents, latent_scale());
  if (!IsFinite(decoded)) return NotFinite("vae");
  std::vector<Image> pictures;
  for (const at::Tensor& picture : decoded.split(1)) pictures.push_back(ToImage(picture));
  return pictures;
}

std::vector<Image> LatentPainter::MakePreviews(const at::Tensor& latents,
                                               const std::vector<int64_t>& rows) {
  if (rows.empty()) return {};
  const bool halve = std::min(latents.size(2), latents.size(3)) >= 2 * kPreviewLatents;
  const auto size = halve ? PictureSize::kHalf : PictureSize::kWhole;
  std::vector<Image> previews(static_cast<size_t>(latents.size(0)));
  // Nobody waits for the other rows: they are not decoded.
  const at::Tensor some = latents.index_select(0, at::tensor(rows, at::kLong).to(latents.device()));
  const std::vector<at::Tensor> pictures = DecodeLatents(vae_, some, latent_scale(), size).split(1);
  for (size_t i = 0; i < rows.size(); ++i)
    previews[static_cast<size_t>(rows[i])] = ToImage(pictures[i]);
  return previews;
}

}  // namespace atelier::engine
