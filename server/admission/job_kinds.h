// JobKinds: the kinds of jobs that this server takes. Thread-safe once they are all added.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/admission/job_kind.h"

namespace atelier::server {

class JobKinds {
 public:
  /// Replaces what was added for the same case of the oneof.
  void Add(std::unique_ptr<const JobKind> kind);

  /// The kind of `spec`. INVALID_ARGUMENT naming `spec` when it holds none; UNIMPLEMENTED /
  /// UNKNOWN_SPEC for one that is not painted.
  Result<const JobKind*> Find(const v1::JobSpec& spec) const;

  /// The field of JobSpec that holds the kind's spec, e.g. "synthesis".
  static std::string NameOf(const JobKind& kind);

 private:
  std::map<v1::JobSpec::KindCase, std::unique_ptr<const JobKind>> kinds_;
};

/// All that there are.
std::shared_ptr<const JobKinds> BuiltInKinds();

}  // namespace atelier::server
