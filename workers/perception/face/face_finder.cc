#include "perception/face/face_finder.h"

#include <algorithm>
#include <cmath>

#include "perception/photograph/dnn_network.h"
#include "perception/photograph/roi.h"
#include "perception/photograph/ssd_detector.h"

namespace atelier::perception {
namespace {

using photograph::CutOptions;
using photograph::Detection;
using photograph::DnnNetwork;
using photograph::Roi;
using photograph::SsdDetector;

// OpenPose's keypoints.
constexpr int kNose = 0, kRightShoulder = 2, kLeftShoulder = 5, kRightEar = 16, kLeftEar = 17;
constexpr float kHeadScale = 2.6f;
constexpr float kShouldersOverEars = 0.6f;
/// A nose may lie this much outside of its face's box, of the box's side: boxes end at the chin and
/// above the brows, and keypoints are a few pixels off.
constexpr float kNoseSlack = 0.25f;

/// A face that no mesh fits must be this sure. Of 80 rendered people the detector took 14 of 21
/// backs of heads for faces, none of them surer than 0.72, and no mesh fitted any.
constexpr float kMinScoreWithoutMesh = 0.75f;

constexpr int kMeshSize = 192;
constexpr int kMeshPoints = 468;
constexpr float kMeshScale = 1.5f;
constexpr char kMeshOutput[] = "conv2d_21";
constexpr char kPresenceOutput[] = "conv2d_31";  // before the logistic function

/// Points of the mesh whose mean is one of ours. Corners of the eyes; tip of the nose; corners of
/// the mouth.
struct MeshPoint {
  std::string_view name;
  int first;
  int second;
};
constexpr MeshPoint kMeshPointsOfFace[] = {{"right_eye", 33, 133},
                                           {"left_eye", 362, 263},
                                           {"nose", 1, 1},
                                           {"right_mouth", 61, 61},
                                           {"left_mouth", 291, 291}};
constexpr std::string_view kDetectorPoints[] = {"right_eye", "left_eye", "nose", "mouth"};

float Distance(const Keypoint& a, const Keypoint& b) {
  return a.confidence > 0 && b.confidence > 0 ? std::hypot(a.x - b.x, a.y - b.y) : 0;
}

Roi RoiOf(const Box& box) {
  const float side = std::max(box.right - box.left, box.bottom - box.top);
  return {{(box.left + box.right) / 2, (box.top + box.bottom) / 2}, side, side, 0};
}

Box SquareOf(const Detection& detection) {
  const cv::Point2f middle = (detection.box.tl() + detection.box.br()) / 2;
  const float half = std::max(detection.box.width, detection.box.height) / 2;
  return {middle.x - half, middle.y - half, middle.x + half, middle.y + half};
}

bool Holds(const Box& box, const Keypoint& nose) {
  const float slack = kNoseSlack * (box.right - box.left);
  return nose.x >= box.left - slack && nose.x <= box.right + slack && nose.y >= box.top - slack &&
         nose.y <= box.bottom + slack;
}

class BlazeFace final : public FaceFinder {
 public:
  BlazeFace(SsdDetector detector, DnnNetwork mesh)
      : detector_(std::move(detector)), mesh_(std::move(mesh)) {}

  Result<std::optional<FoundFace>> Find(const Image& picture, const Keypoints* keypoints) override {
    const bool knows_head = keypoints != nullptr && (*keypoints)[kNose].confidence > 0;
    const Box head = knows_head ? HeadSquare(*keypoints) : Box{};
    if (!head.empty()) {
      ATELIER_ASSIGN_OR_RETURN(auto face, FindIn(picture, head));
      if (face) return face;
    }
    ATELIER_ASSIGN_OR_RETURN(std::vector<Detection> found,
                             detector_.Detect(picture, photograph::SquareAround(picture)));
    if (knows_head) {
      std::erase_if(found, [&](const Detection& other) {
        return !Holds(SquareOf(other), (*keypoints)[kNose]);
      });
    }
    if (found.empty()) return std::nullopt;
    return Describe(picture, found.front());
  }

