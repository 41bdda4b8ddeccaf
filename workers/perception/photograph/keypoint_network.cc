#include "perception/photograph/keypoint_network.h"

#include <algorithm>

#include "perception/photograph/dnn_network.h"

namespace atelier::photograph {
namespace {

using perception::KeypointEstimate;
using perception::KeypointEstimator;

/// Fewer points than this are no person.
constexpr int kMinPoints = 3;
/// RTMPose's square around a person is as much larger than its box, as it was trained.
constexpr float kBoxPadding = 1.25f;
constexpr int kCocoPoints = 17;
constexpr char kSimccX[] = "simcc_x", kSimccY[] = "simcc_y";

cv::Rect2f WholeOf(const Image& picture) {
  return {0, 0, static_cast<float>(picture.width), static_cast<float>(picture.height)};
}

/// Points outside of the picture are not there; the rest make the estimate.
Result<KeypointEstimate> EstimateOf(Keypoints keypoints, const Image& picture) {
  const cv::Rect2f whole = WholeOf(picture);
  KeypointEstimate estimate;
  int count = 0;
  for (Keypoint& point : keypoints) {
    if (!whole.contains({point.x, point.y})) point = {};
    if (point.confidence <= 0) continue;
    ++count;
    estimate.confidence += point.confidence;
  }
  if (count < kMinPoints) {
    return perception::NoPerson("there must be at least " + std::to_string(kMinPoints) +
                                " keypoints. Given: " + std::to_string(count));
  }
  estimate.confidence /= static_cast<float>(count);
  estimate.keypoints = keypoints;
  return estimate;
}

class OpenPoseNetwork final : public KeypointEstimator {
 public:
  OpenPoseNetwork(DnnNetwork network, cv::Size size) : network_(std::move(network)), size_(size) {}

  std::string_view name() const override { return "openpose"; }

  Result<KeypointEstimate> Estimate(const Image& picture) override {
    return CatchOpenCv([&]() -> Result<KeypointEstimate> {
      const Roi roi = FitAround(WholeOf(picture), size_, 1);
      // v / 256 - 0.5, blue first, as OpenPose's COCO network was trained.
      const CutOptions options{size_, Outside::kBlack, cv::Vec3f::all(-0.5f),
                               cv::Vec3f::all(255 / 256.0f - 0.5f), true};
      const Cut cut = CutOut(picture, roi, options);
      ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                               network_.Run(cut.blob, network_.outputs()));
      const cv::Mat& maps = outputs[0];  // [1, 19 or more, h, w], as Load() has seen
      return EstimateOf(DecodeHeatMaps(maps.ptr<float>(), maps.size[2], maps.size[3], roi),
                        picture);
    });
  }

 private:
  DnnNetwork network_;
  const cv::Size size_;
};

class RtmPoseNetwork final : public KeypointEstimator {
 public:
  RtmPoseNetwork(DnnNetwork network, cv::Size size) : network_(std::move(network)), size_(size) {}

  std::string_view name() const override { return "rtmpose"; }

  /// The network takes a person's box, which no caller has: it reads the whole picture first, then
  /// the box of the points that it found.
  Result<KeypointEstimate> Estimate(const Image& picture) override {
    return CatchOpenCv([&]() -> Result<KeypointEstimate> {
      ATELIER_ASSIGN_OR_RETURN(const Keypoints rough,
                               ReadKeypoints(picture, FitAround(WholeOf(picture), size_, 1)));
      ATELIER_ASSIGN_OR_RETURN(const KeypointEstimate first, EstimateOf(rough, picture));
      std::vector<cv::Point2f> points;
      for (const Keypoint& point : first.keypoints) {
        if (point.confidence > 0) points.emplace_back(point.x, point.y);
      }
      const auto [left, right] = std::minmax_element(points.begin(), points.end(),
                                                     [](auto& a, auto& b) { return a.x < b.x; });
      const auto [top, bottom] = std::minmax_element(points.begin(), points.end(),
                                                     [](auto& a, auto& b) { return a.y < b.y; });
      const cv::Rect2f box(left->x, top->y, right->x - left->x, bottom->y - top->y);
      if (!(box.width > 1 && box.height > 1)) return first;
      ATELIER_ASSIGN_OR_RETURN(const Keypoints fine,
                               ReadKeypoints(picture, FitAround(box, size_, kBoxPadding)));
      return EstimateOf(fine, picture);
    });
  }

