// Random: a small deterministic generator whose stream is the same on every machine and compiler.
//
// The standard library's distributions differ between implementations, so pictures made from a seed
// would too; every draw here is spelled out. Not thread-safe; not for secrets.
#pragma once

#include <cstdint>

namespace atelier {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  /// SplitMix64.
  uint64_t Bits() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// [0, 1).
  double Uniform() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  /// [0, count). REQUIRES: count > 0.
  int Index(int count) { return static_cast<int>(Uniform() * count); }
  bool Chance(double probability) { return Uniform() < probability; }
  /// An independent stream for the sub-task `name_hash`.
  Random Fork(uint64_t name_hash) { return Random(Bits() ^ (name_hash * 0xd6e8feb86659fd93ULL)); }

 private:
  uint64_t state_;
};

}  // namespace atelier
