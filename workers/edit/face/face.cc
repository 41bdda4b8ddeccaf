#include "edit/face/face.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/face/face_places.h"
#include "edit/face/head_fit.h"
#include "edit/face/plane.h"
#include "edit/face/rim.h"
#include "edit/face/toned_face.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"
#include "edit/person/surface_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

/// The donor's face as the base's picture would show it.
struct CarriedFace {
  cv::Mat colours;  // float RGB
  cv::Mat seen;     // float, 0..1: how surely the donor's picture shows the place
  cv::Mat usable;   // the same, or its mirror image
  cv::Mat skin;     // float, 0..1: how much of it is skin
};

/// How surely the donor's picture shows the places. Lids and lips, whose folds no body has as a
/// photograph does, count as what is around them.
cv::Mat Known(const Places& places, const Subject& donor, double pixels_per_metre) {
  constexpr double kFoldMetres = .01;
  const int fold = std::max(1, cvRound(kFoldMetres * pixels_per_metre));
  const cv::Mat hair = Ramp(places.Sample(donor.regions.mask(Label::kHair)), .3, .7);
  const cv::Mat square = Ramp(Blurred(places.squareness, fold), .1, .35);
  // Beside the face the wall is near, and what hangs from ears.
  constexpr double kInsideMetres = .004;
  const double donor_metre = donor.person.pixels_per_metre();
  const int closed = PixelsOf(kFoldMetres, donor_metre);
  const cv::Mat skin = Eroded(Dilated(donor.regions.mask(Label::kSkin), closed),
                              closed + PixelsOf(kInsideMetres, donor_metre));
  const cv::Mat sharp = Eroded(Dilated(places.seen, fold), fold + 1)
                            .mul(square)
                            .mul(1 - Dilated(hair, 1))
                            .mul(Ramp(places.Sample(skin), .3, .8));
  cv::Mat soft = Blurred(sharp, 2);
  soft.setTo(0, sharp <= 0);
  return soft;
}

/// What the light makes of a surface, as the logarithm of its factor, at every vertex.
std::vector<float> LightOf(const Subject& subject) {
  std::vector<float> light;
  light.reserve(subject.person.normals.size());
  for (const people::Vec3& normal : subject.person.normals) {
    light.push_back(people::Dot(normal, subject.appearance.light));
  }
  return light;
}

std::vector<float> Mirrored(const people::Body& body, std::vector<float> values) {
  const std::vector<float> given = values;
  const std::vector<int>& skin = body.skin_vertices();
  const std::vector<int> twins = people::MirrorTwins(body);
  for (size_t i = 0; i < skin.size(); ++i) {
    values[static_cast<size_t>(skin[i])] =
        given[static_cast<size_t>(skin[static_cast<size_t>(twins[i])])];
  }
  return values;
}

/// What a picture lit as the donor's is multiplied with to be lit as the base's.
cv::Mat Relight(const SurfaceView& view, const std::vector<float>& base,
                const std::vector<float>& donor, double pixels_per_metre) {
  constexpr double kSmoothMetres = .006, kMost = .5;
  const cv::Mat change =
      Blurred(view.Interpolate(base) - view.Interpolate(donor), kSmoothMetres * pixels_per_metre);
  cv::Mat factor;
  cv::exp(cv::min(cv::max(change, -kMost), kMost), factor);
  return factor;
}

/// The bodies tell how the heads are turned; the features keep the shape that the donor's have. So
/// places are made smooth, over what `weight` (float) says is the face.
void SmoothOut(const cv::Mat& weight, double sigma, Places& places) {
  const cv::Mat total = Blurred(weight, sigma);
  for (cv::Mat* values : {&places.x, &places.y}) {
    const cv::Mat plane = PlaneThrough(*values, weight);
    const cv::Mat off = Blurred((*values - plane).mul(weight), sigma);
    const cv::Mat smooth = plane + Over(off, total);
    smooth.copyTo(*values, weight > 0);
  }
}