 private:
  Result<Keypoints> ReadKeypoints(const Image& picture, const Roi& roi) {
    // ImageNet's means and deviations of red, green and blue.
    const cv::Vec3f mean(123.675f, 116.28f, 103.53f), deviation(58.395f, 57.12f, 57.375f);
    CutOptions options{.size = size_};
    for (int c = 0; c < 3; ++c) {
      options.black[c] = -mean[c] / deviation[c];
      options.white[c] = (255 - mean[c]) / deviation[c];
    }
    const Cut cut = CutOut(picture, roi, options);
    ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                             network_.Run(cut.blob, {kSimccX, kSimccY}));
    return DecodeSimcc(outputs[0].ptr<float>(), outputs[0].size[2], outputs[1].ptr<float>(),
                       outputs[1].size[2], roi);
  }

  DnnNetwork network_;
  const cv::Size size_;
};

std::string ShapeText(const cv::Mat& output) {
  std::string text = "[";
  for (int i = 0; i < output.dims; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(output.size[i]);
  }
  return text + "]";
}

/// What the network says to a grey picture, to see its outputs' shapes.
Result<std::vector<cv::Mat>> Try(DnnNetwork& network, cv::Size size,
                                 const std::vector<std::string>& outputs) {
  const int shape[] = {1, 3, size.height, size.width};
  return network.Run(cv::Mat(4, shape, CV_32F, cv::Scalar(0)), outputs);
}

Unexpected Unknown(const std::filesystem::path& file, const std::vector<std::string>& names,
                   const std::vector<cv::Mat>& tried) {
  std::string found;
  for (size_t i = 0; i < tried.size(); ++i) {
    found += (i == 0 ? "" : ", ") + names[i] + " " + ShapeText(tried[i]);
  }
  return MakeError(
      Code::kInvalidArgument, "UNKNOWN_KEYPOINT_NETWORK",
      file.string() +
          " must have one output [1, 19 or more, h, w] (OpenPose) or simcc_x [1, 17 or more, w] "
          "and simcc_y [1, 17 or more, h] (RTMPose). Given: " +
          found);
}

bool IsSimcc(const DnnNetwork& network) {
  const auto& names = network.outputs();
  return std::count(names.begin(), names.end(), kSimccX) == 1 &&
         std::count(names.begin(), names.end(), kSimccY) == 1;
}

bool IsFloat(const cv::Mat& output, int dims) {
  return output.depth() == CV_32F && output.dims == dims && output.size[0] == 1 &&
         output.isContinuous();
}

}  // namespace

Result<std::unique_ptr<KeypointEstimator>> LoadKeypointNetwork(const std::filesystem::path& file,
                                                               cv::Size size) {
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork network, DnnNetwork::Load(file));
  const bool simcc = IsSimcc(network);
  if (size.width == 0) size.width = simcc ? 192 : 368;
  if (size.height == 0) size.height = simcc ? 256 : 368;
  const std::vector<std::string> names =
      simcc ? std::vector<std::string>{kSimccX, kSimccY} : network.outputs();
  const auto tried = Try(network, size, names);
  if (!tried) return Propagate(tried.error(), file.string());
  if (simcc) {
    const cv::Mat &x = (*tried)[0], &y = (*tried)[1];
    if (!IsFloat(x, 3) || !IsFloat(y, 3) || x.size[1] < kCocoPoints || x.size[1] != y.size[1]) {
      return Unknown(file, names, *tried);
    }
    return std::make_unique<RtmPoseNetwork>(std::move(network), size);
  }
  const cv::Mat& maps = tried->front();
  // Background included: without it these would be another network's heat maps.
  if (tried->size() != 1 || !IsFloat(maps, 4) || maps.size[1] <= kKeypointCount) {
    return Unknown(file, names, *tried);
  }
  return std::make_unique<OpenPoseNetwork>(std::move(network), size);
}

}  // namespace atelier::photograph
