#include "edit/garment/garment.h"

#include <algorithm>
#include <utility>

#include "edit/cut/spill.h"
#include "edit/garment/erased_garment.h"
#include "edit/garment/garment_layer.h"
#include "edit/garment/garment_thickness.h"
#include "edit/garment/skirt.h"
#include "edit/garment/swap_input.h"
#include "edit/garment/swapped_subject.h"
#include "edit/garment/underneath.h"
#include "edit/garment/worn_shape.h"
#include "edit/limb/hands.h"
#include "edit/limb/limb_axis.h"
#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/pixels/cloth.h"
#include "edit/warp/worn_clothes.h"

namespace atelier::edit {
namespace {

/// Less than this changes no pixel.
constexpr double kLeastChange = .004;

/// Whether what would be stretched of the donor's top has no pattern: folds and threads may become
/// longer, prints may not.
bool IsPlain(const people::Body& body, const Subject& donor, const Hem& hem) {
  constexpr float kAboveHem = .015f, kMostPatterned = .35f;
  std::vector<float> stretched(body.attributes().size());
  for (size_t v = 0; v < stretched.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    const bool is_stretched =
        OnTrunk(a) && a.at.y < Hem::kChest && a.at.y > hem.of_donor + kAboveHem;
    stretched[v] = is_stretched ? 1.0f : 0.0f;
  }
  const Person& person = donor.person;
  const cv::Rect all(0, 0, person.width(), person.height());
  const SurfaceView view(body, person.screen, {all, 1});
  const cv::Mat cloth =
      Eroded(Ramp(donor.regions.mask(Label::kUpper), .8, .95), 2).mul(view.Interpolate(stretched));
  if (cv::countNonZero(cloth > .9) == 0) return false;
  return PatternedShare(LabOf(FloatOf(person.picture)), cloth) < kMostPatterned;
}

SwapInput InputOf(const people::Body& body, const Subject& base, const Subject& donor,
                  Garment which) {
  const std::vector<Label> labels = LabelsOf(which);
  SwapInput input{body,
                  base,
                  donor,
                  labels,
                  MembershipOf(donor.regions, labels),
                  MembershipOf(base.regions, labels),
                  {},
                  {},
                  {},
                  base.regions.mask(Label::kSkin)};
  input.bodies_unsure = BodiesUnsure(body, base.person, donor.person);
  // What is worn below goes on under the donor's top; where the base shows it, it is seen.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    const std::vector<float>& top = donor.regions.membership_of(Label::kUpper);
    for (size_t v = 0; v < top.size(); ++v) {
      input.worn[v] = std::min(1.0f, input.worn[v] + top[v] * input.old[v]);
    }
  }
  if (input.Swaps(Label::kUpper) && !input.Swaps(Label::kLower)) {
    input.hem = DrawnOutHem(body, input.worn, input.old);
    if (input.hem && IsPlain(body, donor, *input.hem)) input.hem->most_stretch = kPlainStretch;
    if (input.hem) input.worn = CoveredTo(body, *input.hem, std::move(input.worn));
  }
  return input;
}

/// What stands off the body evenly; skirts hang free.
std::vector<Label> ThickLabels(const people::Body& body, const Subject& donor, Garment which) {
  std::vector<Label> labels = LabelsOf(which);
  if (WearsSkirt(body, donor)) std::erase(labels, Label::kLower);
  return labels;
}

/// The arms and legs that the new garment leaves bare and the old one did not.
BaredLimbs LimbsOf(const SwapInput& input) {
  std::vector<LimbRange> ranges;
  for (const Label cloth : {Label::kUpper, Label::kLower}) {
    if (!input.Swaps(cloth)) continue;
    const auto of_cloth =
        BaredRanges(input.base.regions, input.donor.regions, cloth, input.bodies_unsure);
    ranges.insert(ranges.end(), of_cloth.begin(), of_cloth.end());
  }
  std::vector<Label> clothes = input.labels;
  clothes.push_back(Label::kSkin);
  return BareLimbs(input.body, input.base, input.donor, MaskOf(input.base.regions, clothes), ranges,
                   input.box);
}

/// `hands` without the arms that the new sleeves cover: where a body has its hand is not known to
/// the centimetre, and a sleeve ends in a line across the arm.
void EndAtSleeves(const SwapInput& input, cv::Mat& hands) {
  constexpr double kLongSleeve = 1.6;
  constexpr float kFrom = 1, kBeside = 1.4f;  // half widths
  if (!input.Swaps(Label::kUpper) || input.bodies_unsure <= 0) return;
  const Person& person = input.base.person;
  for (const LimbEnd& end : input.donor.regions.limb_ends) {
    if (end.cloth != Label::kUpper || end.at < kLongSleeve) continue;
    const auto axis = LimbAxis::Of(input.body, person, Limb::kArm, end.side);
    if (!axis) continue;
    const cv::Rect area = axis->Bounds() & cv::Rect({}, hands.size());
    const auto to = static_cast<float>(std::min<double>(end.at, LimbAxis::kLength));
    for (int y = area.y; y < area.br().y; ++y) {
      for (int x = area.x; x < area.br().x; ++x) {
        const auto place =
            axis->PlaceOf({static_cast<float>(x), static_cast<float>(y)}, kFrom, to, 0);
        if (!place) continue;
        const float right = axis->body().right.At(place->along);
        const float left = axis->body().left.At(place->along);
        if (place->across < kBeside * right || place->across > kBeside * left) continue;
        hands.at<float>(y, x) = 0;
      }
    }
  }
}

/// What is over the new garment in the base's picture, 0..1.
cv::Mat OnTop(const SwapInput& input) {
  const Regions& regions = input.base.regions;
  cv::Mat top = Ramp(regions.mask(Label::kHair), .3, .7);
  cv::Mat hands = HandsInFront(input.body, input.base, !input.Swaps(Label::kUpper));
  EndAtSleeves(input, hands);
  top = cv::max(top, Ramp(hands, .3, .7));
  // Tops hang over bottoms.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    top = cv::max(top, Ramp(regions.mask(Label::kUpper), .3, .7));
  }
  return top;
}

