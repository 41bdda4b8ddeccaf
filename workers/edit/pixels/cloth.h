// What edits of colours read from cloth: its usual colour, and how it is lit.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Pixels around a label's border within which it may lie.
int BorderBand(const Person& person);

/// Median of each channel where `alpha` is above .8, or above half of its largest where that is
/// less; `values`: float, three channels.
cv::Vec3f MedianWhere(const cv::Mat& values, const cv::Mat& alpha);

/// How much cloth's colour varies by itself rather than by light: 0 plain, 1 patterned. Strong
/// colours change their hue with the light, as pictures clip them: what changes steadily from dark
/// to bright is plain. `lab`: CIELAB; `alpha`: how much of each pixel is cloth.
float PatternedShare(const cv::Mat& lab, const cv::Mat& alpha);

/// How bright the light on the person makes the surface, 1 = as bright as in the mean; float, of
/// the box's size. Smooth, and continued off the body.
cv::Mat LightOn(const people::Body& body, const Subject& subject, const cv::Rect& box);

/// How bright cloth is in its picture, 1 = as usual: what a print on it is multiplied with. Folds
/// of patterned cloth cannot be told from its pattern; there the light on the person counts.
/// `cloth`: float RGB of the box; `alpha`: how much of each pixel it is.
cv::Mat ShadingOf(const cv::Mat& cloth, const cv::Mat& alpha, const cv::Mat& light,
                  double pixels_per_metre);

}  // namespace atelier::edit
