#include "support/toy_pipeline.h"

#include <ATen/ATen.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "engine/images/resize.h"
#include "engine/painting/paint_inputs.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"

namespace atelier::testing {
namespace {

using engine::ModelFolder;
using engine::PaintRequest;
using engine::TensorMap;

constexpr char kModelJson[] = R"({
  "name": "toy", "pipeline": "toy", "height": 64, "width": 32, "seed_matters": false,
  "components": {"tint": {"weights": "tint.safetensors"}},
  "conditioning": {"texture_layout": "atlas", "texture_height": 64, "texture_width": 96},
  "defaults": {"steps": 2, "guidance": 1.0}
})";

Image Tinted(const PaintRequest& request, const float* tint, int height, int width) {
  using engine::ResizeFilter;
  Image image = engine::Resize(request.source, height, width, ResizeFilter::kBilinear);
  const Image keypoints = engine::ResizeNearest(request.keypoint_picture, height, width);
  for (size_t i = 0; i < image.data.size(); ++i) {
    const auto tinted = static_cast<uint8_t>(tint[i % 3] * static_cast<float>(image.data[i]));
    image.data[i] = keypoints.data[i] > 0 ? keypoints.data[i] : tinted;
  }
  return image;
}

class ToyPainter : public engine::Painter {
 public:
  ToyPainter(engine::ModelInfo info, at::Tensor tint)
      : info_(std::move(info)), tint_(tint.to(at::kFloat).contiguous()) {}

  const engine::ModelInfo& info() const override { return info_; }

  Result<std::vector<Image>> Paint(std::span<const PaintRequest> requests,
                                   const engine::PaintOptions& options,
                                   const engine::StepCallback& on_step) override {
    ATELIER_ASSIGN_OR_RETURN(const auto resolved, engine::ResolvePaintOptions(options, info_));
    ATELIER_RETURN_IF_ERROR(engine::CheckPaintRequests(requests, info_));
    for (int step = 1; step <= resolved.steps; ++step) {
      if (on_step && !on_step({.step = step, .steps = resolved.steps, .previews = {}})) {
        return MakeError(Code::kCancelled, "CANCELLED", "cancelled");
      }
    }
    std::vector<Image> images;
    for (const PaintRequest& request : requests) {
      images.push_back(
          Tinted(request, tint_.const_data_ptr<float>(), resolved.height, resolved.width));
    }
    return images;
  }

 private:
  engine::ModelInfo info_;
  at::Tensor tint_;  // [3], red, green and blue
};

TensorMap Shapes() { return {{"tint", at::empty({3}, at::TensorOptions().device(at::kMeta))}}; }

Result<std::unique_ptr<engine::Painter>> Load(ModelFolder model, const engine::LoadTarget&) {
  ATELIER_ASSIGN_OR_RETURN(const auto* component, model.Component("tint"));
  ATELIER_ASSIGN_OR_RETURN(const TensorMap tensors, engine::ReadWeights(component->weights));
  if (!engine::CompareStateDict(Shapes(), tensors).empty()) {
    return InvalidField("components.tint", "one tensor of three numbers", "other tensors");
  }
  return std::make_unique<ToyPainter>(std::move(model.info), tensors.at("tint"));
}

engine::Pipeline ToyPipeline() {
  return {.name = "toy",
          .conditions = {engine::Condition::kSourcePicture, engine::Condition::kKeypointPicture},
          .required_components = {"tint"},
          .optional_components = {},
          .fill_info = {},
          .expected_shapes = [](const ModelFolder&, const std::string&) { return Shapes(); },
          .check_configs = [](const ModelFolder&) { return Status(); },
          .load = &Load};
}

}  // namespace

void RegisterToyPipeline() { engine::RegisterPipeline(ToyPipeline()); }

ToyModelFolder::ToyModelFolder() {
  std::ofstream(path() / "model.json") << kModelJson;
  const Status written = engine::WriteSafetensors(path() / "tint.safetensors",
                                                  {{"tint", at::tensor({0.5f, 1.0f, 0.25f})}});
  // A test without its model cannot say anything.
  if (!written) std::abort();
}

}  // namespace atelier::testing
