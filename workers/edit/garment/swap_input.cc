#include "edit/garment/swap_input.h"

#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"

namespace atelier::edit {

cv::Mat MaskOf(const Regions& regions, const std::vector<Label>& labels) {
  cv::Mat sum = cv::Mat::zeros(regions.masks[0].size(), CV_32F);
  for (const Label label : labels) sum += regions.mask(label);
  return sum;
}

std::vector<float> MembershipOf(const Regions& regions, const std::vector<Label>& labels) {
  std::vector<float> sum(regions.membership[0].size(), 0);
  for (const Label label : labels) {
    const std::vector<float>& own = regions.membership_of(label);
    for (size_t v = 0; v < sum.size(); ++v) sum[v] = std::min(1.0f, sum[v] + own[v]);
  }
  return sum;
}

std::vector<Label> OtherWorn(const std::vector<Label>& labels) {
  std::vector<Label> others;
  for (const Label label : {Label::kUpper, Label::kLower, Label::kShoes}) {
    if (std::ranges::find(labels, label) == labels.end()) others.push_back(label);
  }
  return others;
}

cv::Rect BoxOf(const Person& person, const std::vector<int>& vertices,
               const std::vector<people::ScreenPoint>& screen, double margin_metres) {
  const int margin = PixelsOf(margin_metres, person.pixels_per_metre());
  const cv::Rect picture(0, 0, person.width(), person.height());
  cv::Rect box = cv::boundingRect(person.mask > .02);
  for (const int v : vertices) {
    const people::ScreenPoint& p = screen[static_cast<size_t>(v)];
    box |= cv::Rect(static_cast<int>(p.x), static_cast<int>(p.y), 1, 1);
  }
  box -= cv::Point(margin, margin);
  box += cv::Size(2 * margin, 2 * margin);
  box &= picture;
  return box.empty() ? picture : box;
}

std::vector<people::ScreenPoint> WornScreen(const Person& person,
                                            const std::vector<float>& clothes) {
  std::vector<people::ScreenPoint> screen;
  screen.reserve(clothes.size());
  for (size_t v = 0; v < clothes.size(); ++v) {
    screen.push_back(
        person.body.camera.Project(person.body.points[v] + person.normals[v] * clothes[v]));
  }
  return screen;
}

}  // namespace atelier::edit
