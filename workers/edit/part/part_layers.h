// What a person has on some parts of their body: which places are theirs, and which of what is seen
// there goes along with them.
//
// Arms take their sleeves along, legs what is worn on them and the shoes. Loose hair before the
// chest, a hand before the thigh and a top that hangs over the legs are no part of what is behind
// them.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Some of DensePose's parts of the body, 1 to 24.
using Parts = std::span<const int>;

struct PartLayers {
  /// Every vertex, 0..1: how far it is of the parts; a half at their borders, and soft around them.
  std::vector<float> share;
  /// 1 where `share` is more than a trace: the parts and a few centimetres around them.
  std::vector<float> around;
  /// What goes along.
  std::vector<Label> taken;
  /// Cloth that may hang before the parts and stays, as Relabelled() has it.
  std::vector<Label> before;
};

enum class PartContent {
  kAll,
  /// Skin alone: all that is worn stays before it.
  kSkin,
};

PartLayers LayersOf(const people::Body& body, Parts parts, PartContent content);

/// The label that stands for all that goes along in Relabelled().
inline constexpr Label kCarried = Label::kShoes;

/// The regions of a person for whom everything that goes along is one garment, kCarried; shoes that
/// do not are part of what is worn below.
Regions Relabelled(const people::Body& body, const Person& person, const Regions& regions,
                   const PartLayers& layers);

}  // namespace atelier::edit
