#include "edit/face/head_layer.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/face/face_places.h"
#include "edit/face/toned_face.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/matte.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {
namespace {

using people::Attributes;

/// Metres around the outline of a head within which its mask may be wrong.
constexpr double kBandMetres = .01;
/// Fewer pixels tell no colour.
constexpr double kLeastPixels = 60;

cv::Rect BoxOfHead(const people::Body& body, const Subject& subject, const Person& placed) {
  constexpr double kMarginMetres = .12;
  const double metre = subject.person.pixels_per_metre();
  const cv::Rect face = FaceBox(body, placed);
  const int margin = cvRound(kMarginMetres * metre);
  cv::Rect around = face + cv::Size(2 * margin, 2 * margin) - cv::Point(margin, margin);
  around |= BoxAround(subject.regions.mask(Label::kHair), cvRound(3 * kBandMetres * metre));
  return around & cv::Rect(0, 0, placed.width(), placed.height());
}

/// HeadShare() of the picture, off the body that of the nearest place.
cv::Mat ShareOfHead(const people::Body& body, const Person& placed, const cv::Rect& box) {
  const SurfaceView view(body, placed.screen, {box, 1});
  return PushPull(Shares(body, view, HeadShare), view.Covered());
}

/// Every vertex where the part leaves the body: bare where hair was, which was taken for clothes,
/// and without the head those of it drawn together at the top of the neck.
std::vector<people::ScreenPoint> ScreenWithout(const people::Body& body, const Person& placed,
                                               HeadPart part) {
  constexpr float kHead = .5f, kNeckTop = .05f, kMostClothes = .015f;
  std::vector<people::ScreenPoint> screen = placed.screen;
  const people::PosedBody& posed = placed.body;
  people::ScreenPoint top;
  float count = 0;
  for (const int vertex : body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    const Attributes& place = body.attributes()[v];
    const float clothes = placed.clothes[v];
    const float left =
        std::min(clothes, place.head_weight + place.neck_weight > kHead ? 0 : kMostClothes);
    const auto at = [&](float off) {
      return posed.camera.Project(posed.points[v] + placed.normals[v] * off);
    };
    const people::ScreenPoint before = at(clothes), after = at(left);
    screen[v].x += after.x - before.x;
    screen[v].y += after.y - before.y;
    screen[v].depth += after.depth - before.depth;
    if (place.head_weight < kNeckTop || place.head_weight >= kHead) continue;
    top = {top.x + screen[v].x, top.y + screen[v].y, top.depth + screen[v].depth};
    ++count;
  }
  if (part == HeadPart::kHair || count == 0) return screen;
  top = {top.x / count, top.y / count, top.depth / count};
  for (size_t v = 0; v < screen.size(); ++v) {
    if (body.attributes()[v].head_weight >= kHead) screen[v] = top;
  }
  return screen;
}

/// The colours of a label that is surely seen, continued; `fallback` where too little is.
cv::Mat Continued(const cv::Mat& picture, const cv::Mat& sure, const cv::Vec3f& fallback) {
  if (cv::sum(sure)[0] < kLeastPixels) {
    return {picture.size(), CV_32FC3, cv::Scalar(fallback[0], fallback[1], fallback[2])};
  }
  return PushPull(picture, sure);
}

/// How surely the upper garment covers each place of the body: under loose hair as around it in the
/// picture, which tells more than the body's other side does.
cv::Mat WornAround(const Subject& subject, const SurfaceView& view, const cv::Rect& box) {
  constexpr double kOfPicture = .65, kFewPixels = 20;
  const cv::Mat of_body = view.Interpolate(subject.regions.membership_of(Label::kUpper));
  const cv::Mat upper = subject.regions.mask(Label::kUpper)(box);
  const cv::Mat sure = Ramp(upper + subject.regions.mask(Label::kSkin)(box), .7, .95);
  if (cv::sum(sure)[0] < kFewPixels) return Ramp(of_body, .4, .6);
  const cv::Mat around = PushPull(upper, sure);
  return Ramp(kOfPicture * around + (1 - kOfPicture) * of_body, .35, .6);
}

/// `alpha` without specks that hang together with nothing.
cv::Mat WithoutSpecks(const cv::Mat& alpha) {
  constexpr double kLeastShare = .1, kLeastAlpha = .15;
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(cv::Mat(alpha > kLeastAlpha), labels, stats,
                                                     centres, 8, CV_32S);
  int largest = 0;
  for (int k = 1; k < count; ++k) {
    largest = std::max(largest, stats.at<int>(k, cv::CC_STAT_AREA));
  }
  cv::Mat out = alpha.clone();
  for (int k = 1; k < count; ++k) {
    if (stats.at<int>(k, cv::CC_STAT_AREA) < kLeastShare * largest) out.setTo(0, labels == k);
  }
  return out;
}

cv::Vec3f RgbOfTone(const cv::Vec3f& lab) {
  return RgbOf(cv::Mat(1, 1, CV_32FC3, cv::Scalar(lab[0], lab[1], lab[2]))).at<cv::Vec3f>(0, 0);
}

}  // namespace