  Result<std::optional<FoundFace>> FindIn(const Image& picture, const Box& box) override {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<Detection> found,
                             detector_.Detect(picture, RoiOf(box)));
    if (found.empty()) return std::nullopt;
    return Describe(picture, found.front());
  }

 private:
  Result<std::optional<FoundFace>> Describe(const Image& picture, const Detection& detection) {
    FoundFace face;
    face.box = SquareOf(detection);
    face.confidence = detection.score;
    ATELIER_RETURN_IF_ERROR(AddMesh(picture, detection, face));
    if (!face.has_mesh()) {
      if (face.confidence < kMinScoreWithoutMesh) return std::nullopt;
      for (size_t i = 0; i < std::size(kDetectorPoints); ++i) {
        const cv::Point2f& point = detection.points[i];
        face.points.push_back({kDetectorPoints[i], point.x, point.y});
      }
    }
    return face;
  }

  Status AddMesh(const Image& picture, const Detection& detection, FoundFace& face) {
    Roi roi = RoiOf(face.box);
    const cv::Point2f selector = detection.points[1] - detection.points[0];
    roi.angle = -std::atan2(-selector.y, selector.x);
    roi.width *= kMeshScale;
    roi.height *= kMeshScale;
    if (!(roi.width >= 2)) return {};
    return photograph::CatchOpenCv([&]() -> Status {
      const CutOptions options{{kMeshSize, kMeshSize}, photograph::Outside::kRepeatedBorder};
      const photograph::Cut cut = photograph::CutOut(picture, roi, options);
      ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                               mesh_.Run(cut.blob, {kMeshOutput, kPresenceOutput}));
      ATELIER_RETURN_IF_ERROR(photograph::RequireFloats(outputs[0], kMeshPoints * 3, kMeshOutput));
      ATELIER_RETURN_IF_ERROR(photograph::RequireFloats(outputs[1], 1, kPresenceOutput));
      face.mesh_confidence = 1 / (1 + std::exp(-outputs[1].ptr<float>()[0]));
      if (!face.has_mesh()) return {};
      const float* mesh = outputs[0].ptr<float>();  // [468, 3] of x, y, z in pixels of the cut
      for (const MeshPoint& point : kMeshPointsOfFace) {
        const float *a = mesh + point.first * 3, *b = mesh + point.second * 3;
        const cv::Point2f place =
            photograph::ToPicture(roi, cv::Point2f(a[0] + b[0], a[1] + b[1]) / (2.0f * kMeshSize));
        face.points.push_back({point.name, place.x, place.y});
      }
      return {};
    });
  }

  SsdDetector detector_;
  DnnNetwork mesh_;
};

}  // namespace

Result<std::unique_ptr<FaceFinder>> FaceFinder::Load(const std::filesystem::path& folder) {
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork detector,
                           DnnNetwork::Load(folder / "face_detection_short_range.onnx"));
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork mesh, DnnNetwork::Load(folder / "face_landmark.onnx"));
  return std::make_unique<BlazeFace>(
      SsdDetector(photograph::FaceDetectorSpec(), std::move(detector)), std::move(mesh));
}

Box HeadSquare(const Keypoints& keypoints) {
  const Keypoint& nose = keypoints[kNose];
  const float ears = Distance(keypoints[kRightEar], keypoints[kLeftEar]);
  const float shoulders = Distance(keypoints[kRightShoulder], keypoints[kLeftShoulder]);
  const float half = kHeadScale / 2 * std::max(ears, kShouldersOverEars * shoulders);
  if (nose.confidence <= 0 || half <= 0) return {};
  return {nose.x - half, nose.y - half, nose.x + half, nose.y + half};
}

}  // namespace atelier::perception
