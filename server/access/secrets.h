// The two secrets of a server that lie in its data folder: whoever may read them is its operator.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier::server {

struct Secrets {
  /// Of DATA/administrator.token: may do everything but work.
  std::string administrator;
  /// What workers send.
  std::string worker;
};

/// Reads them, and makes those that are not there. `worker_secret_file` empty: DATA/worker.secret.
/// INVALID_ARGUMENT naming a file that holds no secret; UNAVAILABLE / SECRET_NOT_WRITTEN.
Result<Secrets> OpenSecrets(const std::filesystem::path& data,
                            const std::string& worker_secret_file);

}  // namespace atelier::server
