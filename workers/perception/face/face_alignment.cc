#include "perception/face/face_alignment.h"

#include <opencv2/imgproc.hpp>
#include <string_view>

#include "imaging/view_of.h"
#include "perception/photograph/roi.h"

namespace atelier::perception {
namespace {

struct TemplatePoint {
  std::string_view name;
  double x;
  double y;
};

constexpr TemplatePoint kTemplate[] = {
    {"right_eye", 38.2946, 51.6963},  {"left_eye", 73.5318, 51.5014},
    {"nose", 56.0252, 71.7366},       {"right_mouth", 41.5493, 92.3655},
    {"left_mouth", 70.7299, 92.2041}, {"mouth", (41.5493 + 70.7299) / 2, (92.3655 + 92.2041) / 2},
};

const TemplatePoint* TemplateOf(std::string_view name) {
  for (const TemplatePoint& point : kTemplate) {
    if (point.name == name) return &point;
  }
  return nullptr;
}

}  // namespace

std::optional<Similarity> AlignmentOf(const std::vector<FacePoint>& points) {
  std::vector<cv::Point2d> from, to;
  cv::Point2d from_mean, to_mean;
  for (const FacePoint& point : points) {
    const TemplatePoint* target = TemplateOf(point.name);
    if (target == nullptr) continue;
    from.emplace_back(point.x, point.y);
    to.emplace_back(target->x, target->y);
    from_mean += from.back();
    to_mean += to.back();
  }
  if (from.size() < 2) return std::nullopt;
  from_mean /= static_cast<double>(from.size());
  to_mean /= static_cast<double>(to.size());
  // The closed form of least squares: with both sides around their means, a + ib = <to, from> /
  // |from|^2.
  double spread = 0, along = 0, across = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const cv::Point2d s = from[i] - from_mean, d = to[i] - to_mean;
    spread += s.dot(s);
    along += s.dot(d);
    across += s.cross(d);
  }
  if (!(spread > 0) || (along == 0 && across == 0)) return std::nullopt;
  const double a = along / spread, b = across / spread;
  return Similarity{a, b, to_mean.x - a * from_mean.x + b * from_mean.y,
                    to_mean.y - b * from_mean.x - a * from_mean.y};
}

Image AlignFace(const Image& picture, const std::vector<FacePoint>& points) {
  const auto alignment = AlignmentOf(points);
  if (!alignment) return {};
  const auto& [a, b, x0, y0] = *alignment;
  const cv::Matx23d matrix(a, -b, x0, b, a, y0);
  Image face(kAlignedSize, kAlignedSize, 3);
  cv::Mat pixels = imaging::ViewOf(face);
  cv::warpAffine(imaging::ViewOf(picture), pixels, matrix, pixels.size(), cv::INTER_LINEAR);
  return face;
}

}  // namespace atelier::perception
