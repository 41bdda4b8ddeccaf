#include "edit/region/region_mask.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/nearest_place.h"
#include "imaging/view_of.h"
#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

using people::Body;
using people::Triangle;
using people::Vec3;

/// Of a triangle's corners, the mean.
template <typename Value>
double MeanOver(const Triangle& t, const Value& value) {
  double sum = 0;
  for (const int vertex : t) sum += value(static_cast<size_t>(vertex));
  return sum / 3;
}

/// Where the picture shows the front of the face, 0 or 1.
cv::Mat FaceFront(const Body& body, const Person& person) {
  const std::vector<bool> is_face = people::FrontOfFace(body);
  cv::Mat front = cv::Mat::zeros(person.height(), person.width(), CV_32F);
  for (int y = 0; y < front.rows; ++y) {
    float* row = front.ptr<float>(y);
    const int* triangles =
        &person.visible.triangle[static_cast<size_t>(y) * static_cast<size_t>(front.cols)];
    for (int x = 0; x < front.cols; ++x) {
      if (triangles[x] < 0) continue;
      const Triangle& t = SurfaceTriangle(body, triangles[x]);
      // Eyes are no vertices of the skin's face.
      const bool is_eye = triangles[x] >= static_cast<int>(body.skin().size());
      const double share = MeanOver(t, [&](size_t v) { return is_face[v] ? 1.0 : 0.0; });
      row[x] = is_eye || share > .5 ? 1.0f : 0.0f;
    }
  }
  return front;
}

cv::Mat Sum(const Regions& regions, std::initializer_list<Label> labels) {
  cv::Mat sum = cv::Mat::zeros(regions.masks[0].size(), CV_32F);
  for (const Label label : labels) sum += regions.mask(label);
  return sum;
}

cv::Mat Everybody(const Regions& regions) {
  return Sum(regions, {Label::kSkin, Label::kHair, Label::kUpper, Label::kLower, Label::kShoes});
}

/// Where `parts` has one of the region's.
cv::Mat OnParts(const cv::Mat& parts, Region region) {
  cv::Mat on(parts.size(), CV_32F);
  for (int y = 0; y < parts.rows; ++y) {
    const uint8_t* in = parts.ptr<uint8_t>(y);
    float* out = on.ptr<float>(y);
    for (int x = 0; x < parts.cols; ++x) out[x] = HasPart(region, in[x]) ? 1.0f : 0.0f;
  }
  return on;
}

/// How surely a vertex is of the region, 0..1.
std::vector<float> Surface(const Body& body, const Regions& regions, Region region) {
  const auto sum = [&](std::initializer_list<Label> labels) {
    std::vector<float> out(static_cast<size_t>(body.file().vertex_count), 0);
    for (const Label label : labels) {
      const std::vector<float>& membership = regions.membership_of(label);
      for (size_t v = 0; v < out.size(); ++v) out[v] += membership[v];
    }
    return out;
  };
  if (region.part == 0) {
    switch (region.kind) {
      case RegionKind::kUpperGarment:
        return sum({Label::kUpper});
      case RegionKind::kLowerGarment:
        return sum({Label::kLower});
      case RegionKind::kOutfit:
        return sum({Label::kUpper, Label::kLower, Label::kShoes});
      case RegionKind::kSkin:
        return sum({Label::kSkin});
      case RegionKind::kFace: {
        const std::vector<bool> is_face = people::FrontOfFace(body);
        return {is_face.begin(), is_face.end()};
      }
      default:
        break;
    }
  }
  std::vector<float> out(static_cast<size_t>(body.file().vertex_count), 0);
  for (const int v : body.skin_vertices()) {
    const auto at = static_cast<size_t>(v);
    out[at] = HasPart(region, body.chart().At(body.attributes()[at]).part) ? 1.0f : 0.0f;
  }
  return out;
}

