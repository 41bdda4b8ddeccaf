#include "edit/cut/cut_scene.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Longer side of the whole picture, pixels.
constexpr int kCutSize = 768;
/// Shading changes lightness more than hue.
const cv::Scalar kLabWeights(.8, 1.3, 1.3);
/// Metres: how far the person's mask may be from their outline, and what is shown around it.
constexpr double kOutline = .012, kMargin = .06;
/// Metres to the body: what is nearer is on it, what is further beside it.
constexpr double kOnBody = .006, kBeside = .02;
/// Metres around a place whose colours tell it from others, and where those are few.
constexpr double kNear = .025, kFar = .1, kFarWeight = .05;
/// What all of the picture weighs for a label that looks the same everywhere.
constexpr double kAnywhere = 1e-3;
/// Share of sure places around, weighed as above, from which on their colours are known.
constexpr double kKnown = 2e-3;
/// The density of a colour that a label does not have.
constexpr double kLeastDensity = 6e-6;
constexpr int kReduced = 4;

/// Of the picture, where the mask is, with a margin. All of it where there is no person.
cv::Rect BoxOf(const Person& person) {
  const cv::Rect picture(0, 0, person.width(), person.height());
  cv::Rect box = cv::boundingRect(person.mask > .02);
  if (box.empty()) return picture;
  const int margin = cvRound(kMargin * person.pixels_per_metre());
  box -= cv::Point(margin, margin);
  box += cv::Size(2 * margin, 2 * margin);
  return box & picture;
}

/// `values` of the whole picture at the scene's size.
cv::Mat Brought(const CutScene& scene, const cv::Mat& values, const cv::Size& whole, int how) {
  const double x = static_cast<double>(values.cols) / whole.width;
  const double y = static_cast<double>(values.rows) / whole.height;
  cv::Rect box(cvFloor(scene.box.x * x), cvFloor(scene.box.y * y), cvCeil(scene.box.width * x),
               cvCeil(scene.box.height * y));
  box &= cv::Rect({}, values.size());
  cv::Mat out;
  cv::resize(values(box), out, scene.size(), 0, 0, how);
  return out;
}

cv::Size ReducedSize(const cv::Size& size) {
  return {(size.width + kReduced - 1) / kReduced, (size.height + kReduced - 1) / kReduced};
}

cv::Mat Reduced(const cv::Mat& values) {
  cv::Mat out;
  cv::resize(values, out, ReducedSize(values.size()), 0, 0, cv::INTER_AREA);
  return out;
}

/// The picture's colours as a mixture: densities and responsibilities of its components.
void AddColours(CutScene& scene) {
  std::vector<cv::Vec3f> colours(scene.lab.total());
  std::copy_n(scene.lab.ptr<cv::Vec3f>(), colours.size(), colours.begin());
  const ColourMixture mixture(colours);
  std::array<cv::Mat, kColourCount> responsibility;
  for (size_t k = 0; k < kColourCount; ++k) {
    scene.density[k].create(scene.size(), CV_32F);
    responsibility[k].create(scene.size(), CV_32F);
  }
  cv::parallel_for_(cv::Range(0, scene.lab.rows), [&](const cv::Range& rows) {
    for (int y = rows.start; y < rows.end; ++y) {
      for (int x = 0; x < scene.lab.cols; ++x) {
        const cv::Vec3f& colour = scene.lab.at<cv::Vec3f>(y, x);
        const ColourRow densities = mixture.LogDensities(colour);
        const ColourRow shares = mixture.Responsibilities(colour);
        for (size_t k = 0; k < kColourCount; ++k) {
          scene.density[k].at<float>(y, x) = std::exp(densities[k]);
          responsibility[k].at<float>(y, x) = shares[k];
        }
      }
    }
  });
  for (size_t k = 0; k < kColourCount; ++k) scene.responsibility[k] = Reduced(responsibility[k]);
}

/// `values` (a quarter of the size) summed over what is around every place: the nearer the more.
cv::Mat SumAround(const CutScene& scene, const cv::Mat& values, bool anywhere) {
  const double scale = scene.pixels_per_metre / kReduced;
  cv::Mat sum = Blurred(values, kNear * scale) + kFarWeight * Blurred(values, kFar * scale);
  if (anywhere) sum += cv::mean(values) * kAnywhere;
  return sum;
}

}  // namespace

int CutScene::Pixels(double metres) const {
  return std::max(1, static_cast<int>(std::lround(metres * pixels_per_metre)));
}

CutScene MakeCutScene(const ParseView& view, const Person& person) {
  const cv::Size whole(person.width(), person.height());
  const double scale =
      std::min(1.0, static_cast<double>(kCutSize) / std::max(whole.width, whole.height));
  CutScene scene;
  scene.box = BoxOf(person);
  scene.pixels_per_metre = person.pixels_per_metre() * scale;
  cv::Mat small;
  cv::resize(imaging::ViewOf(person.picture)(scene.box), small, {}, scale, scale, cv::INTER_AREA);
  small.convertTo(small, CV_32F);
  scene.lab = LabOf(small).mul(cv::Mat(small.size(), CV_32FC3, kLabWeights));
  scene.mask = Blurred(Brought(scene, person.mask, whole, cv::INTER_AREA),
                       kOutline * scene.pixels_per_metre / 2);
  cv::Mat outside(view.person.size(), CV_32F, cv::Scalar(1));
  for (size_t i = 0; i < view.size(); ++i) outside.at<float>(view.pixels[i]) = view.outside[i];
  scene.near_body = Ramp(Brought(scene, outside, whole, cv::INTER_LINEAR), kBeside, kOnBody);
  AddColours(scene);
  return scene;
}

LabelDensity DensityAround(const CutScene& scene, const cv::Mat& sure, bool anywhere) {
  const cv::Mat small = Reduced(sure);
  const cv::Mat sum = SumAround(scene, small, anywhere), weight = cv::max(sum, 1e-9);
  LabelDensity out;
  // What looks the same everywhere is known everywhere once it is seen.
  const double known_from = anywhere && cv::countNonZero(sure) > 0 ? 1e-9 : kKnown;
  cv::resize(Ramp(sum, 0, known_from), out.known, scene.size(), 0, 0, cv::INTER_LINEAR);
  out.log_density = cv::Mat(scene.size(), CV_32F, cv::Scalar(kLeastDensity));
  for (size_t k = 0; k < kColourCount; ++k) {
    const cv::Mat share = SumAround(scene, scene.responsibility[k].mul(small), anywhere) / weight;
    cv::Mat large;
    cv::resize(share, large, scene.size(), 0, 0, cv::INTER_LINEAR);
    out.log_density += large.mul(scene.density[k]);
  }
  cv::log(out.log_density, out.log_density);
  return out;
}

cv::Mat DensityOverall(const CutScene& scene, const cv::Mat& share) {
  const cv::Mat small = Reduced(share);
  const double total = cv::sum(small)[0] + 1e-6;
  cv::Mat sum(scene.size(), CV_32F, cv::Scalar(kLeastDensity));
  for (size_t k = 0; k < kColourCount; ++k) {
    sum += scene.density[k] * (scene.responsibility[k].dot(small) / total);
  }
  cv::log(sum, sum);
  return sum;
}

}  // namespace atelier::edit
