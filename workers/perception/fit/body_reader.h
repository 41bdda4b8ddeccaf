// BodyReader: the IUV of the person in a photograph, from the body that is fitted to what a network
// for photographs read. The IUV is in the project's own chart.
#pragma once

#include <filesystem>
#include <memory>

#include "base/image.h"
#include "base/result.h"
#include "people/fit/body_fitter.h"
#include "perception/keypoint_estimator.h"

namespace atelier::perception {

/// One thread at a time.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  /// `estimate` is what was read of the person in `picture`. FAILED_PRECONDITION:
  /// NO_WORLD_LANDMARKS when it has no landmarks in the world or no mask; HEAD_NOT_SEEN and
  /// FIT_POOR as people::BodyFitter::Fit().
  virtual Result<people::BodyFit> Read(const Image& picture, const KeypointEstimate& estimate) = 0;
};

/// Reads with `fitter`. The face networks of `photograph_folder` say whether a head is seen from
/// the front; errors as FaceFinder::Load().
Result<std::shared_ptr<BodyReader>> LoadBodyReader(std::shared_ptr<const people::BodyFitter> fitter,
                                                   const std::filesystem::path& photograph_folder);

}  // namespace atelier::perception
