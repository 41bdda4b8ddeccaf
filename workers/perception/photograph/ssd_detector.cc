#include "perception/photograph/ssd_detector.h"

#include <algorithm>
#include <cmath>

namespace atelier::photograph {
namespace {

constexpr float kMinScore = 0.5f;
/// Overlap (intersection over union) above which two detections are of one thing.
constexpr float kSameThing = 0.3f;
/// Scores are clamped before the logistic function.
constexpr float kScoreLimit = 100.0f;

float Overlap(const cv::Rect2f& a, const cv::Rect2f& b) {
  const float common = (a & b).area();
  return common / (a.area() + b.area() - common);
}

/// The score-weighted mean of detections of one thing.
Detection Mean(const std::vector<Detection>& same) {
  Detection mean = same.front();
  float total = 0;
  cv::Vec4f box(0, 0, 0, 0);
  std::fill(mean.points.begin(), mean.points.end(), cv::Point2f());
  for (const Detection& one : same) {
    total += one.score;
    box += one.score * cv::Vec4f(one.box.x, one.box.y, one.box.width, one.box.height);
    for (size_t i = 0; i < mean.points.size(); ++i) mean.points[i] += one.score * one.points[i];
  }
  box /= total;
  mean.box = {box[0], box[1], box[2], box[3]};
  for (cv::Point2f& point : mean.points) point /= total;
  return mean;
}

}  // namespace

const SsdSpec& PersonDetectorSpec() {
  static const SsdSpec spec{224, {{8, 2}, {16, 2}, {32, 6}}, 4, "Identity", "Identity_1"};
  return spec;
}

const SsdSpec& FaceDetectorSpec() {
  static const SsdSpec spec{128, {{8, 2}, {16, 6}}, 6, "regressors", "classificators"};
  return spec;
}

std::vector<cv::Point2f> AnchorsOf(const SsdSpec& spec) {
  std::vector<cv::Point2f> anchors;
  for (const AnchorGrid& grid : spec.grids) {
    const int cells = (spec.size + grid.stride - 1) / grid.stride;
    for (int y = 0; y < cells; ++y) {
      for (int x = 0; x < cells; ++x) {
        const cv::Point2f middle((static_cast<float>(x) + 0.5f) / static_cast<float>(cells),
                                 (static_cast<float>(y) + 0.5f) / static_cast<float>(cells));
        anchors.insert(anchors.end(), grid.copies, middle);
      }
    }
  }
  return anchors;
}

std::vector<Detection> DecodeDetections(const SsdSpec& spec,
                                        const std::vector<cv::Point2f>& anchors, const float* boxes,
                                        const float* scores) {
  const auto size = static_cast<float>(spec.size);
  const size_t columns = 4 + 2 * static_cast<size_t>(spec.points);
  std::vector<Detection> detections;
  for (size_t i = 0; i < anchors.size(); ++i) {
    const float score = 1 / (1 + std::exp(-std::clamp(scores[i], -kScoreLimit, kScoreLimit)));
    if (!(score >= kMinScore)) continue;
    const float* row = boxes + i * columns;
    const cv::Point2f middle = cv::Point2f(row[0], row[1]) / size + anchors[i];
    const float width = row[2] / size, height = row[3] / size;
    Detection detection{{middle.x - width / 2, middle.y - height / 2, width, height}, score, {}};
    for (int k = 0; k < spec.points; ++k) {
      detection.points.push_back(cv::Point2f(row[4 + 2 * k], row[5 + 2 * k]) / size + anchors[i]);
    }
    detections.push_back(std::move(detection));
  }
  return detections;
}

std::vector<Detection> MergeOverlapping(std::vector<Detection> detections) {
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::vector<Detection> merged;
  while (!detections.empty()) {
    const cv::Rect2f best = detections.front().box;
    std::vector<Detection> same, others;
    for (size_t i = 0; i < detections.size(); ++i) {
      // The best belongs to itself, even with an empty box, which overlaps nothing.
      const bool joins = i == 0 || Overlap(detections[i].box, best) > kSameThing;
      (joins ? same : others).push_back(std::move(detections[i]));
    }
    merged.push_back(Mean(same));
    detections = std::move(others);
  }
  return merged;
}

SsdDetector::SsdDetector(SsdSpec spec, DnnNetwork network)
    : spec_(std::move(spec)), anchors_(AnchorsOf(spec_)), network_(std::move(network)) {}

Result<std::vector<Detection>> SsdDetector::Detect(const Image& picture, const Roi& where) {
  return CatchOpenCv([&]() -> Result<std::vector<Detection>> {
    const CutOptions options{
        {spec_.size, spec_.size}, Outside::kBlack, cv::Vec3f::all(-1), cv::Vec3f::all(1)};
    const Cut cut = CutOut(picture, where, options);
    ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                             network_.Run(cut.blob, {spec_.boxes_output, spec_.scores_output}));
    const size_t columns = 4 + 2 * static_cast<size_t>(spec_.points);
    ATELIER_RETURN_IF_ERROR(
        RequireFloats(outputs[0], anchors_.size() * columns, spec_.boxes_output));
    ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[1], anchors_.size(), spec_.scores_output));
    std::vector<Detection> found = MergeOverlapping(
        DecodeDetections(spec_, anchors_, outputs[0].ptr<float>(), outputs[1].ptr<float>()));
    for (Detection& one : found) {
      const cv::Point2f corner = ToPicture(where, one.box.tl());
      one.box = {corner.x, corner.y, one.box.width * where.width, one.box.height * where.height};
      for (cv::Point2f& point : one.points) point = ToPicture(where, point);
    }
    return found;
  });
}

}  // namespace atelier::photograph
