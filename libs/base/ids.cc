#include "base/ids.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <random>

namespace atelier {

std::string NewId() {
  // Each thread has its own generator, seeded from the kernel: no lock, no shared stream.
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  // 48 bits of time, then 82 random bits.
  std::array<uint64_t, 2> words = {(static_cast<uint64_t>(now) << 16) | (generator() & 0xffff),
                                   generator()};
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string id(26, '0');
  for (int i = 25; i >= 0; --i) {
    id[i] = kDigits[words[1] & 31];
    words[1] = (words[1] >> 5) | (words[0] << 59);
    words[0] >>= 5;
  }
  return id;
}

}  // namespace atelier
