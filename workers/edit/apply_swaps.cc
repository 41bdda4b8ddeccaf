#include "edit/apply_swaps.h"

#include <algorithm>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>

#include "base/body.h"
#include "edit/background/background.h"
#include "edit/colour/recolour.h"
#include "edit/face/face.h"
#include "edit/face/skin.h"
#include "edit/flat/flat_garment.h"
#include "edit/garment/garment.h"
#include "edit/part/part_swap.h"
#include "edit/region/region_mask.h"
#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

using people::Body;

/// Share of the person's pixels below which a region is not there.
constexpr double kLeastShare = .002;

// Limits of warnings. Of 150 garments swapped between rendered people whose bodies were fitted,
// about a tenth is beyond each; docs/editing.md says how well they foretell a bad result.
constexpr double kMostUnseen = .5;
constexpr double kMostFaceUnseen = .3;
constexpr double kMostGuessed = .35;
constexpr double kMostErased = .5;
constexpr double kMostBorderEntropy = .75;
constexpr double kLeastLimbGain = .3;
constexpr double kMostOffBody = .06;
constexpr double kMostHeadDegrees = 20;
/// Nothing was calibrated: a tenth of what is seen behind the person is much.
constexpr double kMostFilled = .1;

/// One swap's share in the edit.
class Step {
 public:
  Step(const Body& body, const SwapStep& step, std::vector<Warning>& warnings)
      : body_(body), step_(step), warnings_(warnings) {}

  Result<Edited> Apply(const Subject& base) {
    ATELIER_RETURN_IF_ERROR(RequireRegion(base, "BASE_WITHOUT_REGION", "the base"));
    if (const Donor* donor = std::get_if<Donor>(&step_.source)) return FromDonor(base, **donor);
    if (const auto* flat = std::get_if<FlatGarment>(&step_.source)) return FromFlat(base, *flat);
    if (const auto* colour = std::get_if<FlatColour>(&step_.source)) {
      const cv::Vec3f rgb(colour->red, colour->green, colour->blue);
      if (IsBackground()) return ReplaceBackground(base, rgb);
      ATELIER_ASSIGN_OR_RETURN(const std::vector<Label> labels, Labels());
      return Recolour(body_, base, labels, rgb);
    }
    if (const auto* pattern = std::get_if<Pattern>(&step_.source)) {
      ATELIER_ASSIGN_OR_RETURN(const std::vector<Label> labels, Labels());
      return Print(body_, base, labels, *pattern);
    }
    if (const auto* wall = std::get_if<BackgroundPicture>(&step_.source)) {
      return BeforePicture(base, *wall);
    }
    // No background leaves the person as they are; the picture loses its wall at the end.
    return Edited{base, cv::Mat::zeros(base.person.height(), base.person.width(), CV_32F)};
  }

 private:
  bool Is(RegionKind kind) const { return step_.region.part == 0 && step_.region.kind == kind; }
  bool IsBackground() const { return Is(RegionKind::kBackground); }

  Unexpected NotSwappable() const {
    return MakeError(
        Code::kUnimplemented, "REGION_NOT_SWAPPABLE",
        step_.field + ": " + NameOf(step_.region) + " cannot be replaced by this kind of source");
  }

  /// What is worn or grown in the region.
  Result<std::vector<Label>> Labels() const {
    if (Is(RegionKind::kUpperGarment)) return std::vector{Label::kUpper};
    if (Is(RegionKind::kLowerGarment)) return std::vector{Label::kLower};
    if (Is(RegionKind::kShoes)) return std::vector{Label::kShoes};
    if (Is(RegionKind::kHair)) return std::vector{Label::kHair};
    if (Is(RegionKind::kSkin)) return std::vector{Label::kSkin};
    if (Is(RegionKind::kOutfit)) return LabelsOf(Garment::kOutfit);
    return NotSwappable();
  }

  std::optional<Garment> AsGarment() const {
    if (Is(RegionKind::kUpperGarment)) return Garment::kUpper;
    if (Is(RegionKind::kLowerGarment)) return Garment::kLower;
    if (Is(RegionKind::kShoes)) return Garment::kShoes;
    if (Is(RegionKind::kOutfit)) return Garment::kOutfit;
    return std::nullopt;
  }

