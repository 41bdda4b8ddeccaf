#include "edit/parse/label_colours.h"

#include <algorithm>
#include <cmath>

namespace atelier::edit {
namespace {

constexpr size_t kSkin = IndexOf(Label::kSkin), kHair = IndexOf(Label::kHair),
                 kUpper = IndexOf(Label::kUpper), kLower = IndexOf(Label::kLower),
                 kShoes = IndexOf(Label::kShoes);

/// Pixels: a core that shows less says nothing; places where the prior is sure stand in for it.
constexpr float kLeastCore = 40;
constexpr float kLeastFound = 60;
/// How much labels learn from where they were found.
constexpr float kFoundShare = .2f;
/// A label's weight of any colour: none is impossible.
constexpr float kAnyColour = .004f;
/// Less likely than its pixel's likeliest label by more than this, a label counts as this.
constexpr float kMostApart = 12;

/// How far the tone of other skin may be from that of the face, in the view's units of lightness
/// and of hue.
constexpr float kOtherLight = 12, kOtherHue = 12;
/// Where this share of the trunk's middle has a colour it is a top of skin's colour.
constexpr float kSkinColouredTop = .5f, kBareChest = .3f;

bool InCore(const BodyPlace& place, size_t label) {
  switch (static_cast<Label>(label)) {
    case Label::kSkin:
      return place.middle_of_face;
    case Label::kHair:
      return place.crown;
    case Label::kUpper:
      return place.middle_of_trunk;
    case Label::kLower:
      return place.middle_of_thigh;
    case Label::kShoes:
      return place.foot;
  }
  return false;
}

/// The prior's square, roughly: places where it is surest count most.
LabelRow PriorCore(const BodyPlace& place) {
  LabelRow row;
  float sum = 0;
  for (size_t label = 0; label < kLabelCount; ++label) {
    sum += row[label] = std::exp(1.5f * place.on_body[label]);
  }
  for (float& value : row) value = value / sum * value / sum;
  return row;
}

}  // namespace

LabelColours::LabelColours(const ParseView& view) : view_(view), mixture_(view.colours) {
  for (const cv::Vec3f& colour : view.colours) {
    densities_.push_back(mixture_.LogDensities(colour));
    responsibilities_.push_back(mixture_.Responsibilities(colour));
    // Only their differences matter, and these do not overflow.
    ColourRow& row = densities_.back();
    const float most = *std::max_element(row.begin(), row.end());
    for (float& value : row) value = std::exp(value - most);
  }
  core_weights_ = MeanShares(Cores(), 0, {});
  if (!face_seen_) return;
  // Eyes, brows, lips and beards are no skin.
  ColourRow& skin = core_weights_[kSkin];
  const float most = *std::max_element(skin.begin(), skin.end());
  for (float& weight : skin) {
    if (weight < .12f * most) weight *= .1f;
  }
  AddOtherSkin();
}

void LabelColours::AddOtherSkin() {
  ColourRow& skin = core_weights_[kSkin];
  const ColourRow& upper = core_weights_[kUpper];
  const size_t face =
      static_cast<size_t>(std::max_element(skin.begin(), skin.end()) - skin.begin());
  const ColourRow of_face = skin;
  for (size_t k = 0; k < kColourCount; ++k) {
    const cv::Vec3f off = mixture_.Mean(k) - mixture_.Mean(face);
    const float light = off[0] / kOtherLight;
    const float hue = (off[1] * off[1] + off[2] * off[2]) / (kOtherHue * kOtherHue);
    const float alike = std::exp(-.5f * (light * light + hue));
    const float bare =
        std::clamp((kSkinColouredTop - upper[k]) / (kSkinColouredTop - kBareChest), 0.0f, 1.0f);
    skin[k] = std::max(skin[k], of_face[face] * alike * bare);
  }
}

std::vector<LabelRow> LabelColours::Cores() {
  std::vector<LabelRow> cores(view_.size());
  std::array<float, kLabelCount> counts{};
  int face = 0;
  for (size_t i = 0; i < cores.size(); ++i) {
    for (size_t label = 0; label < kLabelCount; ++label) {
      const bool in = view_.outside[i] <= 0 && InCore(*view_.places[i], label);
      cores[i][label] = in ? 1 : 0;
      counts[label] += in ? 1 : 0;
    }
    face += view_.places[i]->face ? 1 : 0;
  }
  face_seen_ = counts[kSkin] >= kLeastCore && static_cast<float>(face) >= kLeastCore;
  for (size_t label = 0; label < kLabelCount; ++label) {
    if (counts[label] >= kLeastCore) continue;
    for (size_t i = 0; i < cores.size(); ++i) cores[i][label] = PriorCore(*view_.places[i])[label];
  }
  return cores;
}

LabelColours::Weights LabelColours::MeanShares(const std::vector<LabelRow>& rows, float least,
                                               const Weights& otherwise) const {
  Weights weights{};
  LabelRow totals{};
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t label = 0; label < kLabelCount; ++label) {
      const float share = rows[i][label];
      if (share <= 0) continue;
      totals[label] += share;
      for (size_t k = 0; k < kColourCount; ++k) {
        weights[label][k] += share * responsibilities_[i][k];
      }
    }
  }
  for (size_t label = 0; label < kLabelCount; ++label) {
    if (totals[label] < least) {
      weights[label] = otherwise[label];
      continue;
    }
    for (float& weight : weights[label]) weight /= totals[label] + 1e-6f;
  }
  return weights;
}

