// Rendered people as subjects of edits: with their true regions, their appearance and the points of
// their face.
#pragma once

#include <utility>

#include "edit/face/head_fit.h"
#include "edit/person/subject.h"
#include "edit_fixture.h"

namespace atelier::edit {

/// The subject of what RenderPerson() made; its picture may be replaced by `picture` of the same
/// size.
inline Subject SubjectOf(const RenderedPerson& rendered) {
  Subject subject;
  subject.person = rendered.person;
  subject.regions = rendered.truth;
  subject.appearance = AppearanceOf(TheBody(), subject.person, subject.regions);
  subject.face = BodyFacePoints(TheBody(), subject.person);
  return subject;
}

inline Subject RenderSubject(uint64_t seed, const RenderedPersonOptions& options = {}) {
  return SubjectOf(RenderPerson(seed, options));
}

/// Mean RGB where `mask` (float) is above .9.
inline cv::Scalar MeanWhere(const Image& picture, const cv::Mat& mask) {
  return cv::mean(imaging::ViewOf(picture), mask > .9f);
}

/// Pixels that differ where `changed` says that nothing did.
inline int UnaccountedChanges(const Image& before, const Edited& edited) {
  int count = 0;
  for (int y = 0; y < before.height; ++y) {
    for (int x = 0; x < before.width; ++x) {
      if (edited.changed.at<float>(y, x) > 0) continue;
      const uint8_t* after = edited.subject.person.picture.at(y, x);
      count += !std::equal(after, after + 3, before.at(y, x));
    }
  }
  return count;
}

}  // namespace atelier::edit