/// Whether the picture shows the middle of a triangle and not what is before it. Triangles may be
/// smaller than pixels.
bool IsSeen(const Person& person, const Triangle& t) {
  constexpr double kSameSurface = .02;  // metres
  const auto mean = [&](float people::ScreenPoint::*of) {
    return MeanOver(t, [&](size_t v) { return static_cast<double>(person.screen[v].*of); });
  };
  const auto x = static_cast<int>(std::floor(mean(&people::ScreenPoint::x)));
  const auto y = static_cast<int>(std::floor(mean(&people::ScreenPoint::y)));
  if (x < 0 || y < 0 || x >= person.width() || y >= person.height()) return false;
  const double facing =
      MeanOver(t, [&](size_t v) { return static_cast<double>(person.normals[v].z); });
  const size_t at =
      static_cast<size_t>(y) * static_cast<size_t>(person.width()) + static_cast<size_t>(x);
  const double before = static_cast<double>(person.visible.depth[at]);
  return facing > 0 && mean(&people::ScreenPoint::depth) - before < kSameSurface;
}

}  // namespace

cv::Mat PartsOf(const Body& body, const Person& person) {
  const Image iuv = IuvOf(body, person.screen, person.visible);
  cv::Mat parts;
  cv::extractChannel(imaging::ViewOf(iuv), parts, 0);
  const NearestPlace nearest = NearestOf(parts);
  cv::Mat around = cv::Mat::zeros(parts.size(), CV_8U);
  for (int y = 0; y < parts.rows; ++y) {
    for (int x = 0; x < parts.cols; ++x) {
      if (person.mask.at<float>(y, x) <= .5f) continue;
      around.at<uint8_t>(y, x) = parts.at<uint8_t>(cv::Point(nearest.place.at<cv::Vec2i>(y, x)));
    }
  }
  return around;
}

cv::Mat MaskOf(const Body& body, const Person& person, const Regions& regions, const cv::Mat& parts,
               Region region) {
  if (region.part != 0) return Everybody(regions).mul(OnParts(parts, region));
  switch (region.kind) {
    case RegionKind::kFace:
      return regions.mask(Label::kSkin).mul(FaceFront(body, person));
    case RegionKind::kHead:
      // Long hair lies on the torso.
      return cv::max(Everybody(regions).mul(OnParts(parts, region)), regions.mask(Label::kHair));
    case RegionKind::kHair:
      return regions.mask(Label::kHair).clone();
    case RegionKind::kUpperGarment:
      return regions.mask(Label::kUpper).clone();
    case RegionKind::kLowerGarment:
      return regions.mask(Label::kLower).clone();
    case RegionKind::kOutfit:
      return Sum(regions, {Label::kUpper, Label::kLower, Label::kShoes});
    case RegionKind::kShoes:
      return regions.mask(Label::kShoes).clone();
    case RegionKind::kSkin:
      return regions.mask(Label::kSkin).clone();
    case RegionKind::kArms:
    case RegionKind::kLegs:
      return Everybody(regions).mul(OnParts(parts, region));
    case RegionKind::kWholeTexture:
      return Everybody(regions);
    case RegionKind::kBackground:
      return 1 - Everybody(regions);
  }
  return {};
}

int SurePixels(const cv::Mat& mask) { return cv::countNonZero(mask > .5f); }

double VisibilityOf(const Body& body, const Person& person, const Regions& regions, Region region) {
  if (region.part == 0 && (region.kind == RegionKind::kHair || region.kind == RegionKind::kShoes ||
                           region.kind == RegionKind::kBackground)) {
    return 1;
  }
  const std::vector<float> surface = Surface(body, regions, region);
  double all = 0, seen = 0;
  for (const Triangle& t : body.skin()) {
    const auto point = [&](int corner) {
      return person.body.points[static_cast<size_t>(t[static_cast<size_t>(corner)])];
    };
    const Vec3 across = Cross(point(1) - point(0), point(2) - point(0));
    const double weight = MeanOver(t, [&](size_t v) { return static_cast<double>(surface[v]); });
    const double area = weight * static_cast<double>(Length(across));
    all += area;
    if (IsSeen(person, t)) seen += area;
  }
  return all > 0 ? seen / all : 0;
}

}  // namespace atelier::edit
