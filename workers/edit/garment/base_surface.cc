#include "edit/garment/base_surface.h"

#include <opencv2/imgproc.hpp>

#include "edit/garment/hands.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {

SurfaceView BaseSurface(const SwapInput& input, const Window& window) {
  constexpr float kBehind = 1;  // metres
  constexpr double kLeastSkin = .3, kAroundSkin = .001;
  SurfaceView view(input.body, input.screen, window);
  const std::vector<float> on_hands = OnHands(input.body);
  cv::Mat hands = view.Interpolate(on_hands) > .5f;
  cv::Mat skin = input.base.regions.mask(Label::kSkin)(window.box);
  skin = Dilated(skin, PixelsOf(kAroundSkin, input.base.person.pixels_per_metre()));
  cv::resize(skin, skin, view.size(), 0, 0, cv::INTER_LINEAR);
  hands &= skin < kLeastSkin;
  if (cv::countNonZero(hands) == 0) return view;
  std::vector<people::ScreenPoint> behind = input.screen;
  for (size_t v = 0; v < behind.size(); ++v) behind[v].depth += kBehind * on_hands[v];
  view.Replace(hands, SurfaceView(input.body, behind, window));
  return view;
}

}  // namespace atelier::edit
