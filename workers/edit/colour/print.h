// A picture printed on what a person wears.
#pragma once

#include <span>

#include "edit/person/subject.h"

namespace atelier::edit {

/// How a print goes on beyond its picture.
enum class PatternRepeat {
  kTile,    // the picture again and again
  kMirror,  // every other one mirrored, so that its edges meet
  kNone,    // once, in the middle; the cloth keeps its colour around it
};

struct Pattern {
  /// RGB.
  Image picture;
  /// Metres on the cloth that the picture is wide.
  double width_metres = .25;
  /// Clockwise as the wearer's shown side is seen.
  double rotation_degrees = 0;
  PatternRepeat repeat = PatternRepeat::kTile;
};

/// `labels` of `base` made of cloth printed with `pattern`, with the folds and shades they have.
/// The middle of the picture lies in the middle of the first label's front. Unchanged where the
/// base has none of the labels. REQUIRES: the pattern's picture is not empty and its width
/// positive.
Edited Print(const people::Body& body, const Subject& base, std::span<const Label> labels,
             const Pattern& pattern);

}  // namespace atelier::edit
