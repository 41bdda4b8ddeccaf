// What the steps of a garment swap share.
#pragma once

#include <algorithm>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "edit/limb/bared_limb.h"
#include "edit/person/subject.h"
#include "edit/person/surface_view.h"
#include "edit/warp/hem.h"

namespace atelier::edit {

struct SwapInput {
  const people::Body& body;
  const Subject& base;
  const Subject& donor;
  /// What is swapped.
  std::vector<Label> labels;
  /// Of every vertex, 0..1: whether the donor's new garment, or the base's old one, covers it.
  std::vector<float> worn, old;
  /// Every vertex of the base with the clothes of after the swap, pixels of the picture.
  std::vector<people::ScreenPoint> screen;
  /// The part of the base's picture that the swap may change.
  cv::Rect box;
  /// Arms and legs that are bare after the swap, in the box.
  BaredLimbs limbs;
  /// 0..1, the picture's size: where the base is bare, be it swapped or not.
  cv::Mat skin;
  /// Whether the donor's lower garment is carried as a skirt (skirt.h).
  bool skirt = false;
  /// Whether the base's body shows what is carried wherever `worn` says so, even where the donor's
  /// picture shows something else there.
  bool fills_body = false;
  /// BodiesUnsure() of both (worn_shape.h).
  float bodies_unsure = 0;
  /// Where the donor's top is drawn out.
  std::optional<Hem> hem = std::nullopt;

  bool Swaps(Label label) const { return std::ranges::find(labels, label) != labels.end(); }
  /// What is carried along the body's surface.
  std::vector<Label> OnSurface() const {
    std::vector<Label> out = labels;
    if (skirt) std::erase(out, Label::kLower);
    return out;
  }
};

/// Sum of the masks of `labels`.
cv::Mat MaskOf(const Regions& regions, const std::vector<Label>& labels);
/// Sum of the memberships in `labels`, at most 1.
std::vector<float> MembershipOf(const Regions& regions, const std::vector<Label>& labels);
/// The labels that are worn and not among `labels`.
std::vector<Label> OtherWorn(const std::vector<Label>& labels);

/// Every vertex with `clothes` (metres) on it, pixels of the picture.
std::vector<people::ScreenPoint> WornScreen(const Person& person,
                                            const std::vector<float>& clothes);
/// Bounds of the person before, and of `vertices` after at `screen`, with a margin, in the picture.
cv::Rect BoxOf(const Person& person, const std::vector<int>& vertices,
               const std::vector<people::ScreenPoint>& screen, double margin_metres);

}  // namespace atelier::edit
