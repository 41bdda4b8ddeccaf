// Random bytes from the kernel, fit for secrets: one system call for all of them, where
// std::random_device asks the processor for every four, which virtual machines may make slow.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace atelier {

/// REQUIRES: `count` is at most 256.
std::string RandomBytes(size_t count);
/// 64 random bits.
uint64_t RandomBits();

}  // namespace atelier
