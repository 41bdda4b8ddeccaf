#include "edit/person/appearance.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {
namespace {

/// Pixels that skin's tone is read from; fewer are not trusted.
constexpr size_t kLeastBodyPixels = 200, kLeastFacePixels = 50;
const cv::Vec3f kMeanSkin{65, 12, 16};

/// What the light and the tone are read from: pixels that surely show the body, thinned out.
struct SurfacePixel {
  cv::Vec3f lab;
  double log_luma = 0;
  Eigen::Vector3d normal;
  int label = 0;
  float skin = 0;
  float squareness = 0;
  /// Share of head and of neck.
  float head = 0, neck = 0;
};

int LikeliestLabel(const Regions& regions, int y, int x) {
  int best = 0;
  for (int k = 1; k < kLabelCount; ++k) {
    const auto value = [&](int label) {
      return regions.masks[static_cast<size_t>(label)].at<float>(y, x);
    };
    if (value(k) > value(best)) best = k;
  }
  return best;
}

std::vector<SurfacePixel> SurfacePixels(const people::Body& body, const Person& person,
                                        const Regions& regions, const cv::Mat& picture) {
  constexpr double kWanted = 20000;
  constexpr float kLeastSquareness = .2f, kLeastLuma = 4;
  const SurfaceView view(body, person.screen, {cv::Rect(0, 0, person.width(), person.height()), 1});
  const cv::Mat usable = (person.squareness > kLeastSquareness) & (person.mask > .5);
  const int step = std::max(1, static_cast<int>(std::sqrt(cv::countNonZero(usable) / kWanted)));
  const cv::Mat lab = LabOf(picture);
  std::vector<SurfacePixel> pixels;
  for (int y = 0; y < person.height(); y += step) {
    for (int x = 0; x < person.width(); x += step) {
      const people::Triangle* t = view.TriangleAt(y, x);
      if (t == nullptr || usable.at<uint8_t>(y, x) == 0) continue;
      const people::Barycentric w = view.WeightsAt(y, x);
      const auto corner = [&](size_t k) { return static_cast<size_t>((*t)[k]); };
      const people::Vec3 n = person.normals[corner(0)] * (1 - w.b - w.c) +
                             person.normals[corner(1)] * w.b + person.normals[corner(2)] * w.c;
      const people::Attributes& place = body.attributes()[corner(0)];
      const auto& rgb = picture.at<cv::Vec3f>(y, x);
      const float luma = .3f * rgb[0] + .59f * rgb[1] + .11f * rgb[2];
      pixels.push_back({lab.at<cv::Vec3f>(y, x),
                        std::log(static_cast<double>(std::max(luma, kLeastLuma))),
                        {n.x, n.y, n.z},
                        LikeliestLabel(regions, y, x),
                        regions.mask(Label::kSkin).at<float>(y, x),
                        person.squareness.at<float>(y, x),
                        place.head_weight,
                        place.neck_weight});
    }
  }
  return pixels;
}

/// Surfaces of one label and about one hue share a level of brightness. Numbered from 0.
std::vector<size_t> Levels(const std::vector<SurfacePixel>& pixels) {
  std::map<std::array<int, 3>, size_t> numbers;
  std::vector<size_t> levels;
  levels.reserve(pixels.size());
  const auto bin = [](float v) { return static_cast<int>(std::clamp(v + 40, 0.0f, 79.0f)) / 20; };
  for (const SurfacePixel& p : pixels) {
    levels.push_back(
        numbers.try_emplace({p.label, bin(p.lab[1]), bin(p.lab[2])}, numbers.size()).first->second);
  }
  return levels;
}

/// Weighted means of normals and log luminances of every level.
struct LevelMeans {
  std::vector<Eigen::Vector3d> normal;
  std::vector<double> log_luma;
};

LevelMeans MeansOf(const std::vector<SurfacePixel>& pixels, const std::vector<size_t>& levels,
                   const std::vector<double>& weights) {
  const size_t count = 1 + *std::ranges::max_element(levels);
  LevelMeans means{std::vector<Eigen::Vector3d>(count, Eigen::Vector3d::Zero()),
                   std::vector<double>(count, 0)};
  std::vector<double> total(count, 1e-6);
  for (size_t i = 0; i < pixels.size(); ++i) {
    means.normal[levels[i]] += pixels[i].normal * weights[i];
    means.log_luma[levels[i]] += pixels[i].log_luma * weights[i];
    total[levels[i]] += weights[i];
  }
  for (size_t k = 0; k < count; ++k) {
    means.normal[k] /= total[k];
    means.log_luma[k] /= total[k];
  }
  return means;
}

/// Robust least squares of log luminance = level + light . normal.
people::Vec3 LightOf(const std::vector<SurfacePixel>& pixels) {
  constexpr int kRounds = 6;
  constexpr double kOutlier = .2, kSmallness = .02;
  if (pixels.empty()) return {};
  const std::vector<size_t> levels = Levels(pixels);
  std::vector<double> weights(pixels.size(), 1);
  Eigen::Vector3d light = Eigen::Vector3d::Zero();
  for (int round = 0; round < kRounds; ++round) {
    const LevelMeans means = MeansOf(pixels, levels, weights);
    Eigen::Matrix3d matrix =
        Eigen::Matrix3d::Identity() * (kSmallness * static_cast<double>(pixels.size()));
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    const auto normal = [&](size_t i) -> Eigen::Vector3d {
      return pixels[i].normal - means.normal[levels[i]];
    };
    const auto log_luma = [&](size_t i) { return pixels[i].log_luma - means.log_luma[levels[i]]; };
    for (size_t i = 0; i < pixels.size(); ++i) {
      matrix += weights[i] * normal(i) * normal(i).transpose();
      right += weights[i] * normal(i) * log_luma(i);
    }
    light = matrix.ldlt().solve(right);
    for (size_t i = 0; i < pixels.size(); ++i) {
      const double miss = (log_luma(i) - light.dot(normal(i))) / kOutlier;
      weights[i] = 1 / (1 + miss * miss);
    }
  }
  return {static_cast<float>(light.x()), static_cast<float>(light.y()),
          static_cast<float>(light.z())};
}

cv::Vec3f MedianLab(const std::vector<cv::Vec3f>& labs) {
  cv::Vec3f median;
  for (int c = 0; c < 3; ++c) {
    std::vector<float> values;
    values.reserve(labs.size());
    for (const cv::Vec3f& lab : labs) values.push_back(lab[c]);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    median[c] = *middle;
  }
  return median;
}

void ReadSkin(const std::vector<SurfacePixel>& pixels, Appearance& out) {
  constexpr float kSurelySkin = .8f, kSquare = .5f;
  std::vector<cv::Vec3f> body, face, all;
  for (const SurfacePixel& p : pixels) {
    if (p.skin <= kSurelySkin || p.squareness <= kSquare) continue;
    all.push_back(p.lab);
    if (p.head > .5f) face.push_back(p.lab);
    if (p.head <= .5f && p.neck <= .5f) body.push_back(p.lab);
  }
  out.has_skin = all.size() > kLeastFacePixels;
  const bool has_face = face.size() > kLeastFacePixels;
  if (body.size() > kLeastBodyPixels) {
    out.skin_lab = MedianLab(body);
  } else if (has_face) {
    out.skin_lab = MedianLab(face);
  } else {
    out.skin_lab = all.empty() ? kMeanSkin : MedianLab(all);
  }
  out.face_lab = has_face ? MedianLab(face) : out.skin_lab;
}

/// What is behind the person, continued from around at about 256 pixels.
cv::Mat WallOf(const Person& person, const cv::Mat& picture) {
  constexpr double kMarginMetres = .02, kPersonFrom = .2, kBlur = 2;
  constexpr int kSmallSide = 256;
  const int margin =
      std::max(2, static_cast<int>(std::lround(kMarginMetres * person.pixels_per_metre())));
  cv::Mat around;
  cv::Mat(person.mask <= kPersonFrom).convertTo(around, CV_32F, 1 / 255.0);
  around = Eroded(around, margin);
  const int shrink = std::max(1, std::max(person.height(), person.width()) / kSmallSide);
  const cv::Size size(std::max(1, person.width() / shrink), std::max(1, person.height() / shrink));
  cv::Mat known, colours;
  cv::resize(around, known, size, 0, 0, cv::INTER_AREA);
  cv::resize(Times(picture, around), colours, size, 0, 0, cv::INTER_AREA);
  cv::Mat filled = Blurred(PushPull(Over(colours, known), Ramp(known, .2, .99)), kBlur);
  cv::resize(filled, filled, picture.size(), 0, 0, cv::INTER_LINEAR);
  return Mix(filled, picture, around);
}

}  // namespace

Appearance AppearanceOf(const people::Body& body, const Person& person, const Regions& regions) {
  const cv::Mat picture = FloatOf(person.picture);
  const std::vector<SurfacePixel> pixels = SurfacePixels(body, person, regions, picture);
  Appearance out;
  out.light = LightOf(pixels);
  ReadSkin(pixels, out);
  out.wall = WallOf(person, picture);
  return out;
}

}  // namespace atelier::edit
