#include "rpc/call_guard.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

namespace atelier::rpc {

std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  const bool bearer = std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                                 [](char a, char b) { return a == (b | 0x20); });
  return bearer ? authorization.substr(kScheme.size()) : std::string_view();
}

CallRule RuleOf(std::string_view method) {
  if (method.starts_with("/grpc.health.v1.Health/")) return {Audience::kEverybody};
  if (method.starts_with("/grpc.reflection.")) return {Audience::kKnown};
  if (!method.starts_with('/')) return {};
  std::string name(method.substr(1));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (!descriptor) return {};
  const v1::Right right = descriptor->options().GetExtension(v1::right);
  if (right == v1::RIGHT_UNSPECIFIED) return {};
  return {Audience::kRight, right};
}

}  // namespace atelier::rpc
