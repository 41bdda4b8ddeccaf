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

/// The hands themselves: the skin near the body's hands.
cv::Mat HandsInFront(const people::Body& body, const Subject& subject);

}  // namespace atelier::edit
