#include "server/access/caller.h"

namespace atelier::server {
namespace {

constexpr v1::Right kRights[] = {v1::RIGHT_READ, v1::RIGHT_SUBMIT, v1::RIGHT_ADMINISTER,
                                 v1::RIGHT_WORK};

}  // namespace

Rights Rights::OfBits(int64_t bits) {
  Rights rights;
  for (const v1::Right right : kRights) {
    if ((bits >> right) & 1) rights.Add(right);
  }
  return rights;
}

std::vector<v1::Right> Rights::List() const {
  std::vector<v1::Right> rights;
  for (const v1::Right right : kRights) {
    if (Has(right)) rights.push_back(right);
  }
  return rights;
}

v1::Right RightOfName(std::string_view name) {
  if (name == "read") return v1::RIGHT_READ;
  if (name == "submit") return v1::RIGHT_SUBMIT;
  if (name == "administer") return v1::RIGHT_ADMINISTER;
  if (name == "work") return v1::RIGHT_WORK;
  return v1::RIGHT_UNSPECIFIED;
}

bool IsTenantName(std::string_view tenant) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !tenant.empty() && tenant.size() <= 64 &&
         tenant.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace atelier::server