  /// Of the person's pixels, how many are of `region`, 0..1.
  double ShareOf(const Subject& subject, Region region) const {
    const cv::Mat parts = PartsOf(body_, subject.person);
    const double person = SurePixels(MaskOf(body_, subject.person, subject.regions, parts, {}));
    if (person <= 0) return 0;
    return SurePixels(MaskOf(body_, subject.person, subject.regions, parts, region)) / person;
  }

  Status RequireRegion(const Subject& subject, const char* reason, const char* whose) const {
    // A person without a top can be given one, and of a garment nothing may be left to be covered.
    const bool is_base = std::string_view(reason) == "BASE_WITHOUT_REGION";
    const bool is_dressed = std::holds_alternative<Donor>(step_.source) ||
                            std::holds_alternative<FlatGarment>(step_.source);
    if (is_base && is_dressed && AsGarment()) return {};
    const double of_person = ShareOf(subject, step_.region);
    if (of_person >= kLeastShare) return {};
    char share[64];
    std::snprintf(share, sizeof share, "%.2f %% of the person's pixels", 100 * of_person);
    return MakeError(Code::kFailedPrecondition, reason,
                     step_.field + ": " + whose + " shows no " + NameOf(step_.region) + " (" +
                         share + "); take a picture that does, or leave this swap out");
  }

  Result<Edited> FromDonor(const Subject& base, const Subject& donor) {
    ATELIER_RETURN_IF_ERROR(RequireRegion(donor, "DONOR_WITHOUT_REGION", "its picture"));
    if (const std::optional<Garment> garment = AsGarment()) {
      GarmentMeasures measures;
      Edited edited = SwapGarment(body_, base, donor, *garment, &measures);
      WarnOfGarment(donor, *garment, measures);
      return edited;
    }
    if (Is(RegionKind::kFace) || Is(RegionKind::kHead) || Is(RegionKind::kHair)) {
      FaceMeasures measures;
      const auto swap = Is(RegionKind::kFace)   ? SwapFace
                        : Is(RegionKind::kHead) ? SwapHead
                                                : SwapHair;
      Edited edited = swap(body_, base, donor, &measures);
      WarnOfFace(measures);
      return edited;
    }
    if (Is(RegionKind::kSkin)) return SwapSkin(body_, base, donor);
    if (IsBackground()) return NotSwappable();
    if (Is(RegionKind::kWholeTexture)) return WholePerson(base, donor);
    return Is(RegionKind::kLegs) ? Legs(base, donor) : BodyParts(base, donor);
  }

  /// The parts of the body that the region has, without the head where `below_head`.
  std::vector<int> PartsOfRegion(bool below_head) const {
    std::vector<int> parts;
    for (int part = 1; part <= kBodyPartCount; ++part) {
      const bool is_head = HasPart({.kind = RegionKind::kHead}, part);
      if (HasPart(step_.region, part) && !(below_head && is_head)) parts.push_back(part);
    }
    return parts;
  }

  /// What `also` did comes before what `edited` did.
  static void Join(const Edited& also, Edited& edited) {
    edited.changed = cv::max(edited.changed, also.changed);
  }

  Edited BodyParts(const Subject& base, const Subject& donor) {
    GarmentMeasures measures;
    Edited edited = SwapParts(body_, base, donor, PartsOfRegion(false), {}, &measures);
    WarnOfCarried(donor, measures);
    return edited;
  }

  /// What is worn on legs reaches to the waist, and hangs: it is swapped as garments are.
  Edited Legs(const Subject& base, const Subject& donor) {
    GarmentMeasures worn, bare;
    // Of feet that the picture does not show, shoes would be a guess.
    const Region left_foot{.part = static_cast<int>(BodyPart::kLeftFoot)};
    const Region right_foot{.part = static_cast<int>(BodyPart::kRightFoot)};
    const bool shows_feet = ShareOf(donor, left_foot) + ShareOf(donor, right_foot) >= kLeastShare;
    const Garment garment = shows_feet ? Garment::kBelow : Garment::kLower;
    const Edited dressed = SwapGarment(body_, base, donor, garment, &worn);
    Edited edited = SwapParts(body_, dressed.subject, donor, PartsOfRegion(false),
                              {.content = PartContent::kSkin}, &bare);
    Join(dressed, edited);
    WarnOfGarment(donor, garment, worn);
    return edited;
  }

