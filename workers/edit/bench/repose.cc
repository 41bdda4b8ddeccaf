#include "edit/bench/repose.h"

#include <opencv2/imgproc.hpp>
#include <utility>

#include "detail/blend.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"
#include "imaging/view_of.h"
#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

/// Samples per pixel along each side.
constexpr int kScale = 2;
/// Squareness at which a pixel is not carried, and from which on it is carried whole.
constexpr double kGrazing = .12, kSquare = .35;
constexpr int kFaceCropPixels = 64;
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

/// `values`, weighted with `weight`, at the picture's size, and the weight's own mean.
Carried AtPictureSize(const Carried& fine, cv::Size size) {
  Carried out;
  cv::resize(Times(fine.colours, fine.weight), out.colours, size, 0, 0, cv::INTER_AREA);
  cv::resize(fine.weight, out.weight, size, 0, 0, cv::INTER_AREA);
  out.colours = Over(out.colours, out.weight);
  return out;
}

Person InPose(const people::Body& body, const Person& from, people::PosedBody target,
              const Image& mask) {
  const Image empty(from.height(), from.width(), 3);
  return WithClothes(body, MakePerson(body, empty, mask, std::move(target)), from.clothes);
}

Window WholePicture(const Person& person) {
  return {{0, 0, person.width(), person.height()}, kScale};
}

Image BytesOf(const cv::Mat& weight) {
  Image out(weight.rows, weight.cols, 1);
  cv::Mat view = imaging::ViewOf(out);
  weight.convertTo(view, CV_8U, 255);
  return out;
}

Image Shrunk(const Image& picture, int height, int width) {
  Image out(height, width, picture.channels);
  cv::Mat view = imaging::ViewOf(out);
  cv::resize(imaging::ViewOf(picture), view, view.size(), 0, 0, cv::INTER_AREA);
  return out;
}

/// (I, U, V) of the body in a picture `scale` times the size of the one that it is placed in.
Image IuvOf(const people::Body& body, const people::PosedBody& posed, double scale, int height,
            int width) {
  const auto screen = people::Project(people::InPicture(posed, scale, 0, 0));
  return people::IuvOf(body, screen, people::DrawSurface(body, screen, height, width));
}

Result<engine::PaintRequest> RequestOf(const engine::ModelInfo& info, engine::FaceEmbedder* face,
                                       const people::Body& body, const Subject& subject,
                                       const people::PosedBody& target) {
  const Person& person = subject.person;
  const double scale = static_cast<double>(info.height) / person.height();
  engine::PaintRequest request;
  request.source = Shrunk(person.picture, info.height, info.width);
  Image iuv = IuvOf(body, person.body, scale, info.height, info.width);
  if (face != nullptr) {
    const Box box = engine::FaceBoxFromIuv(iuv);
    ATELIER_ASSIGN_OR_RETURN(request.face_embedding,
                             face->Embed(engine::CropSquare(request.source, box, kFaceCropPixels)));
  }
  cv::Mat mask;
  cv::resize(person.mask, mask, {info.width, info.height}, 0, 0, cv::INTER_AREA);
  imaging::ViewOf(iuv).setTo(cv::Scalar::all(0), mask < .5f);
  engine::TextureMap texture =
      engine::ExtractTextureMap(request.source, iuv, info.texture_height / engine::kAtlasRows);
  request.texture_map = std::move(texture.colours);
  request.texture_validity = std::move(texture.validity);
  request.iuv = IuvOf(body, target, scale, info.height, info.width);
  return request;
}

}  // namespace

Image Repose(const people::Body& body, const Subject& subject, people::PosedBody target,
             const Image& mask) {
  const Person to = InPose(body, subject.person, std::move(target), mask);
  const SurfaceView view(body, to.screen, WholePicture(to));
  const cv::Mat normals = NormalsAt(body, view, to);
  const Carried same = CarryFrom(body, view, subject, normals, BodySide::kSame);
  const Carried other = CarryFrom(body, view, subject, normals, BodySide::kMirrored);

  const cv::Mat left = 1 - same.weight;
  const cv::Mat weight = same.weight + other.weight.mul(left);
  const cv::Mat colours =
      Over(Times(same.colours, same.weight) + Times(other.colours, other.weight.mul(left)), weight);
  const Carried person =
      AtPictureSize({PushPull(colours, weight), view.Covered()}, {to.width(), to.height()});
  return ImageOf(Mix(subject.appearance.wall, person.colours, person.weight));
}

Result<Image> PaintInPose(engine::Painter& painter, engine::FaceEmbedder* face,
                          const people::Body& body, const Subject& subject,
                          people::PosedBody target, const Image& mask) {
  ATELIER_ASSIGN_OR_RETURN(const engine::PaintRequest request,
                           RequestOf(painter.info(), face, body, subject, target));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<Image> painted,
                           painter.Paint({&request, 1}, {}, nullptr));
  const Person to = InPose(body, subject.person, std::move(target), mask);
  const SurfaceView view(body, to.screen, WholePicture(to));
  const cv::Size size(to.width(), to.height());
  const Carried seen = AtPictureSize(
      CarryFrom(body, view, subject, NormalsAt(body, view, to), BodySide::kSame), size);
  cv::Mat covered;
  cv::resize(view.Covered(), covered, size, 0, 0, cv::INTER_AREA);
  const detail::CarriedPicture carried{ImageOf(seen.colours), BytesOf(seen.weight),
                                       BytesOf(covered)};
  return detail::LayOver(painted.front(), carried, to.height() / painter.info().height);
}

}  // namespace atelier::edit
