// How close an edited picture is to the true one, inside and outside of what was to be edited.
#pragma once

#include <memory>
#include <optional>

#include "base/image.h"

namespace atelier::edit {

/// All but `untouched` at half the pictures' size.
struct EditScores {
  /// dB, peak 255, over the mask's pixels and over all others. A mean squared error counts as .001
  /// at least, which is 78 dB.
  double psnr_inside = 0, psnr_outside = 0;
  /// Mean over the same pixels of the luma's SSIM (Wang et al. 2004): Gaussian window of sigma 1.5,
  /// 11 x 11, inside of the picture.
  double ssim_inside = 0, ssim_outside = 0;
  /// Mean CIEDE2000 over the mask's pixels.
  double delta_e = 0;
  /// The luma's gradient projected on the truth's, summed over the tenth of the picture's pixels
  /// where the truth's is largest, over the truth's own square sum: 1 = all edges are there and
  /// as strong; 0 where the truth has none. What is blurred or beside its place has less.
  double edge_fidelity = 0;
  /// Root mean square error in a band of 6 pixels around the mask's border, grey levels.
  double boundary_error = 0;
  /// Share of the pixels outside of the mask that are the base's, bit for bit. Nothing in a new
  /// pose.
  std::optional<double> untouched;
  /// Over the mask's pixels, the cosine between the change from the base to the picture and that to
  /// the truth: 1 = all in the right direction, 0 = unrelated or no change. Nothing in a new pose.
  std::optional<double> change_agreement;
};

/// Scores pictures against one truth. Immutable.
class EditScorer {
 public:
  /// `truth`: RGB. `mask`: one channel, 255 = to be edited. `base`: what was edited, or null.
  /// REQUIRES: one size, even, of at least 32 pixels; `base` outlives the scorer.
  EditScorer(const Image& truth, const Image& mask, const Image* base);
  ~EditScorer();

  /// Pixels of the mask at the scored size. Below 24, scores say little.
  int masked_pixels() const;

  /// REQUIRES: `picture` has the truth's size.
  EditScores Score(const Image& picture) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace atelier::edit
