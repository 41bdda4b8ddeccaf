#include "edit/bench/bench_body.h"

#include <utility>

#include "people/fit/body_fitter.h"
#include "perception/face/face_finder.h"
#include "perception/fit/body_reader.h"
#include "perception/photograph/blaze_pose.h"

namespace atelier::edit {
namespace {

using perception::FaceFinder;
using perception::FoundFace;

/// Nothing unless all five points were found.
std::optional<FacePoints> PointsOf(const std::optional<FoundFace>& face) {
  if (!face) return std::nullopt;
  FacePoints out;
  const std::array<std::pair<std::string_view, cv::Point2f*>, 5> wanted = {
      {{"right_eye", &out.right_eye},
       {"left_eye", &out.left_eye},
       {"nose", &out.nose},
       {"right_mouth", &out.right_mouth},
       {"left_mouth", &out.left_mouth}}};
  size_t found = 0;
  for (const perception::FacePoint& point : face->points) {
    for (const auto& [name, to] : wanted) {
      if (point.name != name) continue;
      *to = {point.x, point.y};
      ++found;
    }
  }
  return found == wanted.size() ? std::optional(out) : std::nullopt;
}

class ExactFinder final : public BodyFinder {
 public:
  ExactFinder(std::shared_ptr<const people::Body> body, std::unique_ptr<FaceFinder> faces)
      : body_(std::move(body)), faces_(std::move(faces)) {}

  Result<BenchBody> Find(const BenchPerson& person) override {
    const people::Rendering& rendering = person.rendering;
    std::optional<FoundFace> face;
    if (faces_) {
      ATELIER_ASSIGN_OR_RETURN(face, faces_->Find(rendering.rgb, &rendering.keypoints));
    }
    return BenchBody{
        people::BodyOf(*body_, person.person, person.pose, person.view, BenchPicture()),
        rendering.mask, PointsOf(face)};
  }

 private:
  const std::shared_ptr<const people::Body> body_;
  /// Null: no face is found.
  const std::unique_ptr<FaceFinder> faces_;
};

class FittingFinder final : public BodyFinder {
 public:
  FittingFinder(std::shared_ptr<const people::BodyFitter> fitter,
                std::unique_ptr<perception::KeypointEstimator> keypoints,
                std::shared_ptr<perception::BodyReader> reader, std::unique_ptr<FaceFinder> faces)
      : fitter_(std::move(fitter)),
        keypoints_(std::move(keypoints)),
        reader_(std::move(reader)),
        faces_(std::move(faces)) {}

  Result<BenchBody> Find(const BenchPerson& person) override {
    const Image& picture = person.rendering.rgb;
    ATELIER_ASSIGN_OR_RETURN(perception::KeypointEstimate estimate, keypoints_->Estimate(picture));
    ATELIER_ASSIGN_OR_RETURN(const people::BodyFit fit, reader_->Read(picture, estimate));
    ATELIER_ASSIGN_OR_RETURN(const std::optional<FoundFace> face,
                             faces_->Find(picture, &estimate.keypoints));
    return BenchBody{fitter_->Pose(fit.body), std::move(estimate.mask), PointsOf(face)};
  }

 private:
  const std::shared_ptr<const people::BodyFitter> fitter_;
  const std::unique_ptr<perception::KeypointEstimator> keypoints_;
  const std::shared_ptr<perception::BodyReader> reader_;
  const std::unique_ptr<FaceFinder> faces_;
};

}  // namespace

Result<std::unique_ptr<BodyFinder>> BodyFinder::Load(std::shared_ptr<const people::Body> body,
                                                     const std::filesystem::path& networks,
                                                     BenchBodies bodies) {
  if (bodies == BenchBodies::kExact && networks.empty()) {
    return std::make_unique<ExactFinder>(std::move(body), nullptr);
  }
  ATELIER_ASSIGN_OR_RETURN(auto faces, FaceFinder::Load(networks));
  if (bodies == BenchBodies::kExact) {
    return std::make_unique<ExactFinder>(std::move(body), std::move(faces));
  }
  auto fitter = std::make_shared<const people::BodyFitter>(std::move(body));
  ATELIER_ASSIGN_OR_RETURN(auto keypoints, photograph::BlazePose::Load(networks));
  ATELIER_ASSIGN_OR_RETURN(auto reader, perception::LoadBodyReader(fitter, networks));
  return std::make_unique<FittingFinder>(std::move(fitter), std::move(keypoints), std::move(reader),
                                         std::move(faces));
}

}  // namespace atelier::edit
