// What a fuzz target is: libFuzzer's entry, and how a target says that something must never be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Never returns anything but 0; ends the process where a rule is broken.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace atelier::fuzz {

/// `rule` must hold for every input.
inline void Require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: broken: %s\n", rule);
  std::abort();
}

}  // namespace atelier::fuzz