  Edited WholePerson(const Subject& base, const Subject& donor) {
    GarmentMeasures worn, bare;
    FaceMeasures face;
    Edited toned = SwapSkin(body_, base, donor);
    Appearance& look = toned.subject.appearance;
    look.skin_lab = donor.appearance.skin_lab;
    look.face_lab = donor.appearance.face_lab;
    const Edited head = SwapHead(body_, toned.subject, donor, &face);
    const Edited dressed = SwapGarment(body_, head.subject, donor, Garment::kOutfit, &worn);
    Edited edited = SwapParts(body_, dressed.subject, donor, PartsOfRegion(true),
                              {.content = PartContent::kSkin, .in_base_tone = false}, &bare);
    Join(toned, edited);
    Join(head, edited);
    Join(dressed, edited);
    WarnOfGarment(donor, Garment::kOutfit, worn);
    WarnOfFace(face);
    return edited;
  }

  Result<Edited> FromFlat(const Subject& base, const FlatGarment& flat) {
    const std::optional<Garment> garment = AsGarment();
    if (!garment || *garment == Garment::kOutfit || *garment == Garment::kShoes) {
      return NotSwappable();
    }
    Subject donor = *flat.garment;
    LightAs(body_, base, LabelsOf(*garment).front(), donor);
    GarmentMeasures measures;
    Edited edited = SwapGarment(body_, base, donor, *garment, &measures);
    WarnOfGarment(donor, *garment, measures);
    return edited;
  }

  Edited BeforePicture(const Subject& base, const BackgroundPicture& wall) {
    double filled = 0;
    Edited edited = ReplaceBackground(base, wall.picture, wall.somebody, &filled);
    if (filled > kMostFilled) {
      Warn("BACKGROUND_FILLED",
           "the background's picture shows a person, who was taken out: what was behind them is "
           "guessed",
           filled, kMostFilled);
    }
    return edited;
  }

  void Warn(const char* reason, const char* message, double value, double limit) {
    warnings_.push_back({reason, step_.field, message, value, limit});
  }

  void WarnOfCarried(const Subject& donor, const GarmentMeasures& measures) {
    if (measures.unseen > kMostUnseen) {
      Warn("REGION_UNSEEN", "the donor's picture does not show all of what is put in its place",
           measures.unseen, kMostUnseen);
    }
    if (measures.guessed > kMostGuessed) {
      Warn("REGION_GUESSED", "neither side of the donor shows it: its cloth is continued",
           measures.guessed, kMostGuessed);
    }
    const double off_body = ShareOffBody(donor.person);
    if (off_body > kMostOffBody) {
      Warn(
          "CLOTH_OFF_BODY",
          "much of the donor stands off the body (a skirt, a coat, a bag), and is carried as if it "
          "lay on it",
          off_body, kMostOffBody);
    }
  }

  void WarnOfGarment(const Subject& donor, Garment garment, const GarmentMeasures& measures) {
    WarnOfCarried(donor, measures);
    if (measures.erased > kMostErased) {
      Warn("GARMENT_SHORTER",
           "the new garment is shorter than the old one: what was under it is invented",
           measures.erased, kMostErased);
    } else if (measures.drawn_out > kMostErased) {
      Warn("GARMENT_SHORTER",
           "the new top is shorter than the old one: it was drawn out to the old one's hem",
           measures.drawn_out, kMostErased);
    }
    if (measures.edge_entropy > kMostBorderEntropy) {
      Warn("BORDER_UNSURE", "where the donor's garment ends is hardly to be seen",
           measures.edge_entropy, kMostBorderEntropy);
    }
    const std::vector<Label> labels = LabelsOf(garment);
    for (const LimbEnd& end : donor.regions.limb_ends) {
      const bool is_swapped = std::ranges::find(labels, end.cloth) != labels.end();
      // Of limbs that the picture cuts off nothing is known.
      if (!is_swapped || end.gain <= 0 || end.gain >= kLeastLimbGain) continue;
      Warn("LIMB_END_UNSURE", "where the garment ends along a limb is hardly to be seen", end.gain,
           kLeastLimbGain);
      break;
    }
  }

  void WarnOfFace(const FaceMeasures& measures) {
    if (measures.unseen > kMostFaceUnseen) {
      Warn("REGION_UNSEEN", "the donor's picture does not show all of the face", measures.unseen,
           kMostFaceUnseen);
    }
    if (measures.head_angle_degrees > kMostHeadDegrees) {
      Warn("HEADS_DIFFER", "the heads are turned to different sides", measures.head_angle_degrees,
           kMostHeadDegrees);
    }
  }

