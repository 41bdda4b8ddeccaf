#include "edit/bench/repose.h"

#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {
namespace {

/// Samples per pixel along each side.
constexpr int kScale = 2;
/// Squareness at which a pixel is not carried, and from which on it is carried whole.
constexpr double kGrazing = .12, kSquare = .35;
/// The logarithm of luminance changes by so much at most.
constexpr double kMostShade = .5;

/// Float pictures and their weights, 0..1.
struct Carried {
  cv::Mat colours;
  cv::Mat weight;
};

/// What the luminance is multiplied by where a surface turns from `from` to `to`: float, unit
/// normals.
cv::Mat ShadeOf(const people::Vec3& light, const cv::Mat& from, const cv::Mat& to) {
  cv::Mat shade;
  cv::transform(to - from, shade, cv::Matx13f(light.x, light.y, light.z));
  shade = cv::min(cv::max(shade, -kMostShade), kMostShade);
  cv::exp(shade, shade);
  return shade;
}

Carried CarryFrom(const people::Body& body, const SurfaceView& view, const Subject& subject,
                  const cv::Mat& normals, BodySide side) {
  const Places places = PlacesIn(body, view, subject.person, side);
  const cv::Mat seen = Eroded(places.seen, 1).mul(Ramp(places.squareness, kGrazing, kSquare));
  const cv::Mat shade =
      ShadeOf(subject.appearance.light, NormalsAt(body, view, subject.person, side), normals);
  return {Times(places.Sample(FloatOf(subject.person.picture)), shade), seen};
}

}  // namespace

Image Repose(const people::Body& body, const Subject& subject, people::PosedBody target,
             const Image& mask) {
  const Person& from = subject.person;
  const Person to = WithClothes(
      body, MakePerson(body, Image(from.height(), from.width(), 3), mask, std::move(target)),
      from.clothes);
  const SurfaceView view(body, to.screen, {{0, 0, to.width(), to.height()}, kScale});
  const cv::Mat normals = NormalsAt(body, view, to);
  const Carried same = CarryFrom(body, view, subject, normals, BodySide::kSame);
  const Carried other = CarryFrom(body, view, subject, normals, BodySide::kMirrored);

  const cv::Mat left = 1 - same.weight;
  const cv::Mat weight = same.weight + other.weight.mul(left);
  const cv::Mat colours =
      Over(Times(same.colours, same.weight) + Times(other.colours, other.weight.mul(left)), weight);
  const cv::Mat person = PushPull(colours, weight);

  const cv::Mat covered = view.Covered();
  cv::Mat small, alpha;
  const cv::Size size(to.width(), to.height());
  cv::resize(Times(person, covered), small, size, 0, 0, cv::INTER_AREA);
  cv::resize(covered, alpha, size, 0, 0, cv::INTER_AREA);
  return ImageOf(Mix(subject.appearance.wall, Over(small, alpha), alpha));
}

}  // namespace atelier::edit
