// Caller: who makes a call, and what they may do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/right.pb.h"
#include "server/store/job_record.h"

namespace atelier::server {

/// A set of v1::Right.
class Rights {
 public:
  Rights() = default;
  Rights(std::initializer_list<v1::Right> rights) {
    for (const v1::Right right : rights) Add(right);
  }
  /// Of TokenRecord::rights; bits of no right are left out.
  static Rights OfBits(int64_t bits);

  void Add(v1::Right right) { bits_ |= int64_t{1} << right; }
  bool Has(v1::Right right) const { return (bits_ >> right) & 1; }
  bool empty() const { return bits_ == 0; }
  int64_t bits() const { return bits_; }
  /// In the order of their numbers.
  std::vector<v1::Right> List() const;

  bool operator==(const Rights&) const = default;

 private:
  int64_t bits_ = 0;
};

/// The right of its lower-case name, "read"; RIGHT_UNSPECIFIED when it is none.
v1::Right RightOfName(std::string_view name);

struct Caller {
  /// Whose call it is.
  std::string tenant = kDefaultTenant;
  Rights rights = {};
  /// Whether what is other tenants' is theirs to see and change as well: they may administer and
  /// named no tenant.
  bool every_tenant = false;
  /// Of the token that they brought; empty without one.
  std::string token_id = {};

  bool Sees(std::string_view owner) const { return every_tenant || owner == tenant; }
};

/// Whether `tenant` is 1 to 64 characters of [A-Za-z0-9._-].
bool IsTenantName(std::string_view tenant);

}  // namespace atelier::server