void LabelColours::KeepSkinApart(Weights& weights) const {
  if (!face_seen_) return;
  const ColourRow &skin = core_weights_[kSkin], &hair = core_weights_[kHair],
                  &upper = core_weights_[kUpper];
  const float most = *std::max_element(skin.begin(), skin.end());
  for (size_t k = 0; k < kColourCount; ++k) {
    // How surely the colour is skin's and neither hair's nor a top's of skin's colour, and how
    // usual it is on the face.
    const float sure = skin[k] / (skin[k] + .7f * hair[k] + .35f * upper[k] + 1e-6f);
    const float usual = skin[k] / (most + 1e-6f) * sure;
    // Else bare legs become trousers and bare arms sleeves.
    for (const size_t cloth : {kUpper, kLower, kShoes}) {
      weights[cloth][k] *= 1 - .95f * std::min(1.0f, 2 * usual);
    }
    if (sure > .6f) weights[kHair][k] *= 1 - .85f * sure;
    if (sure < .35f) weights[kSkin][k] *= .3f;
  }
}

std::vector<LabelRow> LabelColours::Densities(Weights weights) const {
  KeepSkinApart(weights);
  for (ColourRow& of_label : weights) {
    float sum = 0;
    for (float& weight : of_label) sum += weight += kAnyColour;
    for (float& weight : of_label) weight /= sum;
  }
  std::vector<LabelRow> rows(view_.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t label = 0; label < kLabelCount; ++label) {
      float density = 1e-12f;
      for (size_t k = 0; k < kColourCount; ++k) density += weights[label][k] * densities_[i][k];
      rows[i][label] = std::log(density);
    }
    const float most = *std::max_element(rows[i].begin(), rows[i].end());
    for (float& value : rows[i]) value = std::max(value, most - kMostApart);
  }
  return rows;
}

std::vector<LabelRow> LabelColours::LogLikelihoods() const { return Densities(core_weights_); }

std::vector<LabelRow> LabelColours::LogLikelihoods(const std::vector<LabelRow>& found) const {
  Weights weights = MeanShares(found, kLeastFound, core_weights_);
  for (size_t label = 0; label < kLabelCount; ++label) {
    for (size_t k = 0; k < kColourCount; ++k) {
      weights[label][k] =
          (1 - kFoundShare) * core_weights_[label][k] + kFoundShare * weights[label][k];
    }
  }
  if (face_seen_) {
    // The face knows skin best.
    for (size_t k = 0; k < kColourCount; ++k) {
      weights[kSkin][k] = std::max(.3f * weights[kSkin][k], core_weights_[kSkin][k]);
    }
  }
  return Densities(weights);
}

}  // namespace atelier::edit