CarriedFace Carry(const people::Body& body, const SurfaceView& view, const Person& placed,
                  const Subject& base, const Subject& donor, const TonedPicture& toned) {
  constexpr double kFeatureMetres = .012;
  const double metre = base.person.pixels_per_metre();
  Places places = PlacesIn(body, view, placed);
  Places mirrored = PlacesIn(body, view, placed, BodySide::kMirrored);
  const cv::Mat inside = Shares(body, view, FaceShare).mul(view.Covered());
  for (Places* p : {&places, &mirrored}) SmoothOut(inside, kFeatureMetres * metre, *p);
  const std::vector<float> light = LightOf(base), old_light = LightOf(donor);
  const cv::Mat shown = Times(places.Sample(toned.rgb), Relight(view, light, old_light, metre));
  cv::Mat twin =
      Times(mirrored.Sample(toned.rgb), Relight(view, light, Mirrored(body, old_light), metre));
  CarriedFace face;
  face.seen = Known(places, donor, metre);
  const cv::Mat twin_seen = Known(mirrored, donor, metre);
  // The other side is in another light and a little different: it meets what is shown smoothly.
  const cv::Mat both = face.seen.mul(twin_seen);
  if (cv::sum(both)[0] > 20) {
    twin += Blurred(PushPull(shown - twin, both), .012 * metre);
  }
  const cv::Mat other = twin_seen.mul(1 - face.seen);
  face.usable = face.seen + other;
  face.skin = places.Sample(toned.skin);
  face.colours = Over(Times(shown, face.seen) + Times(twin, other), face.usable);
  return face;
}

double UnseenShare(const cv::Mat& seen, const cv::Mat& face) {
  return 1 - cv::sum(seen.mul(face))[0] / std::max(1e-6, cv::sum(face)[0]);
}

/// `usable` (0..1) less towards where it ends: beside it the base's own face goes on.
cv::Mat EndingGently(const cv::Mat& usable, double pixels_per_metre) {
  constexpr double kOverMetres = .015;
  cv::Mat distance;
  cv::distanceTransform(usable > .5, distance, cv::DIST_L2, cv::DIST_MASK_5);
  return usable.mul(Blurred(Ramp(distance, 0, kOverMetres * pixels_per_metre),
                            kOverMetres / 3 * pixels_per_metre));
}

}  // namespace

Edited SwapFace(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures) {
  constexpr double kSoftMetres = .004;
  const Person head = WithHeadAtFace(body, base), from = WithHeadAtFace(body, donor);
  const double metre = base.person.pixels_per_metre();
  cv::Mat picture = FloatOf(base.person.picture);
  cv::Mat changed(picture.size(), CV_32F, cv::Scalar(0));
  const HeadSimilarity similarity = SimilarityOfHeads(body, base, donor);
  FaceMeasures found{1, AngleBetweenHeads(body, base.person, donor.person),
                     similarity.residual_metres};
  const cv::Rect box = FaceBox(body, head);
  if (!box.empty()) {
    const SurfaceView view(body, head.screen, {box, 1});
    const CarriedFace face =
        Carry(body, view, from, base, donor,
              WithTone(body, donor, from, FaceBox(body, from), base.appearance.face_lab));
    cv::Mat alpha = Shares(body, view, FaceShare).mul(base.person.mask(box));
    alpha = alpha.mul(1 - Ramp(base.regions.mask(Label::kHair)(box), .3, .7));
    alpha = Blurred(alpha, kSoftMetres * metre).mul(Ramp(alpha, 0, .1));
    found.unseen = UnseenShare(face.seen, alpha);
    alpha = alpha.mul(EndingGently(face.usable, metre));
    const cv::Mat part = picture(box);
    const cv::Mat known = face.seen.mul(Ramp(base.regions.mask(Label::kSkin)(box), .5, .9));
    const cv::Mat both_skin = known.mul(face.skin).mul(Ramp(alpha, 0, .3));
    const cv::Mat lit = InLightOf(part, face.colours, both_skin);
    const cv::Mat met = MetAtRim(part, lit, {alpha, known, face.skin}, metre);
    Mix(part, WithFineLines(part, met, similarity.to_base.scale()), alpha).copyTo(part);
    alpha.copyTo(changed(box));
  }
  if (measures != nullptr) *measures = found;
  return WithPicture(base, picture, changed);
}

}  // namespace atelier::edit
