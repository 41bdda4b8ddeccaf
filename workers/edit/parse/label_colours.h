// What each label looks like in one picture: how much it has of every colour of the person.
#pragma once

#include <vector>

#include "edit/pixels/colour_mixture.h"
#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Keeps a reference to `view`, whose size is not 0.
class LabelColours {
 public:
  explicit LabelColours(const ParseView& view);

  /// The logarithm of each label's density at every pixel's colour, by what the labels look like in
  /// their cores: the middles of face, trunk and thighs, the crown and the feet.
  std::vector<LabelRow> LogLikelihoods() const;
  /// The same, and a little by where they were found since. `found`: probabilities, of every pixel.
  std::vector<LabelRow> LogLikelihoods(const std::vector<LabelRow>& found) const;

 private:
  using Weights = std::array<ColourRow, kLabelCount>;
  /// Mean responsibilities over the pixels, weighed by each label's number; those of `otherwise`
  /// where the weights sum to less than `least`.
  Weights MeanShares(const std::vector<LabelRow>& rows, float least,
                     const Weights& otherwise) const;
  std::vector<LabelRow> Cores();
  /// Skin elsewhere is lit otherwise than the face.
  void AddOtherSkin();
  void KeepSkinApart(Weights& weights) const;
  std::vector<LabelRow> Densities(Weights weights) const;

  const ParseView& view_;
  ColourMixture mixture_;
  std::vector<ColourRow> densities_, responsibilities_;
  Weights core_weights_{};
  /// Whether the face is seen: skin is known then.
  bool face_seen_ = false;
};

}  // namespace atelier::edit
