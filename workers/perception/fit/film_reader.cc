#include "perception/fit/film_reader.h"

#include <utility>

#include "perception/fit/observation_of.h"
#include "perception/photograph/blaze_pose.h"

namespace atelier::perception {
namespace {

class BlazeFilmReader final : public FilmReader {
 public:
  explicit BlazeFilmReader(std::unique_ptr<KeypointEstimator> keypoints)
      : keypoints_(std::move(keypoints)) {}

  Result<KeypointEstimate> Estimate(const Image& picture) override {
    return keypoints_->Estimate(picture);
  }

  Result<std::optional<people::PersonObservation>> Observe(const Image& picture) override {
    const auto estimate = keypoints_->Estimate(picture);
    if (!estimate && estimate.error().reason == kNoPersonReason) return std::nullopt;
    if (!estimate) return Propagate(estimate.error());
    ATELIER_ASSIGN_OR_RETURN(people::PersonObservation person, ObservationOf(*estimate));
    return std::optional(std::move(person));
  }

 private:
  const std::unique_ptr<KeypointEstimator> keypoints_;
};

}  // namespace

Result<std::unique_ptr<FilmReader>> FilmReader::Load(
    const std::filesystem::path& photograph_folder) {
  ATELIER_ASSIGN_OR_RETURN(auto keypoints, photograph::BlazePose::Load(photograph_folder));
  return std::make_unique<BlazeFilmReader>(std::move(keypoints));
}

}  // namespace atelier::perception
