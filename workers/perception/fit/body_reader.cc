#include "perception/fit/body_reader.h"

#include <optional>
#include <utility>

#include "perception/face/face_finder.h"
#include "perception/fit/observation_of.h"

namespace atelier::perception {
namespace {

class FittingBodyReader final : public BodyReader {
 public:
  FittingBodyReader(std::shared_ptr<const people::BodyFitter> fitter,
                    std::unique_ptr<FaceFinder> faces)
      : fitter_(std::move(fitter)), faces_(std::move(faces)) {}

  Result<people::BodyFit> Read(const Image& picture, const KeypointEstimate& estimate) override {
    ATELIER_ASSIGN_OR_RETURN(const people::PersonObservation observation, ObservationOf(estimate));
    ATELIER_ASSIGN_OR_RETURN(const std::optional<FoundFace> face,
                             faces_->Find(picture, &estimate.keypoints));
    return fitter_->Fit(observation, {.face_found = face.has_value()});
  }

 private:
  const std::shared_ptr<const people::BodyFitter> fitter_;
  const std::unique_ptr<FaceFinder> faces_;
};

}  // namespace

Result<std::shared_ptr<BodyReader>> LoadBodyReader(std::shared_ptr<const people::BodyFitter> fitter,
                                                   const std::filesystem::path& photograph_folder) {
  ATELIER_ASSIGN_OR_RETURN(auto faces, FaceFinder::Load(photograph_folder));
  return std::make_shared<FittingBodyReader>(std::move(fitter), std::move(faces));
}

}  // namespace atelier::perception
