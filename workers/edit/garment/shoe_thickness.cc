#include "edit/garment/shoe_thickness.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/mat_math.h"
#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

constexpr double kMostMetres = .03;

/// Shoe pixels beside the body over the length of the body's outline in shoes: pixels.
double MeanThickness(const Person& person, const cv::Mat& shoes) {
  const cv::Mat on_body = person.squareness > 0;
  const cv::Mat is_shoe = shoes > .5;
  cv::Mat around;
  cv::dilate(~on_body, around, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}));
  const int outline = cv::countNonZero(around & on_body & is_shoe);
  const int beside = cv::countNonZero(is_shoe & ~on_body);
  return outline == 0 ? 0 : static_cast<double>(beside) / outline;
}

}  // namespace

Person WithShoes(const people::Body& body, const Subject& subject) {
  const Person& person = subject.person;
  const double pixels = MeanThickness(person, subject.regions.mask(Label::kShoes));
  const auto metres = static_cast<float>(std::min(kMostMetres, pixels / person.pixels_per_metre()));
  const std::vector<bool> on_foot =
      people::VerticesOn(body, {body.bones().foot[0], body.bones().foot[1]}, true);
  const std::vector<float>& shoes = subject.regions.membership_of(Label::kShoes);
  std::vector<float> clothes = person.clothes;
  for (size_t v = 0; v < clothes.size(); ++v) {
    if (on_foot[v]) clothes[v] = std::max(clothes[v], metres * shoes[v]);
  }
  return WithClothes(body, person, std::move(clothes));
}

}  // namespace atelier::edit
