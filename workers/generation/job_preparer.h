// JobPreparer: from a SynthesisSpec to what the engine paints: pictures fetched and decoded, poses
// and regions read (condition_reader.h). Thread-safe.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "atelier/v1/synthesis.pb.h"
#include "base/result.h"
#include "engine/painter.h"
#include "generation/condition_reader.h"
#include "generation/painter_set.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

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
  /// FAILED_PRECONDITION: NO_PERSON, NO_FACE, NO_FACE_EMBEDDING, TEXTURE_SIZE, IUV_CHART;
  /// UNAVAILABLE, DEADLINE_EXCEEDED. What makes the result doubtful is in the job's warnings.
  /// `lease` lets the job fetch its pictures.
  Result<std::unique_ptr<PaintJob>> Prepare(const v1::SynthesisSpec& spec, std::stop_token stop,
                                            LeaseOfJob lease = {});

 private:
  Status FillSource(const v1::SynthesisSpec& spec, const JobContext& job,
                    engine::PaintRequest& request);
  Status FillFace(const v1::SynthesisSpec& spec, const Conditions& source, const JobContext& job,
                  engine::PaintRequest& request);
  /// FAILED_PRECONDITION (NO_FACE) when nobody is seen and there is no detector of faces.
  Result<std::shared_ptr<const Conditions>> ReadFace(const v1::Picture& picture,
                                                     const JobContext& job);
  Status FillTexture(const v1::SynthesisSpec& spec, const Conditions& source, const JobContext& job,
                     engine::PaintRequest& request);
  Result<Image> ReadTargetIuv(const v1::SynthesisSpec& spec, int height, int width,
                              const JobContext& job);

  const PainterSet& painters_;
  ConditionReader reader_;
};

}  // namespace atelier::generation
