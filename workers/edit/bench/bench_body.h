// The body, mask and face points of a rendered person: the renderer's, or found in the picture.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.h"
#include "edit/bench/bench_case.h"
#include "edit/bench/edit_method.h"
#include "edit/person/subject.h"
#include "people/pose/posed_body.h"

namespace atelier::edit {

struct BenchBody {
  /// In pixels of the rendering.
  people::PosedBody posed;
  /// One channel, 255 = the person.
  Image mask;
  /// What the face networks found.
  std::optional<FacePoints> face;
};

/// One thread at a time.
class BodyFinder {
 public:
  /// `networks`: folder of the networks for photographs; exact bodies do without when it is empty,
  /// and have no face points then. Errors as the networks' own.
  static Result<std::unique_ptr<BodyFinder>> Load(std::shared_ptr<const people::Body> body,
                                                  const std::filesystem::path& networks,
                                                  BenchBodies bodies);
  virtual ~BodyFinder() = default;

  /// FAILED_PRECONDITION as KeypointEstimator and BodyReader have it; exact bodies have none.
  virtual Result<BenchBody> Find(const BenchPerson& person) = 0;
};

}  // namespace atelier::edit