/// `alpha` without what is left of it along the edges of bared limbs: where the old sleeve was a
/// little wider there is no new garment.
cv::Mat WithoutRims(const SwapInput& input, const cv::Mat& alpha) {
  constexpr double kRim = .004, kBeside = .015;
  if (cv::countNonZero(input.limbs.clear > .5) == 0) return alpha;
  const double scale = input.base.person.pixels_per_metre();
  const int rim = PixelsOf(kRim, scale);
  const cv::Mat wide = Dilated(Eroded(Ramp(alpha, .3, .6), rim), rim + 1);
  const cv::Mat beside = Dilated(Ramp(input.limbs.clear, .3, .6), PixelsOf(kBeside, scale));
  return Mix(alpha, cv::min(alpha, wide), beside);
}

/// What shows under erased pixels, with the wall where only a rim of the old garment was before it:
/// a body that is fitted a little too wide is not seen there.
void ShowWallInRims(const SwapInput& input, const cv::Mat& erased, cv::Mat& colour) {
  constexpr double kRim = .004, kBeside = .008;
  if (input.bodies_unsure <= 0) return;
  const double scale = input.base.person.pixels_per_metre();
  const int rim = PixelsOf(kRim, scale);
  const cv::Mat wide = Dilated(Eroded(erased, rim), rim + 1);
  const cv::Mat beside =
      Dilated(1 - Ramp(input.base.person.mask(input.box), .3, .7), PixelsOf(kBeside, scale));
  const cv::Mat is_rim = (1 - Ramp(wide, .2, .6)).mul(beside).mul(1 - input.limbs.alpha);
  colour = Mix(colour, input.base.appearance.wall(input.box), is_rim);
}

/// The skirt under what else is new.
void AddSkirt(const SwapInput& input, GarmentLayer& layer, GarmentMeasures& measures) {
  const SkirtLayer skirt = CarrySkirt(input);
  const cv::Mat below = skirt.alpha.mul(1 - layer.alpha);
  const double above_area = cv::sum(layer.alpha)[0], area = cv::sum(below)[0];
  const double guessed = area - skirt.trusted.dot(below);
  const auto join = [&](double above) {
    return (above * above_area + guessed) / std::max(1.0, above_area + area);
  };
  measures.unseen = join(measures.unseen);
  measures.guessed = join(measures.guessed);
  const cv::Mat alpha = layer.alpha + below;
  layer.colour =
      Over(Times(layer.colour, layer.alpha) + Times(skirt.colour, below), cv::max(alpha, 1e-3));
  layer.alpha = alpha;
}

