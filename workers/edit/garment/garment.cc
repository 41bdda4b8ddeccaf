#include "edit/garment/garment.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "edit/garment/garment_layer.h"
#include "edit/garment/garment_thickness.h"
#include "edit/garment/skirt.h"
#include "edit/garment/swap_input.h"
#include "edit/garment/swapped_subject.h"
#include "edit/garment/underneath.h"
#include "edit/garment/worn_clothes.h"
#include "edit/limb/hands.h"
#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

/// Less than this changes no pixel.
constexpr double kLeastChange = .004;

/// Bounds of the person before and after, with a margin.
cv::Rect BoxOf(const Person& person, const std::vector<int>& vertices,
               const std::vector<people::ScreenPoint>& screen, double margin_metres) {
  const int margin = PixelsOf(margin_metres, person.pixels_per_metre());
  const cv::Rect picture(0, 0, person.width(), person.height());
  cv::Rect box = cv::boundingRect(person.mask > .02);
  for (const int v : vertices) {
    const people::ScreenPoint& p = screen[static_cast<size_t>(v)];
    box |= cv::Rect(static_cast<int>(p.x), static_cast<int>(p.y), 1, 1);
  }
  box -= cv::Point(margin, margin);
  box += cv::Size(2 * margin, 2 * margin);
  box &= picture;
  return box.empty() ? picture : box;
}

std::vector<people::ScreenPoint> WornScreen(const Person& person,
                                            const std::vector<float>& clothes) {
  std::vector<people::ScreenPoint> screen;
  screen.reserve(clothes.size());
  for (size_t v = 0; v < clothes.size(); ++v) {
    screen.push_back(
        person.body.camera.Project(person.body.points[v] + person.normals[v] * clothes[v]));
  }
  return screen;
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
                  {}};
  // What is worn below goes on under the donor's top; where the base shows it, it is seen.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    const std::vector<float>& top = donor.regions.membership_of(Label::kUpper);
    for (size_t v = 0; v < top.size(); ++v) {
      input.worn[v] = std::min(1.0f, input.worn[v] + top[v] * input.old[v]);
    }
  }
  if (input.Swaps(Label::kUpper) && !input.Swaps(Label::kLower)) {
    input.hem = DrawnOutHem(body, input.worn, input.old);
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
    const auto of_cloth = BaredRanges(input.base.regions, input.donor.regions, cloth);
    ranges.insert(ranges.end(), of_cloth.begin(), of_cloth.end());
  }
  std::vector<Label> clothes = input.labels;
  clothes.push_back(Label::kSkin);
  return BareLimbs(input.body, input.base, input.donor, MaskOf(input.base.regions, clothes), ranges,
                   input.box);
}

/// What is over the new garment in the base's picture, 0..1.
cv::Mat OnTop(const SwapInput& input) {
  const Regions& regions = input.base.regions;
  cv::Mat top = Ramp(regions.mask(Label::kHair), .3, .7);
  top =
      cv::max(top, Ramp(HandsInFront(input.body, input.base, !input.Swaps(Label::kUpper)), .3, .7));
  // Tops hang over bottoms.
  if (input.Swaps(Label::kLower) && !input.Swaps(Label::kUpper)) {
    top = cv::max(top, Ramp(regions.mask(Label::kUpper), .3, .7));
  }
  return top;
}

/// 0..1, the box's size: how far a pixel's colour is nearer to the old garment's around it than to
/// that of all else around it.
cv::Mat LooksOld(const SwapInput& input, const cv::Mat& old, const cv::Mat& others) {
  const cv::Mat picture = FloatOf(input.base.person.picture)(input.box);
  const int inside = PixelsOf(.004, input.base.person.pixels_per_metre());
  const auto distance = [&](const cv::Mat& mask) {
    const cv::Mat sure = Eroded(Ramp(mask(input.box), .8, .95), inside);
    cv::Mat difference = picture - PushPull(picture, sure), squares;
    cv::transform(difference.mul(difference), squares, cv::Matx13f(1, 1, 1));
    cv::sqrt(squares, squares);
    return squares;
  };
  const cv::Mat from_old = distance(old), from_others = distance(others);
  return Ramp(from_others / (from_old + from_others + 1), .55, .7);
}

