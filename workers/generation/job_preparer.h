// JobPreparer: from a SynthesisSpec to what the engine paints: pictures fetched and decoded, poses
// and regions read. Thread-safe.
//
// The source and the face picture are read at no more than kMaxConditionSide pixels on the long
// side: a painted picture has at most 1024, and the services' time grows with the area. A pose
// picture or IUV of another aspect than the result is padded, so that the pose is not stretched.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "atelier/v1/synthesis.pb.h"
#include "base/result.h"
#include "engine/painter.h"
#include "generation/asset_source.h"
#include "generation/conditions_cache.h"
#include "generation/painter_set.h"
#include "generation/perception_client.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

inline constexpr int kMaxConditionSide = 1024;
inline constexpr int kMaxImageCount = 8;

/// One job, ready to paint: the same conditions for each of its seeds.
struct PaintJob : public runtime::PreparedJob {
  engine::Painter* painter = nullptr;
  engine::PaintRequest conditions;  // its seed is not used
  std::vector<uint64_t> seeds;
  engine::PaintOptions options;
};

class JobPreparer {
 public:
  /// References must outlive the preparer.
  JobPreparer(const PainterSet& painters, AssetSource& assets, Perception& perception,
              ConditionsCache& cache);

  /// Errors name the offending field of the spec. INVALID_ARGUMENT; NOT_FOUND (model, asset);
  /// FAILED_PRECONDITION: NO_PERSON, NO_FACE, TEXTURE_SIZE; UNAVAILABLE, DEADLINE_EXCEEDED.
  Result<std::unique_ptr<PaintJob>> Prepare(const v1::SynthesisSpec& spec, std::stop_token stop);

 private:
  using SharedConditions = std::shared_ptr<const Conditions>;

  Result<std::string> Bytes(const v1::Picture& picture, std::string_view field,
                            std::stop_token stop);
  Result<SharedConditions> ReadPerson(const v1::Picture& picture, std::string_view field,
                                      std::stop_token stop);
  Result<Image> ReadTargetIuv(const v1::SynthesisSpec& spec, int height, int width,
                              std::stop_token stop);
  Result<SharedConditions> ReadPose(const v1::Picture& picture, int height, int width,
                                    std::stop_token stop);
  Status FillFace(const v1::SynthesisSpec& spec, const Conditions& source, std::stop_token stop,
                  engine::PaintRequest& request);
  Status FillTexture(const v1::SynthesisSpec& spec, const Conditions& source,
                     const engine::ModelInfo& info, std::stop_token stop,
                     engine::PaintRequest& request);

  const PainterSet& painters_;
  AssetSource& assets_;
  Perception& perception_;
  ConditionsCache& cache_;
};

}  // namespace atelier::generation
