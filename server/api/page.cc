#include "server/api/page.h"

#include <string>

namespace atelier::server {
namespace {

constexpr int kDefaultSize = 50;
constexpr int kMaxSize = 1000;

}  // namespace

Result<int> PageSize(int32_t requested) {
  if (requested == 0) return kDefaultSize;
  if (requested >= 1 && requested <= kMaxSize) return requested;
  return InvalidField("page_size", "1 to 1000", std::to_string(requested));
}

Unexpected BadPageToken(const std::string& token) {
  return InvalidField("page_token", "a next_page_token of this server", token);
}

}  // namespace atelier::server