  /// Share of the person's pixels that are further from the dressed body than clothes are.
  static double ShareOffBody(const Person& person) {
    constexpr double kFar = .06;  // metres
    cv::Mat off_body(person.height(), person.width(), CV_8U);
    for (int y = 0; y < off_body.rows; ++y) {
      for (int x = 0; x < off_body.cols; ++x) {
        const size_t at =
            static_cast<size_t>(y) * static_cast<size_t>(off_body.cols) + static_cast<size_t>(x);
        off_body.at<uint8_t>(y, x) = person.visible.triangle[at] < 0 ? 255 : 0;
      }
    }
    cv::Mat distance;
    cv::distanceTransform(off_body, distance, cv::DIST_L2, 5);
    const cv::Mat is_person = person.mask > .5f;
    const cv::Mat is_far = is_person & (distance > kFar * person.pixels_per_metre());
    const int all = cv::countNonZero(is_person);
    return all > 0 ? static_cast<double>(cv::countNonZero(is_far)) / all : 0;
  }

  const Body& body_;
  const SwapStep& step_;
  std::vector<Warning>& warnings_;
};

/// `edited` with only `strength` of the change.
void Weaken(const Subject& before, double strength, Edited& edited) {
  if (strength >= 1) return;
  cv::Mat after = imaging::ViewOf(edited.subject.person.picture);
  cv::addWeighted(after, strength, imaging::ViewOf(before.person.picture), 1 - strength, 0, after);
  edited.changed *= strength;
}

bool IsBackground(const SwapStep& step) {
  return step.region == Region{.kind = RegionKind::kBackground};
}

}  // namespace

Result<EditOutcome> ApplySwaps(const Body& body, const Subject& base,
                               std::span<const SwapStep> steps) {
  std::vector<const SwapStep*> order;
  for (const SwapStep& step : steps) order.push_back(&step);
  std::ranges::stable_partition(order, [](const SwapStep* step) { return !IsBackground(*step); });

  EditOutcome outcome;
  outcome.subject = base;
  outcome.changed = cv::Mat::zeros(base.person.height(), base.person.width(), CV_32F);
  bool is_transparent = false;
  for (const SwapStep* step : order) {
    ATELIER_ASSIGN_OR_RETURN(Edited edited,
                             Step(body, *step, outcome.warnings).Apply(outcome.subject));
    Weaken(outcome.subject, step->strength, edited);
    is_transparent = is_transparent || std::holds_alternative<NoBackground>(step->source);
    outcome.changed = cv::max(outcome.changed, edited.changed);
    outcome.subject = std::move(edited.subject);
  }
  outcome.picture =
      is_transparent ? WithoutBackground(outcome.subject) : outcome.subject.person.picture;
  return outcome;
}

Image OverWhole(const Image& whole, const Image& edited, const cv::Mat& changed) {
  const cv::Mat before = imaging::ViewOf(whole);
  cv::Mat after, weight;
  cv::resize(imaging::ViewOf(edited), after, before.size(), 0, 0, cv::INTER_CUBIC);
  cv::resize(changed, weight, before.size(), 0, 0, cv::INTER_LINEAR);
  Image out(whole.height, whole.width, edited.channels);
  for (int y = 0; y < whole.height; ++y) {
    const uint8_t* was = whole.at(y, 0);
    const uint8_t* is = after.ptr<uint8_t>(y);
    const float* w = weight.ptr<float>(y);
    uint8_t* to = out.at(y, 0);
    for (int x = 0; x < whole.width; ++x) {
      // The smaller picture mixes already what changed by half.
      const float share = std::min(1.0f, 2 * w[x]);
      for (int c = 0; c < 3; ++c) {
        const float mixed = static_cast<float>(was[3 * x + c]) * (1 - share) +
                            static_cast<float>(is[edited.channels * x + c]) * share;
        to[edited.channels * x + c] =
            share == 0 ? was[3 * x + c] : cv::saturate_cast<uint8_t>(mixed);
      }
      if (edited.channels == 4) to[4 * x + 3] = is[4 * x + 3];
    }
  }
  return out;
}

}  // namespace atelier::edit
