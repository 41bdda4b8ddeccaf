#include "edit/garment/garment_thickness.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/garment/swap_input.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Metres: what stands off further hangs free and has no thickness.
constexpr double kMostMetres = .03;

/// Garment pixels beside the body, less those of the body beside the mask, over the length of the
/// body's outline in the garment: pixels.
double MeanThickness(const people::Body& body, const Subject& subject, Label label) {
  const Person& person = subject.person;
  const SurfaceView view(body, person.screen, {cv::Rect(0, 0, person.width(), person.height()), 1});
  const cv::Mat on_body = view.Covered() > .5;
  const cv::Mat own = view.Interpolate(subject.regions.membership_of(label)) > .5;
  const int reach = PixelsOf(kMostMetres, person.pixels_per_metre());
  cv::Mat near, around;
  cv::dilate(own, near, cv::Mat::ones(2 * reach + 1, 2 * reach + 1, CV_8U));
  cv::dilate(~on_body, around, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}));
  const int outline = cv::countNonZero(around & own);
  const cv::Mat beside = (subject.regions.mask(label) > .5) & ~on_body & near;
  const cv::Mat empty = own & (person.mask < .5);
  return outline == 0
             ? 0
             : static_cast<double>(cv::countNonZero(beside) - cv::countNonZero(empty)) / outline;
}

}  // namespace

Person WithMeanThickness(const people::Body& body, const Subject& subject,
                         const std::vector<Label>& labels) {
  const Person& person = subject.person;
  std::vector<float> clothes = person.clothes;
  for (const Label label : labels) {
    const double metres =
        std::min(kMostMetres, MeanThickness(body, subject, label) / person.pixels_per_metre());
    const std::vector<float>& share = subject.regions.membership_of(label);
    for (size_t v = 0; v < clothes.size(); ++v) {
      clothes[v] = std::max(0.0f, clothes[v] + static_cast<float>(metres) * share[v]);
    }
  }
  return WithClothes(body, person, std::move(clothes));
}

}  // namespace atelier::edit
