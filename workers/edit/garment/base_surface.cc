#include "edit/garment/base_surface.h"

#include <opencv2/imgproc.hpp>

#include "edit/limb/hands.h"
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
  const std::vector<float> on_hands = OnHands(input.body);
  cv::Mat hands = view.Interpolate(on_hands) > .5f;
  cv::Mat skin = input.skin(window.box);
  skin = Dilated(skin, PixelsOf(kAroundSkin, input.base.person.pixels_per_metre()));
  cv::resize(skin, skin, view.size(), 0, 0, cv::INTER_LINEAR);
  hands &= skin < kLeastSkin;
  LookBehind(input, window, on_hands, hands, view);
  return view;
}

}  // namespace atelier::edit
