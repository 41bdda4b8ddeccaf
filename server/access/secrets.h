// The two secrets of a server: whoever may read them is its operator.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier::server {

struct Secrets {
  /// May do everything but work.
  std::string administrator;
  /// What workers send.
  std::string worker;
};

/// Files of the secrets; empty: `administrator.token` and `worker.secret` in `data`, which are made
/// when they are not there.
struct SecretFiles {
  std::filesystem::path data;
  std::string administrator;
  std::string worker;
};

/// INVALID_ARGUMENT naming a file that holds no secret; UNAVAILABLE / SECRET_NOT_WRITTEN.
Result<Secrets> OpenSecrets(const SecretFiles& files);

}  // namespace atelier::server