/// 0..1, the box's size: how much of the old garment is to go. `on_top`: OnTop() there.
cv::Mat Erased(const SwapInput& input, const cv::Mat& alpha, const cv::Mat& on_top) {
  constexpr double kHalo = .01, kEdge = .003, kUnsure = .1, kSure = .4;
  const Regions& regions = input.base.regions;
  const cv::Mat old = MaskOf(regions, input.labels);
  cv::Mat others = cv::Mat::zeros(old.size(), CV_32F);
  for (int k = 0; k < kLabelCount; ++k) {
    const auto label = static_cast<Label>(k);
    if (!input.Swaps(label)) others += regions.mask(label);
  }
  // Around it, what is nothing else and what has its colour: its edge, which the masks miss.
  const cv::Mat around = Dilated(old, PixelsOf(kHalo, input.base.person.pixels_per_metre()));
  const cv::Mat free = cv::max(1 - Ramp(others(input.box), .3, .8), LooksOld(input, old, others));
  const cv::Mat halo = around(input.box).mul(free);
  // An unsure edge of the old garment is erased wholly, rather than left half there.
  const cv::Mat edge = Dilated(old, PixelsOf(kEdge, input.base.person.pixels_per_metre()));
  cv::Mat erased =
      cv::max(Ramp(cv::max(old(input.box), halo), kUnsure, kSure), edge(input.box).mul(1 - on_top));
  // A cuff's shadow on the skin that goes on as the bared limb.
  const int beside = PixelsOf(kHalo, input.base.person.pixels_per_metre());
  const cv::Mat cuff = Blurred(Dilated(old(input.box), beside), beside / 3.0);
  erased = cv::max(erased, cuff.mul(input.limbs.alpha));
  erased = erased.mul(1 - alpha);
  // Where the new garment ends as the old one did, nothing is to go.
  cv::Mat bared;
  cv::Mat((old(input.box) > .5) & (alpha < .5)).convertTo(bared, CV_32F, 1 / 255.0);
  bared = Dilated(Eroded(bared, 1), 1 + beside);
  erased = erased.mul(bared);
  erased.setTo(0, erased < .01);
  return erased;
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

/// The base's picture with the layers over it, and how far each pixel changed.
Edited Compose(const SwapInput& input, const SwapLayers& layers, std::vector<float> clothes) {
  cv::Mat picture = FloatOf(input.base.person.picture);
  const cv::Mat before = picture(input.box).clone();
  const cv::Mat bare = Mix(before, layers.underneath.colour, layers.erased);
  cv::Mat after = Mix(bare, layers.garment.colour, layers.garment.alpha);
  cv::Mat changed = cv::max(layers.erased, layers.garment.alpha);
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
  }
  return {};
}

cv::Mat MaskOf(const Regions& regions, const std::vector<Label>& labels) {
  cv::Mat sum = cv::Mat::zeros(regions.masks[0].size(), CV_32F);
  for (const Label label : labels) sum += regions.mask(label);
  return sum;
}

std::vector<float> MembershipOf(const Regions& regions, const std::vector<Label>& labels) {
  std::vector<float> sum(regions.membership[0].size(), 0);
  for (const Label label : labels) {
    const std::vector<float>& own = regions.membership_of(label);
    for (size_t v = 0; v < sum.size(); ++v) sum[v] = std::min(1.0f, sum[v] + own[v]);
  }
  return sum;
}

std::vector<Label> OtherWorn(const std::vector<Label>& labels) {
  std::vector<Label> others;
  for (const Label label : {Label::kUpper, Label::kLower, Label::kShoes}) {
    if (std::ranges::find(labels, label) == labels.end()) others.push_back(label);
  }
  return others;
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
  layers.garment.alpha = layers.garment.alpha.mul(1 - on_top);
  layers.erased = Erased(input, layers.garment.alpha, on_top);
  layers.underneath = LookUnderneath(input, layers.garment.covered);
  const cv::Mat old = MaskOf(base.regions, input.labels);
  measured.erased = layers.erased.dot(old(input.box)) / std::max(1.0, cv::sum(old)[0]);
  if (input.hem) measured.drawn_out = input.hem->DrawnOut();
  if (measures != nullptr) *measures = measured;
  return Compose(input, layers, std::move(clothes));
}

}  // namespace atelier::edit
