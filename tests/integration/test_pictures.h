// A drawn person and its IUV: what the studio's tests paint from. No estimator has to see anything
// in it; the shapes only have to be a person's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "atelier/v1/synthesis.pb.h"

namespace atelier::testing {

inline constexpr int kPersonHeight = 128;
inline constexpr int kPersonWidth = 96;

/// PNG of a standing person in flat colours. Another `look` is another person.
std::string PersonPng(int look = 0);
/// PNG of that person's parts, (R, G, B) = (part, U, V), moved to the right by `shift` pixels, -20
/// to 20.
std::string PersonIuvPng(int shift = 0);
/// PNG of an IUV picture of that size that shows nobody.
std::string BlackIuvPng();

/// All of a picture's pixels, three bytes each.
std::vector<uint8_t> PixelsOf(const std::string& bytes);

/// The PNG with its first channel last.
std::string ReversedPng(const std::string& png);
/// (R, G, B) of a pixel of an encoded picture; {-1, -1, -1} when it does not decode.
std::array<int, 3> PixelOf(const std::string& bytes, int y, int x);
/// A PNG of one colour.
std::string FlatPng(int height, int width);
/// Height and width of an encoded picture; {0, 0} when it does not decode.
struct Size {
  int height = 0;
  int width = 0;
  bool operator==(const Size&) const = default;
};
Size SizeOf(const std::string& bytes);

/// The drawn person in its own pose, `steps` steps, seed 7.
v1::SynthesisSpec PersonSpec(int steps);

/// The same with 200 steps of a larger picture: seconds, so that a test can act in the middle.
v1::SynthesisSpec SlowSpec();

}  // namespace atelier::testing
