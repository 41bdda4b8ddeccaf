// A Painter that paints its seed: every byte of a picture is the request's seed. It stands for a
// model of either texture layout.
#pragma once

#include <algorithm>
#include <set>
#include <vector>

#include "base/iuv_chart.h"
#include "engine/painter.h"

namespace atelier {

class FakePainter : public engine::Painter {
 public:
  /// `layout`: "atlas", whose models read the renderer's chart, or "smpl", whose models read
  /// DensePose's.
  explicit FakePainter(const std::string& name = "mini", const std::string& layout = "atlas") {
    const bool is_atlas = layout == "atlas";
    info_.name = name;
    info_.pipeline = "mcld";
    info_.conditions = {engine::Condition::kSourcePicture, engine::Condition::kTextureMap,
                        engine::Condition::kTargetIuv, engine::Condition::kFaceEmbedding};
    info_.height = 256;
    info_.width = 176;
    info_.texture_layout = layout;
    info_.texture_height = is_atlas ? 64 : 512;
    info_.texture_width = is_atlas ? 96 : 512;
    info_.iuv_chart = is_atlas ? kAtelierChart : kDensePoseChart;
    info_.max_steps = 50;
    info_.detail_pass = is_atlas;
  }

  /// More requests than this are RESOURCE_EXHAUSTED.
  size_t memory = 64;
  /// A call with one of these seeds is INVALID_ARGUMENT.
  std::set<uint64_t> bad_seeds;
  int steps = 4;
  /// Requests of each call.
  std::vector<size_t> calls;
  /// Previews that were made.
  int previews = 0;

  const engine::ModelInfo& info() const override { return info_; }
  /// As if its pipeline read these alone.
  void Read(std::vector<engine::Condition> conditions) { info_.conditions = std::move(conditions); }

  Result<std::vector<Image>> Paint(std::span<const engine::PaintRequest> requests,
                                   const engine::PaintOptions& options,
                                   const engine::StepCallback& on_step) override {
    calls.push_back(requests.size());
    if (requests.size() > memory) {
      return MakeError(Code::kResourceExhausted, "OUT_OF_MEMORY", "the batch does not fit");
    }
    for (const engine::PaintRequest& request : requests) {
      if (bad_seeds.contains(request.seed)) {
        return MakeError(Code::kInvalidArgument, "INVALID_FIELD", "a bad seed");
      }
    }
    for (int step = 1; step <= steps; ++step) {
      engine::PaintStep state{step, steps, 0.5, {}};
      for (size_t row = 0; row < requests.size(); ++row) {
        const int every = requests[row].preview_every.value_or(options.preview_every);
        if (every == 0 || step % every != 0) continue;
        state.previews.resize(requests.size());
        state.previews[row] = Image(16, 16, 3);
        ++previews;
      }
      if (!on_step(state)) return MakeError(Code::kCancelled, "CANCELLED", "cancelled");
    }
    std::vector<Image> images;
    for (const engine::PaintRequest& request : requests) {
      images.emplace_back(16, 16, 3, static_cast<uint8_t>(request.seed));
    }
    return images;
  }

 private:
  engine::ModelInfo info_;
};

}  // namespace atelier
