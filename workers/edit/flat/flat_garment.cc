#include "edit/flat/flat_garment.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "edit/flat/find_garment.h"
#include "edit/flat/flat_body.h"
#include "edit/flat/garment_shape.h"
#include "edit/flat/neck_opening.h"
#include "edit/person/mat_math.h"
#include "edit/person/surface_view.h"
#include "people/look/outfit.h"

namespace atelier::edit {
namespace {

/// Metres that a garment is taken to stand off its wearer.
constexpr float kLooseness = .012f;
/// A hem is not quite level.
constexpr float kHemMetres = .02f;
const cv::Vec3f kMeanSkin{65, 12, 16};

/// Bands and bows that hang below the hem belong to no place of a body.
void CutBelow(int row, cv::Mat& mask) {
  if (row < mask.rows) mask.rowRange(std::max(0, row), mask.rows).setTo(0);
}

float ValueAt(const cv::Mat& mask, const people::ScreenPoint& at) {
  const int x = people::FloorToInt(at.x), y = people::FloorToInt(at.y);
  return x < 0 || y < 0 || x >= mask.cols || y >= mask.rows ? 0 : mask.at<float>(y, x);
}

/// How surely the garment covers each vertex: as its picture shows, on the back as on the front.
std::vector<float> CoverOf(const people::Body& body, const Person& person, const cv::Mat& front,
                           const cv::Mat& back) {
  constexpr double kSoftMetres = .006;
  const double sigma = kSoftMetres * person.pixels_per_metre();
  const cv::Mat soft_front = Blurred(front, sigma), soft_back = Blurred(back, sigma);
  std::vector<float> cover(person.screen.size(), 0);
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    const bool behind = person.normals[vertex].z < 0;
    cover[vertex] = ValueAt(behind ? soft_back : soft_front, person.screen[vertex]);
  }
  return cover;
}

Regions RegionsOfGarment(const people::Body& body, const Person& person, Label label,
                         const cv::Mat& front, const cv::Mat& back) {
  Regions regions;
  for (size_t k = 0; k < kLabelCount; ++k) {
    regions.masks[k] = cv::Mat(front.size(), CV_32F, cv::Scalar(0));
    regions.membership[k].assign(person.screen.size(), 0);
  }
  regions.masks[IndexOf(label)] = front;
  const std::vector<float> cover = CoverOf(body, person, front, back);
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    regions.membership[IndexOf(label)][vertex] = cover[vertex];
    regions.membership[IndexOf(Label::kSkin)][vertex] = 1 - cover[vertex];
  }
  return regions;
}

/// How far along an arm `cover` reaches: 0 shoulder, 1 elbow, 2 wrist.
double SleeveEnd(const people::Body& body, const std::vector<float>& cover, size_t side) {
  constexpr size_t kBins = 20;
  std::array<float, kBins> sum{}, count{};
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    const people::Attributes& a = body.attributes()[vertex];
    if (a.arm_weight < .9f || (a.at.x >= 0) != (side == people::kLeft)) continue;
    const float place = a.arm * kBins / 2;
    if (place < 0 || place >= kBins) continue;
    sum[static_cast<size_t>(place)] += cover[vertex];
    ++count[static_cast<size_t>(place)];
  }
  // Shoulders have no vertices that are of the arm alone.
  size_t first = 0;
  while (first < kBins && count[first] == 0) ++first;
  size_t bin = first;
  while (bin < kBins && sum[bin] >= .5f * count[bin]) ++bin;
  return bin == first ? 0 : 2.0 * static_cast<double>(bin) / kBins;
}

/// What of the picture is taken for the person.
struct WornMasks {
  cv::Mat garment;  // float, 0..1: what is worn
  cv::Mat bare;     // float, 0..1: torso and legs beside it, that surely have no garment
};

