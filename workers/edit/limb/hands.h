// Where a picture may show hands before clothes.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "edit/person/subject.h"

namespace atelier::edit {

/// 1 for vertices of the hands, else 0.
std::vector<float> OnHands(const people::Body& body);

/// Float, 0..1, the picture's size: around the body's hands, and the skin near them.
cv::Mat HandsOf(const people::Body& body, const Subject& subject);

/// Float, 0..1: the skin that is seen on and beside the body's hands, or with `arms` on its arms,
/// too.
cv::Mat HandsInFront(const people::Body& body, const Subject& subject, bool arms);

}  // namespace atelier::edit
