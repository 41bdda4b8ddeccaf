#include "edit/flat/flat_garment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "edit/flat/find_garment.h"
#include "edit/flat/flat_body.h"
#include "edit/flat/garment_shape.h"
#include "edit/flat/neck_opening.h"
#include "edit/person/mat_math.h"
#include "imaging/view_of.h"
#include "people/look/outfit.h"

namespace atelier::edit {
namespace {

/// Metres that a garment is taken to stand off its wearer.
constexpr float kLooseness = .012f;
const cv::Vec3f kMeanSkin{65, 12, 16};

Image BytesOf(const cv::Mat& mask) {
  Image out(mask.rows, mask.cols, 1);
  mask.convertTo(imaging::ViewOf(out), CV_8U, 255);
  return out;
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

Subject SubjectOf(const people::Body& body, Image picture, people::PosedBody posed, Label label,
                  const FoundGarment& found, const cv::Mat& front) {
  std::vector<people::Triangle> surface = body.skin();
  surface.insert(surface.end(), body.eyes().begin(), body.eyes().end());
  Subject subject;
  Person& person = subject.person;
  person.mask = front;
  person.normals = people::VertexNormals(posed.points, surface);
  person.body = std::move(posed);
  person.picture = std::move(picture);
  person = WithClothes(body, std::move(person), std::vector<float>(person.body.points.size(), 0));
  // The garment's outline is the body's here; it tells nothing of how loosely it is worn.
  std::ranges::fill(person.clothes, kLooseness);
  subject.regions = RegionsOfGarment(body, person, label, front, found.mask);
  subject.appearance = {{}, kMeanSkin, kMeanSkin, false, found.background};
  return subject;
}

}  // namespace

Result<Subject> ReadFlatGarment(const people::Body& body, Image picture, Label label) {
  ATELIER_ASSIGN_OR_RETURN(const FoundGarment found, FindGarment(picture));
  if (label == Label::kLower) {
    people::PosedBody posed = LayUnderLower(body, MeasureLower(found.mask));
    return SubjectOf(body, std::move(picture), std::move(posed), label, found, found.mask);
  }
  const TopShape shape = MeasureTop(found.mask);
  const cv::Mat front = WithoutNeckOpening(FloatOf(picture), found.mask, shape);
  Subject subject =
      SubjectOf(body, std::move(picture), LayUnderTop(body, shape), label, found, front);
  for (size_t side = 0; side < 2; ++side) {
    subject.regions.limb_ends.push_back(
        {Label::kUpper, static_cast<int>(side), SleeveEnd(body, shape, side), 1});
  }
  return subject;
}

}  // namespace atelier::edit
