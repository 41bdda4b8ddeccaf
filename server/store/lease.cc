#include "server/store/lease.h"

#include <random>

namespace atelier::server {

std::string NewLeaseToken() {
  // Opened once a thread: opening costs more than a draw.
  thread_local std::random_device device;
  std::string token;
  while (token.size() < kLeaseTokenBytes) {
    const uint32_t drawn = device();
    for (int shift = 0; shift < 32; shift += 8) token += static_cast<char>(drawn >> shift);
  }
  return token;
}

}  // namespace atelier::server
