#include "engine/pipelines/mcld/mcld_painter.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/painting/painting_error.h"
#include "engine/pipelines/mcld/finite_check.h"
#include "engine/texture/texture_map.h"
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

}  // namespace

McldPainter::McldPainter(ModelFolder model, McldNetworks networks, SchedulerConfig scheduler,
                         const NumberFormat& format)
    : model_(std::move(model)),
      networks_(std::move(networks)),
      scheduler_config_(std::move(scheduler)),
      format_(format) {}

Result<std::vector<Image>> McldPainter::Paint(std::span<const PaintRequest> requests,
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

void McldPainter::PrepareMemory(const ResolvedPaintOptions& options, size_t pictures) {
  const int64_t pixels = int64_t{options.height} * options.width * static_cast<int64_t>(pictures);
  if (pixels != last_pixels_ && last_pixels_ != 0) GiveBackFreeMemory();
  last_pixels_ = pixels;
}

Result<std::vector<Image>> McldPainter::PaintChecked(std::span<const PaintRequest> requests,
                                                     const ResolvedPaintOptions& options,
                                                     const StepCallback& on_step) {
  const c10::InferenceMode inference;
  UseNumberFormat(format_);
  // A scheduler of its own for every batch: nothing is left over from the one before.
  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Scheduler> scheduler,
                           MakeScheduler(options.scheduler, scheduler_config_));
  if (options.steps > scheduler->max_steps())
    return InvalidField(
        "steps",
        "from 1 to " + std::to_string(scheduler->max_steps()) + " with this model and scheduler",
        std::to_string(options.steps));
  scheduler->SetTimesteps(options.steps);
  std::vector<uint64_t> seeds;
  for (const PaintRequest& request : requests) seeds.push_back(request.seed);
  const at::Tensor noise =
      SeededNoise(seeds, networks_.vae->config().latent_channels, options.height / kLatentPixels,
                  options.width / kLatentPixels);

  const EncodedConditions conditions = Encode(requests, options);
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
                           Denoise(networks_.denoising_unet, *scheduler, conditions, noise,
                                   options.guidance, on_step ? report : DenoiseCallback()));

  ATELIER_RETURN_IF_ERROR(CheckLatents(latents, conditions));
  const at::Tensor decoded = DecodeLatents(networks_.vae, latents, latent_scale());
  ATELIER_RETURN_IF_ERROR(CheckDecoded(decoded));
  std::vector<Image> pictures;
  for (const at::Tensor& picture : decoded.split(1)) pictures.push_back(ToImage(picture));
  return pictures;
}

ConditionInputs McldPainter::MakeInputs(const PaintRequest& request,
                                        const ResolvedPaintOptions& options) {
  const int64_t clip_size = networks_.image_encoder->config().image_size;
  const Image iuv = ResizeNearest(request.iuv, options.height, options.width);
  // The published data loader squashes the source to the picture's size before CLIP's own resize.
  const Image source =
      Resize(request.source, options.height, options.width, ResizeFilter::kBicubic);
  const TextureMap texture = CompleteTexture(
      {.colours = request.texture_map,
       .validity = request.texture_validity.empty() ? ValidityOfTexture(request.texture_map)
                                                    : request.texture_validity});
  std::vector<float> face = request.face_embedding;
  face.resize(static_cast<size_t>(model_.info.face_embedding_size), 0.0f);

  ConditionInputs inputs;
  const ClipInput clip_input = ClipInputOf(model_.conditioning);
  inputs.source_clip_pixels = ClipPixels(source, clip_size, clip_input);
  inputs.texture_clip_pixels = ClipPixels(texture.colours, clip_size, clip_input);
  inputs.texture = ToTensor(texture.colours);
  inputs.iuv = ByteTensor(iuv);
  inputs.face_embedding = at::tensor(face, at::kFloat).unsqueeze(0);
  const ConditioningConfig& conditioning = model_.conditioning;
  if (conditioning.warp_latents || conditioning.warp_pose_guider)
    inputs.warp = WarpTensor(WarpTexture(texture, iuv, FrameColour(request.source).data()));
  return inputs;
}

EncodedConditions McldPainter::Encode(std::span<const PaintRequest> requests,
                                      const ResolvedPaintOptions& options) {
  std::vector<ConditionInputs> rows;
  for (const PaintRequest& request : requests) rows.push_back(MakeInputs(request, options));
  const auto stack = [&rows](at::Tensor ConditionInputs::*field) {
    std::vector<at::Tensor> tensors;
    for (const ConditionInputs& row : rows) tensors.push_back(row.*field);
    return tensors.front().defined() ? at::cat(tensors, 0) : at::Tensor();
  };
  const ConditionInputs inputs{.source_clip_pixels = stack(&ConditionInputs::source_clip_pixels),
                               .texture_clip_pixels = stack(&ConditionInputs::texture_clip_pixels),
                               .texture = stack(&ConditionInputs::texture),
                               .iuv = stack(&ConditionInputs::iuv),
                               .warp = stack(&ConditionInputs::warp),
                               .face_embedding = stack(&ConditionInputs::face_embedding)};
  return EncodeConditions(networks_, model_.conditioning, inputs);
}

std::vector<Image> McldPainter::MakePreviews(const at::Tensor& latents,
                                             const std::vector<int64_t>& rows) {
  if (rows.empty()) return {};
  const bool halve = std::min(latents.size(2), latents.size(3)) >= 2 * kPreviewLatents;
  const auto size = halve ? PictureSize::kHalf : PictureSize::kWhole;
  std::vector<Image> previews(static_cast<size_t>(latents.size(0)));
  // Nobody waits for the other rows: they are not decoded.
  const at::Tensor some = latents.index_select(0, at::tensor(rows, at::kLong).to(latents.device()));
  const std::vector<at::Tensor> pictures =
      DecodeLatents(networks_.vae, some, latent_scale(), size).split(1);
  for (size_t i = 0; i < rows.size(); ++i)
    previews[static_cast<size_t>(rows[i])] = ToImage(pictures[i]);
  return previews;
}

}  // namespace atelier::engine
