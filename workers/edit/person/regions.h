// What every pixel of a person is: skin, hair or something worn.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <string_view>
#include <vector>

#include "edit/person/person.h"

namespace atelier::edit {

enum class Label { kSkin, kHair, kUpper, kLower, kShoes };
inline constexpr int kLabelCount = 5;
inline constexpr std::array<std::string_view, kLabelCount> kLabelNames = {"skin", "hair", "upper",
                                                                          "lower", "shoes"};
inline constexpr size_t IndexOf(Label label) { return static_cast<size_t>(label); }

/// Where a garment ends along one limb.
struct LimbEnd {
  Label cloth = Label::kUpper;  // kUpper: of a sleeve, kLower: of a trouser leg
  int side = 0;                 // people::Side
  /// 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle.
  double at = 0;
  /// How much likelier this end is than a limb that is bare or covered as a whole: the logarithm's
  /// gain per pixel. Below about .3 it may be anywhere.
  double gain = 0;
};

struct Regions {
  /// Float matrices of the picture's size; where a pixel is the person they sum to 1, off the
  /// person to 0.
  std::array<cv::Mat, kLabelCount> masks;
  /// Of every vertex of the body, 0..1: how surely what covers it is of a label; where the picture
  /// does not show it, its likeliest continuation. 0 where the body has no skin.
  std::array<std::vector<float>, kLabelCount> membership;
  std::vector<LimbEnd> limb_ends;
  /// Of every label: mean entropy, in bits, along its border in the picture, of the parser's
  /// probabilities before they were cut at the picture's edges; 0 where the masks are known.
  std::array<double, kLabelCount> border_entropy{};

  const cv::Mat& mask(Label label) const { return masks[IndexOf(label)]; }
  const std::vector<float>& membership_of(Label label) const { return membership[IndexOf(label)]; }
};

/// The regions of a person whose masks are known: their membership is read from them.
Regions RegionsOf(const people::Body& body, const Person& person,
                  std::array<cv::Mat, kLabelCount> masks);

}  // namespace atelier::edit
