#include "server/access/certificate_caller.h"

#include <string_view>

namespace atelier::server {
namespace {

constexpr std::string_view kScheme = "atelier://";

std::optional<Caller> CallerOfUri(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos || !IsTenantName(uri.substr(0, slash))) return std::nullopt;
  Caller caller;
  caller.tenant = uri.substr(0, slash);
  std::string_view left = uri.substr(slash + 1);
  while (!left.empty()) {
    const size_t plus = left.find('+');
    const v1::Right right = RightOfName(left.substr(0, plus));
    // Half of a list is not what its issuer meant.
    if (right == v1::RIGHT_UNSPECIFIED) return std::nullopt;
    caller.rights.Add(right);
    left = plus == std::string_view::npos ? std::string_view() : left.substr(plus + 1);
  }
  if (caller.rights.empty()) return std::nullopt;
  return caller;
}

}  // namespace

std::optional<Caller> CallerOfCertificate(const std::vector<std::string>& uris) {
  for (const std::string& uri : uris) {
    if (std::optional<Caller> caller = CallerOfUri(uri)) return caller;
  }
  return std::nullopt;
}

}  // namespace atelier::server