WornMasks MasksOf(const people::Body& body, const cv::Mat& front, const Person& person) {
  constexpr double kBesideMetres = .05;
  const SurfaceView view(body, person.screen, {cv::Rect({}, front.size()), 1});
  std::vector<float> off_arms;
  off_arms.reserve(body.attributes().size());
  // Where a sleeve ends is told by its length, more smoothly than by a picture of it.
  for (const people::Attributes& a : body.attributes()) {
    off_arms.push_back(Ramp(a.arm_weight, .3f, .1f));
  }
  WornMasks masks;
  masks.garment = front.clone();
  const int beside = std::max(1, cvRound(kBesideMetres * person.pixels_per_metre()));
  masks.bare = view.Interpolate(off_arms).mul(Dilated(front, beside)) - masks.garment;
  masks.bare = cv::max(masks.bare, 0.0);
  return masks;
}

/// The garment before its background, without what it shows of its inside and hangs beside the
/// body. Around its outline its own colours go on: what is read there must not be paper.
Image GarmentAlone(const FoundGarment& found, const cv::Mat& garment) {
  constexpr int kBeyond = 2;
  const cv::Mat off_opening = Ramp(found.mask - garment, .7, .3);
  const cv::Mat shown = Ramp(Dilated(garment, kBeyond), 0, .5).mul(off_opening);
  return ImageOf(Mix(found.background, found.colours, shown));
}

Subject SubjectOf(const people::Body& body, Image picture, people::PosedBody posed, Label label,
                  const FoundGarment& found, const cv::Mat& front) {
  std::vector<people::Triangle> surface = body.skin();
  surface.insert(surface.end(), body.eyes().begin(), body.eyes().end());
  Subject subject;
  Person& person = subject.person;
  person.normals = people::VertexNormals(posed.points, surface);
  person.body = std::move(posed);
  person.picture = std::move(picture);
  person.mask = front;
  const size_t vertices = person.body.points.size();
  person = WithClothes(body, std::move(person), std::vector<float>(vertices, 0));
  // The garment's outline is the body's here; it tells nothing of how loosely it is worn.
  std::ranges::fill(person.clothes, kLooseness);
  const WornMasks masks = MasksOf(body, front, person);
  person.mask = masks.garment + masks.bare;
  person.picture = GarmentAlone(found, masks.garment);
  subject.regions = RegionsOfGarment(body, person, label, masks.garment, found.mask);
  subject.regions.masks[IndexOf(Label::kSkin)] = masks.bare;
  subject.appearance = {{}, kMeanSkin, kMeanSkin, false, found.background};
  return subject;
}

}  // namespace

Result<Subject> ReadFlatGarment(const people::Body& body, Image picture, Label label) {
  ATELIER_ASSIGN_OR_RETURN(FoundGarment found, FindGarment(picture));
  if (label == Label::kLower) {
    people::PosedBody posed = LayUnderLower(body, MeasureLower(found.mask));
    return SubjectOf(body, std::move(picture), std::move(posed), label, found, found.mask);
  }
  const TopShape shape = MeasureTop(found.mask);
  CutBelow(cvRound(shape.hem_row + kHemMetres * shape.pixels_per_metre), found.mask);
  const cv::Mat front = WithoutNeckOpening(FloatOf(picture), found.mask, shape);
  Subject subject =
      SubjectOf(body, std::move(picture), LayUnderTop(body, shape), label, found, front);
  const std::vector<float>& cover = subject.regions.membership_of(Label::kUpper);
  for (size_t side = 0; side < 2; ++side) {
    subject.regions.limb_ends.push_back(
        {Label::kUpper, static_cast<int>(side), SleeveEnd(body, cover, side), 1});
  }
  return subject;
}

void LightAs(const people::Body& body, const Subject& base, Label label, Subject& garment) {
  const std::vector<float>& worn = base.regions.membership_of(label);
  float sum = 0, total = 1e-6f;
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    const people::Vec3& normal = base.person.normals[vertex];
    const float weight = worn[vertex] * std::max(0.0f, normal.z);
    sum += weight * people::Dot(normal, base.appearance.light);
    total += weight;
  }
  garment.appearance.light = {0, 0, sum / total};
}

}  // namespace atelier::edit
