#include "base/random_bytes.h"

#include <unistd.h>

#include <cstdlib>

namespace atelier {
namespace {

void Fill(void* bytes, size_t count) {
  // It fails for more than 256 bytes and in kernels older than every supported one.
  if (getentropy(bytes, count) != 0) std::abort();
}

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  Fill(bytes.data(), count);
  return bytes;
}

uint64_t RandomBits() {
  uint64_t bits = 0;
  Fill(&bits, sizeof bits);
  return bits;
}

}  // namespace atelier
