#include "edit/garment/underneath.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/garment/bare_skin.h"
#include "edit/garment/mirrored_fill.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// The base's other garments continued over the box.
cv::Mat ContinueOther(const SwapInput& input, const cv::Mat& picture) {
  constexpr double kInside = .012;
  constexpr int kLeastPixels = 30;
  const Person& person = input.base.person;
  const cv::Mat mask = MaskOf(input.base.regions, OtherWorn(input.labels));
  cv::Mat pure;
  cv::Mat(mask > .85).convertTo(pure, CV_32F, 1 / 255.0);
  const cv::Mat inner = Eroded(pure, PixelsOf(kInside, person.pixels_per_metre()));
  if (cv::sum(inner)[0] > kLeastPixels) pure = inner;
  return MirroredFill(picture(input.box), pure(input.box));
}

/// Of every vertex: whether another garment covers it, once the old one is gone.
std::vector<float> OtherWornBelow(const SwapInput& input) {
  const std::vector<Label> others = OtherWorn(input.labels);
  const std::vector<float> own = MembershipOf(input.base.regions, others);
  // Shoes end where the base's do.
  std::vector<Label> cloth = others;
  std::erase(cloth, Label::kShoes);
  const std::vector<float> donors = MembershipOf(input.donor.regions, cloth);
  std::vector<float> out(own.size());
  for (size_t v = 0; v < out.size(); ++v) {
    // What the donor wears where the base's old garment was tells what is under it.
    const float told = std::clamp(1.3f * donors[v] - .15f, 0.0f, 1.0f);
    out[v] = std::clamp(own[v] + input.old[v] * told, 0.0f, 1.0f);
  }
  return out;
}

}  // namespace

Underneath LookUnderneath(const SwapInput& input, const cv::Mat& covered) {
  const SurfaceView view(input.body, input.screen, {input.box, 1});
  const cv::Mat picture = FloatOf(input.base.person.picture);
  Underneath out;
  out.other_worn = Ramp(view.Interpolate(OtherWornBelow(input)), .4, .6);
  const cv::Mat body =
      Mix(BareSkin(input, view, picture), ContinueOther(input, picture), out.other_worn);
  out.colour = Mix(input.base.appearance.wall(input.box), body, covered);
  return out;
}

}  // namespace atelier::edit
