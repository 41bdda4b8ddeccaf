#include "edit/garment/base_surface.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/limb/hands.h"
#include "edit/limb/limb.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {

namespace {

/// What of `where` (bytes) shows the vertices shows what is behind them, or nothing.
void LookBehind(const SwapInput& input, const Window& window, const std::vector<float>& vertices,
                const cv::Mat& where, SurfaceView& view) {
  constexpr float kBehind = 1;  // metres
  if (cv::countNonZero(where) == 0) return;
  std::vector<people::ScreenPoint> behind = input.screen;
  for (size_t v = 0; v < behind.size(); ++v) behind[v].depth += kBehind * vertices[v];
  view.Replace(where, SurfaceView(input.body, behind, window));
}

/// 1 for the vertices of hands, and of arms that neither the old sleeves nor the new ones cover.
std::vector<float> BareArms(const SwapInput& input) {
  constexpr double kBelowSleeve = .2;
  std::vector<float> out = OnHands(input.body);
  if (!input.Swaps(Label::kUpper) || input.bodies_unsure <= 0) return out;
  for (const int side : {people::kLeft, people::kRight}) {
    double end = -1;
    for (const Regions* regions : {&input.base.regions, &input.donor.regions}) {
      for (const LimbEnd& of : regions->limb_ends) {
        if (of.cloth == Label::kUpper && of.side == side) end = std::max(end, of.at);
      }
    }
    if (end < 0) continue;
    for (size_t v = 0; v < out.size(); ++v) {
      const people::Attributes& a = input.body.attributes()[v];
      if (IsOn(a, Limb::kArm, side) && static_cast<double>(a.arm) > end + kBelowSleeve) out[v] = 1;
    }
  }
  return out;
}

}  // namespace

SurfaceView BaseSurface(const SwapInput& input, const Window& window) {
  SurfaceView view = DressedSurface(input, window);
  const cv::Mat limbs = view.Interpolate(input.limbs.vertices) > .5f;
  LookBehind(input, window, input.limbs.vertices, limbs, view);
  view.Remove(view.Interpolate(input.limbs.vertices) > .5f);
  return view;
}

SurfaceView DressedSurface(const SwapInput& input, const Window& window) {
  constexpr double kLeastSkin = .3, kAroundSkin = .001;
  SurfaceView view(input.body, input.screen, window);
  // Where the picture shows no skin, the body's hand or arm is not quite in its place.
  const std::vector<float> bare = BareArms(input);
  cv::Mat hands = view.Interpolate(bare) > .5f;
  cv::Mat skin = input.skin(window.box);
  skin = Dilated(skin, PixelsOf(kAroundSkin, input.base.person.pixels_per_metre()));
  cv::resize(skin, skin, view.size(), 0, 0, cv::INTER_LINEAR);
  hands &= skin < kLeastSkin;
  LookBehind(input, window, bare, hands, view);
  return view;
}

}  // namespace atelier::edit