/// What is beside the old garment without its colour.
cv::Mat WithoutOldColour(const SwapInput& input, const cv::Mat& before, const cv::Mat& bare,
                         const cv::Mat& erased, cv::Mat& share) {
  const Regions& regions = input.base.regions;
  SpillInput spill{before, bare, MaskOf(regions, input.labels)(input.box), {}, erased};
  cv::Mat wall = 1 - spill.object;
  for (int k = 0; k < kLabelCount; ++k) {
    const auto label = static_cast<Label>(k);
    if (input.Swaps(label)) continue;
    spill.others.push_back(regions.mask(label)(input.box));
    wall -= spill.others.back();
  }
  spill.others.push_back(cv::max(wall, 0.0));
  return WithoutSpill(spill, input.base.person.pixels_per_metre(), share);
}

/// The base's picture with the layers over it, and how far each pixel changed.
Edited Compose(const SwapInput& input, const SwapLayers& layers, std::vector<float> clothes) {
  cv::Mat picture = FloatOf(input.base.person.picture);
  const cv::Mat before = picture(input.box).clone();
  cv::Mat bare = Mix(before, layers.underneath.colour, layers.erased), spill;
  cv::Mat changed = cv::max(layers.erased, layers.garment.alpha);
  if (input.bodies_unsure > 0) {
    bare = WithoutOldColour(input, before, bare, layers.erased, spill);
    changed = cv::max(changed, spill);
  }
  cv::Mat after = Mix(bare, layers.garment.colour, layers.garment.alpha);
  changed.setTo(0, changed <= kLeastChange);
  before.copyTo(after, changed <= 0);
  after.copyTo(picture(input.box));

  Edited out;
  out.subject = AfterSwap(input, layers, std::move(clothes));
  out.subject.person.picture = ImageOf(picture);
  out.changed = cv::Mat::zeros(picture.size(), CV_32F);
  changed.copyTo(out.changed(input.box));
  return out;
}

}  // namespace

std::vector<Label> LabelsOf(Garment garment) {
  switch (garment) {
    case Garment::kUpper:
      return {Label::kUpper};
    case Garment::kLower:
      return {Label::kLower};
    case Garment::kShoes:
      return {Label::kShoes};
    case Garment::kOutfit:
      return {Label::kUpper, Label::kLower, Label::kShoes};
    case Garment::kBelow:
      return {Label::kLower, Label::kShoes};
  }
  return {};
}

Edited SwapGarment(const people::Body& body, const Subject& base, const Subject& whole_donor,
                   Garment which, GarmentMeasures* measures) {
  GarmentMeasures measured;
  Subject donor = whole_donor;
  donor.person = WithMeanThickness(body, whole_donor, ThickLabels(body, whole_donor, which));
  SwapInput input = InputOf(body, base, donor, which);
  input.skirt = input.Swaps(Label::kLower) && WearsSkirt(body, donor);
  // A skirt hangs clear of the legs.
  std::vector<float> clothes = ClothesAfter(
      body, base.person, donor.person,
      input.skirt ? MembershipOf(donor.regions, input.OnSurface()) : input.worn, input.old);
  input.screen = WornScreen(base.person, clothes);
  input.box = BoxOf(base.person, body.skin_vertices(), input.screen, input.skirt ? .25 : .05);

  input.limbs = LimbsOf(input);

  SwapLayers layers;
  layers.garment = CarryGarment(input, measured);
  if (input.skirt) AddSkirt(input, layers.garment, measured);
  const cv::Mat on_top = cv::max(OnTop(input)(input.box), input.limbs.clear);
  layers.garment.alpha = WithoutRims(input, layers.garment.alpha.mul(1 - on_top));
  layers.erased = Erased(input, layers.garment.alpha, on_top);
  layers.underneath = LookUnderneath(input, layers.garment.covered);
  ShowWallInRims(input, layers.erased, layers.underneath.colour);
  const cv::Mat old = MaskOf(base.regions, input.labels);
  measured.erased = layers.erased.dot(old(input.box)) / std::max(1.0, cv::sum(old)[0]);
  if (input.hem) measured.drawn_out = input.hem->DrawnOut();
  if (measures != nullptr) *measures = measured;
  return Compose(input, layers, std::move(clothes));
}

}  // namespace atelier::edit