cv::Mat HeadMask(const people::Body& body, const Subject& subject, const Person& placed,
                 HeadPart part) {
  const cv::Mat& hair = subject.regions.mask(Label::kHair);
  if (part == HeadPart::kHair) return hair;
  cv::Mat mask(hair.size(), CV_32F, cv::Scalar(0));
  const cv::Rect box = BoxOfHead(body, subject, placed);
  if (box.empty()) return mask;
  const cv::Mat share = ShareOfHead(body, placed, box);
  const cv::Mat skin = subject.regions.mask(Label::kSkin)(box);
  // What is worn on the head goes along, what is worn around the neck does not.
  const cv::Mat worn = cv::max(subject.person.mask(box) - hair(box) - skin, 0.0);
  const cv::Mat all = hair(box) + skin.mul(share) + worn.mul(Ramp(share, .95, 1));
  cv::Mat(cv::min(all, 1.0)).copyTo(mask(box));
  return mask;
}

HeadCut CutHead(const people::Body& body, const Subject& subject, const Person& placed,
                HeadPart part, const cv::Vec3f& tone) {
  const int band = std::max(2, cvRound(kBandMetres * subject.person.pixels_per_metre()));
  const cv::Rect box = BoxOfHead(body, subject, placed);
  const TonedPicture toned = WithTone(body, subject, placed, box, tone);
  const cv::Mat& hair = subject.regions.mask(Label::kHair);
  HeadCut cut{cv::Mat(hair.size(), CV_32F, cv::Scalar(0)), toned.rgb.clone(), toned.skin.clone()};
  if (box.empty()) return cut;
  cv::Mat fade(box.size(), CV_32F, cv::Scalar(1)), whole = hair(box).clone();
  if (part == HeadPart::kHead) {
    const cv::Mat share = ShareOfHead(body, placed, box);
    fade = cv::min(hair(box) + share, 1.0);
    whole = cv::min(whole + subject.regions.mask(Label::kSkin)(box), 1.0);
    whole = cv::max(whole, HeadMask(body, subject, placed, part)(box));
  }
  const Matte matte = MatteOf(toned.rgb(box), whole, band);
  WithoutSpecks(matte.alpha.mul(fade)).copyTo(cut.alpha(box));
  matte.inside.copyTo(cut.colours(box));
  cv::Mat skin = cut.skin(box);
  skin = skin.mul(subject.regions.mask(Label::kSkin)(box));
  return cut;
}

WithoutHead LookBehindHead(const people::Body& body, const Subject& subject, const Person& placed,
                           HeadPart part, const cv::Rect& box) {
  const SurfaceView view(body, ScreenWithout(body, placed, part), {box, 1});
  const cv::Mat picture = FloatOf(subject.person.picture)(box);
  const cv::Mat covered = Blurred(view.Covered(), .8);
  const auto sure = [&](Label label) {
    return Eroded(Ramp(subject.regions.mask(label)(box), .8, .95), 1);
  };
  WithoutHead behind;
  const cv::Mat worn = WornAround(subject, view, box);
  behind.upper = covered.mul(worn);
  behind.skin = covered.mul(1 - worn);
  cv::Mat skin = sure(Label::kSkin);
  if (part == HeadPart::kHead) {
    // The neck goes on as neck, and not as the cheeks above it.
    const SurfaceView dressed(body, placed.screen, {box, 1});
    const cv::Mat head = Shares(body, dressed, [](const Attributes& a) { return a.head_weight; });
    const cv::Mat neck = skin.mul(Ramp(head, .6, .2)).mul(dressed.Covered());
    if (cv::sum(neck)[0] > kLeastPixels) skin = neck;
  }
  const cv::Mat flesh = Continued(picture, skin, RgbOfTone(subject.appearance.face_lab));
  const cv::Mat cloth = Continued(picture, sure(Label::kUpper), RgbOfTone({60, 0, 0}));
  behind.scalp =
      part == HeadPart::kHair
          ? covered.mul(Shares(body, view, ScalpShare)).mul(subject.regions.mask(Label::kHair)(box))
          : cv::Mat(box.size(), CV_32F, cv::Scalar(0));
  behind.colours = Mix(subject.appearance.wall(box), Mix(flesh, cloth, worn), covered);
  return behind;
}

}  // namespace atelier::edit
