#include "edit/part/part_swap.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/face/skin.h"
#include "edit/garment/base_surface.h"
#include "edit/garment/erased_garment.h"
#include "edit/garment/garment_layer.h"
#include "edit/garment/garment_thickness.h"
#include "edit/garment/swap_input.h"
#include "edit/garment/underneath.h"
#include "edit/limb/hands.h"
#include "edit/person/edited_subject.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/warp/worn_clothes.h"

namespace atelier::edit {
namespace {

/// Metres around the person that the parts may reach into.
constexpr double kMargin = .05;

/// The donor as what is carried: in the wanted tone, the parts one garment, and what hangs before
/// them treated as hair is.
Subject DonorOf(const people::Body& body, const Subject& base, const Subject& donor,
                const PartLayers& layers, bool in_base_tone) {
  Subject out = in_base_tone ? SwapSkin(body, donor, base).subject : donor;
  out.person = WithMeanThickness(body, out, {Label::kUpper, Label::kLower, Label::kShoes});
  out.regions = Relabelled(body, out.person, donor.regions, layers);
  for (const Label label : layers.before) {
    out.regions.masks[IndexOf(Label::kHair)] += out.regions.mask(label);
    out.regions.masks[IndexOf(label)].setTo(0);
  }
  return out;
}

/// Of every vertex, how far the base's outline there holds for the donor's: both bare, or both
/// dressed.
std::vector<float> SameOutline(const Subject& base, const Subject& donor,
                               const PartLayers& layers) {
  std::vector<float> same = layers.around;
  const auto &own = base.regions.membership_of(Label::kSkin),
             &other = donor.regions.membership_of(Label::kSkin);
  for (size_t v = 0; v < same.size(); ++v) same[v] *= 1 - std::abs(own[v] - other[v]);
  return same;
}

/// 0..1, the box's size: how far a pixel is of the parts. Between skin and skin the border is soft.
cv::Mat ShareOf(const SwapInput& input, const Subject& base, const Subject& donor,
                const PartLayers& layers) {
  constexpr double kSoft = .2, kCrisp = .05;
  const SurfaceView view(input.body, input.screen, {input.box, 1});
  const cv::Mat share = view.Interpolate(layers.share);
  const cv::Mat bare = view.Interpolate(base.regions.membership_of(Label::kSkin))
                           .mul(view.Interpolate(donor.regions.membership_of(Label::kSkin)));
  const cv::Mat out = Mix(Ramp(share, .5 - kCrisp, .5 + kCrisp),
                          Ramp(share, .5 - kSoft, .5 + kSoft), Ramp(bare, .3, .7));
  const cv::Mat covered = view.Covered() > .5;
  return cv::countNonZero(covered) == 0 ? out : NearestOf(covered).Of(out);
}

/// 0..1, the box's size: what the donor's picture shows, and softly a little around it. The base's
/// own skin is better than skin that is continued from afar.
cv::Mat NearKnown(const GarmentLayer& layer, double pixels_per_metre) {
  constexpr double kNear = .02, kFar = .05;
  const cv::Mat known = layer.known > .5;
  if (cv::countNonZero(known) == 0) return cv::Mat::zeros(layer.known.size(), CV_32F);
  return Ramp(NearestOf(known).distance, kFar * pixels_per_metre, kNear * pixels_per_metre);
}

/// 0..1, the box's size: what of the base is before the parts. `regions`: the base's relabelled.
cv::Mat OnTop(const SwapInput& input, const PartLayers& layers) {
  const Regions& regions = input.base.regions;
  cv::Mat top = Ramp(regions.mask(Label::kHair), .3, .7);
  top = cv::max(top, Ramp(HandsInFront(input.body, input.base, true), .3, .7));
  if (!layers.before.empty()) {
    // Where two of them meet, or cloth the wall, each is half there.
    const cv::Mat before = Dilated(MaskOf(regions, layers.before), 1);
    top = cv::max(top, Ramp(before, .2, .6));
  }
  return top(input.box);
}

/// What is behind the parts where the new ones do not reach.
Underneath LookBehind(const SwapInput& input, const PartLayers& layers, cv::Mat& covered) {
  SwapInput behind = input;
  behind.limbs.vertices = layers.around;
  const SurfaceView view = BaseSurface(behind, {input.box, 1});
  covered = view.Covered();
  return LookUnderneath(behind, covered);
}

struct PartChange {
  cv::Mat alpha, erased;  // 0..1, the box's size
  Underneath behind;
  cv::Mat covered;  // behind them
};

void UpdateMasks(const SwapInput& input, const Subject& base, const Subject& donor,
                 const PartLayers& layers, const PartChange& change, Subject& subject) {
  const cv::Mat kept = (1 - change.erased).mul(1 - change.alpha);
  const cv::Mat bared = change.erased.mul(1 - change.alpha).mul(change.covered);
  const SurfaceView view(input.body, input.screen, {input.box, 1});
  cv::Mat total(input.box.size(), CV_32F, cv::Scalar(0));
  std::array<cv::Mat, kLabelCount> shares;
  for (const Label label : layers.taken) {
    // Off the body, any of them as much as another.
    shares[IndexOf(label)] = view.Interpolate(donor.regions.membership_of(label)) + 1e-3;
    total += shares[IndexOf(label)];
  }
  const cv::Mat& other = change.behind.other_worn;
  const cv::Mat upper = view.Interpolate(base.regions.membership_of(Label::kUpper)) + 1e-3;
  const cv::Mat lower = view.Interpolate(base.regions.membership_of(Label::kLower)) + 1e-3;
  for (size_t k = 0; k < kLabelCount; ++k) {
    cv::Mat mask = base.regions.masks[k].clone();
    cv::Mat part = mask(input.box);
    cv::multiply(part, kept, part);
    if (!shares[k].empty()) part += change.alpha.mul(shares[k] / total);
    const auto label = static_cast<Label>(k);
    if (label == Label::kSkin) part += bared.mul(1 - other);
    if (label == Label::kUpper) part += bared.mul(other).mul(upper / (upper + lower));
    if (label == Label::kLower) part += bared.mul(other).mul(lower / (upper + lower));
    subject.regions.masks[k] = mask;
  }
  subject.person.mask = base.person.mask.clone();
  cv::Mat mask = subject.person.mask(input.box);
  cv::min(mask.mul(kept) + bared + change.alpha, 1.0, mask);
}

void UpdateMembership(const Subject& base, const Subject& donor, const PartLayers& layers,
                      Regions& regions) {
  for (size_t k = 0; k < kLabelCount; ++k) {
    for (size_t v = 0; v < layers.share.size(); ++v) {
      const float share = layers.share[v];
      regions.membership[k][v] =
          base.regions.membership[k][v] * (1 - share) + donor.regions.membership[k][v] * share;
    }
  }
}

}  // namespace

Edited SwapParts(const people::Body& body, const Subject& base, const Subject& whole_donor,
                 Parts parts, const PartOptions& options, GarmentMeasures* measures) {
  const PartLayers layers = LayersOf(body, parts, options.content);
  const Subject donor = DonorOf(body, base, whole_donor, layers, options.in_base_tone);
  Subject relabelled = base;
  relabelled.regions = Relabelled(body, base.person, base.regions, layers);
  SwapInput input{body,
                  relabelled,
                  donor,
                  {kCarried},
                  layers.around,
                  SameOutline(base, whole_donor, layers),
                  {},
                  {},
                  {},
                  base.regions.mask(Label::kSkin)};
  std::vector<float> clothes = ClothesAfter(body, base.person, donor.person, layers.around,
                                            std::vector<float>(layers.around.size(), 0));
  input.fills_body = true;
  input.screen = WornScreen(base.person, clothes);
  input.box = BoxOf(base.person, body.skin_vertices(), input.screen, kMargin);
  input.limbs = BareLimbs(body, relabelled, donor, base.person.mask, {}, input.box);

  GarmentMeasures measured;
  const GarmentLayer layer = CarryGarment(input, measured);
  const cv::Mat on_top = OnTop(input, layers);
  const cv::Mat whole = layer.alpha.mul(1 - on_top);
  PartChange change;
  change.alpha = whole.mul(ShareOf(input, base, whole_donor, layers));
  if (options.content == PartContent::kSkin) {
    change.alpha = change.alpha.mul(NearKnown(layer, base.person.pixels_per_metre()));
  }
  change.erased = Erased(input, whole, on_top);
  change.behind = LookBehind(input, layers, change.covered);
  const cv::Mat old = relabelled.regions.mask(kCarried);
  measured.erased = change.erased.dot(old(input.box)) / std::max(1.0, cv::sum(old)[0]);
  if (measures != nullptr) *measures = measured;

  cv::Mat picture = FloatOf(base.person.picture);
  const cv::Mat bare = Mix(picture(input.box), change.behind.colour, change.erased);
  Mix(bare, layer.colour, change.alpha).copyTo(picture(input.box));
  cv::Mat changed(picture.size(), CV_32F, cv::Scalar(0));
  cv::Mat(cv::max(change.erased, change.alpha)).copyTo(changed(input.box));
  Edited edited = WithPicture(base, picture, changed);
  UpdateMasks(input, base, whole_donor, layers, change, edited.subject);
  UpdateMembership(base, whole_donor, layers, edited.subject.regions);
  edited.subject.person = WithClothes(body, std::move(edited.subject.person), std::move(clothes));
  return edited;
}

}  // namespace atelier::edit
