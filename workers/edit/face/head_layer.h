// A person's head, or their hair, cut out of their picture; and the picture without it.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

enum class HeadPart { kHead, kHair };

/// Float, 0..1, of the picture's size: where the picture shows the part. The head fades out down to
/// the middle of the neck. `placed`: the person with the head where the face is.
cv::Mat HeadMask(const people::Body& body, const Subject& subject, const Person& placed,
                 HeadPart part);

/// Float matrices of the picture's size.
struct HeadCut {
  /// How much of each pixel is the part, hair strands and all.
  cv::Mat alpha;
  /// RGB, without what was behind; its skin in another tone.
  cv::Mat colours;
  /// 0..1: how much of the colours is skin.
  cv::Mat skin;
};

/// `tone`: what the face's skin is brought to, CIELAB.
HeadCut CutHead(const people::Body& body, const Subject& subject, const Person& placed,
                HeadPart part, const cv::Vec3f& tone);

/// What would be seen without the part. Float matrices of the size of `box`.
struct WithoutHead {
  cv::Mat colours;  // RGB
  /// 0..1: how much of each pixel is skin, and the upper garment; the rest is wall.
  cv::Mat skin, upper;
  /// 0..1: where hair grew, on the head; that is skin, too.
  cv::Mat scalp;
};

WithoutHead LookBehindHead(const people::Body& body, const Subject& subject, const Person& placed,
                           HeadPart part, const cv::Rect& box);

}  // namespace atelier::edit
