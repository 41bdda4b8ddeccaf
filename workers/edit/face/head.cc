// Heads and hair: a cut-out of the donor's picture, turned and scaled.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/face/face.h"
#include "edit/face/head_fit.h"
#include "edit/face/head_layer.h"
#include "edit/face/rim.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// The donor's picture in the base's, over `box`.
cv::Mat Moved(const cv::Mat& picture, const PlaneSimilarity& to_base, const cv::Rect& box) {
  // Samples lie at the middles of pixels.
  PlaneSimilarity move = to_base;
  move.x0 += .5 * (to_base.a - to_base.b) - .5 - box.x;
  move.y0 += .5 * (to_base.a + to_base.b) - .5 - box.y;
  const double shrink = 1 / to_base.scale();
  const cv::Mat source = shrink > 1.3 ? Blurred(picture, .4 * shrink) : picture;
  cv::Mat out;
  cv::warpAffine(source, out, move.matrix(), box.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  return out;
}

/// The part of the base's picture that its own head and the moved one lie in.
cv::Rect BoxOfBoth(const cv::Mat& old_mask, const cv::Mat& new_alpha,
                   const PlaneSimilarity& to_base, int margin) {
  cv::Rect box = BoxAround(old_mask, margin);
  const cv::Rect from = BoxAround(new_alpha, 1);
  if (!from.empty()) {
    std::vector<cv::Point2f> corners;
    for (const cv::Point& p :
         {from.tl(), from.br(), cv::Point(from.x, from.br().y), cv::Point(from.br().x, from.y)}) {
      corners.push_back(to_base(cv::Point2f(p)));
    }
    box |= cv::boundingRect(corners);
  }
  return box & cv::Rect(0, 0, old_mask.cols, old_mask.rows);
}

/// How the base changes within a box; float matrices of its size.
struct HeadChange {
  cv::Mat erased;  // 0..1: how much of the old picture makes way for what is behind
  cv::Mat alpha;   // 0..1: how much of the new part is over it
  WithoutHead behind;
  cv::Mat hair, skin;  // of the new part, 0..1
};

/// The base's regions and mask, once the part was swapped.
void UpdateRegions(const HeadChange& change, const cv::Rect& box, Subject& subject) {
  const cv::Mat kept = (1 - change.erased).mul(1 - change.alpha);
  const cv::Mat bared = change.erased.mul(1 - change.alpha);
  for (size_t k = 0; k < kLabelCount; ++k) {
    cv::Mat mask = subject.regions.masks[k].clone();
    mask(box) = mask(box).mul(kept);
    subject.regions.masks[k] = mask;
  }
  const auto add = [&](Label label, const cv::Mat& what) {
    cv::Mat part = subject.regions.masks[IndexOf(label)](box);
    part += what;
  };
  add(Label::kHair, change.hair.mul(change.alpha) + bared.mul(change.behind.scalp));
  add(Label::kSkin, change.skin.mul(change.alpha) + bared.mul(change.behind.skin));
  add(Label::kUpper, bared.mul(change.behind.upper));
  cv::Mat mask = subject.person.mask.clone();
  const cv::Mat left =
      mask(box).mul(1 - change.erased) +
      change.erased.mul(change.behind.skin + change.behind.scalp + change.behind.upper);
  mask(box) = cv::min(left.mul(1 - change.alpha) + change.alpha, 1.0);
  subject.person.mask = mask;
}

/// Where the old hair grew and the new does not reach, the new goes on: heads differ in how they
/// are turned, not in being half bald. `skin`: float, 0..1, of the base's picture.
void GrowOnScalp(const cv::Mat& colours, const cv::Mat& skin, double pixels_per_metre,
                 HeadChange& change) {
  constexpr double kLeastPixels = 100, kGapMetres = .02;
  const cv::Mat sure = Ramp(change.alpha, .9, 1);
  if (cv::sum(sure)[0] < kLeastPixels) return;
  // Between the new hair and the face there is hair, too.
  const int gap = std::max(1, cvRound(kGapMetres * pixels_per_metre));
  const cv::Mat filled = cv::max(change.alpha, skin);
  const cv::Mat between = cv::max(Eroded(Dilated(filled, gap), gap) - filled, 0.0);
  const cv::Mat grown = cv::max(change.behind.scalp, between.mul(change.erased));
  change.behind.colours = Mix(change.behind.colours, PushPull(colours, sure), grown);
  change.behind.skin = change.behind.skin.mul(1 - grown);
  change.behind.scalp = grown;
}

FacePoints MovedPoints(const FacePoints& p, const PlaneSimilarity& to_base) {
  return {to_base(p.right_eye), to_base(p.left_eye), to_base(p.nose), to_base(p.right_mouth),
          to_base(p.left_mouth)};
}

Edited Swap(const people::Body& body, const Subject& base, const Subject& donor, HeadPart part,
            FaceMeasures* measures) {
  constexpr double kOldHairMetres = .006, kMarginMetres = .03;
  const double metre = base.person.pixels_per_metre();
  const Person head = WithHeadAtFace(body, base), from = WithHeadAtFace(body, donor);
  const HeadSimilarity fit = SimilarityOfHeads(body, base, donor);
  const HeadCut cut = CutHead(body, donor, from, part, base.appearance.face_lab);
  const cv::Mat old_mask = HeadMask(body, base, head, part);
  if (measures != nullptr) {
    *measures = {0, AngleBetweenHeads(body, base.person, donor.person), fit.residual_metres};
  }
  cv::Mat picture = FloatOf(base.person.picture);
  cv::Mat changed(picture.size(), CV_32F, cv::Scalar(0));
  const cv::Rect box = BoxOfBoth(old_mask, cut.alpha, fit.to_base, cvRound(kMarginMetres * metre));
  if (box.empty()) return WithPicture(base, picture, changed);
  HeadChange change;
  change.alpha = Moved(cut.alpha, fit.to_base, box);
  change.hair = Moved(donor.regions.mask(Label::kHair), fit.to_base, box);
  change.skin = cv::max(1 - change.hair, 0.0);
  change.behind = LookBehindHead(body, base, head, part, box);
  const int around = std::max(1, cvRound(kOldHairMetres * metre));
  change.erased = Blurred(Dilated(old_mask(box), around), .5 * around).mul(1 - change.alpha);
  cv::Mat colours = Moved(cut.colours, fit.to_base, box);
  if (part == HeadPart::kHair) {
    GrowOnScalp(colours, base.regions.mask(Label::kSkin)(box), metre, change);
  }
  const cv::Mat part_of_picture = picture(box);
  const cv::Mat kept = Mix(part_of_picture, change.behind.colours, change.erased);
  const cv::Mat skin = Moved(cut.skin, fit.to_base, box);
  // Skin of both at the neck; with hair alone there is no such place.
  const cv::Mat known = skin.mul(Ramp(base.regions.mask(Label::kSkin)(box), .5, .9));
  colours = MetAtRim(part_of_picture, colours, {change.alpha, known, skin}, metre);
  Mix(kept, colours, change.alpha).copyTo(part_of_picture);
  cv::Mat(cv::max(change.erased, change.alpha)).copyTo(changed(box));
  Edited edited = WithPicture(base, picture, changed);
  UpdateRegions(change, box, edited.subject);
  if (part == HeadPart::kHead && donor.face) {
    edited.subject.face = MovedPoints(*donor.face, fit.to_base);
  }
  return edited;
}

}  // namespace

Edited SwapHead(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures) {
  return Swap(body, base, donor, HeadPart::kHead, measures);
}

Edited SwapHair(const people::Body& body, const Subject& base, const Subject& donor,
                FaceMeasures* measures) {
  return Swap(body, base, donor, HeadPart::kHair, measures);
}

}  // namespace atelier::edit
