// S3Credentials: where the keys for S3 come from. They appear in no log and no error. Thread-safe.
#pragma once

#include <filesystem>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "server/blobs/s3/s3_signer.h"

namespace atelier::server::s3 {

class CredentialsSource {
 public:
  /// `file`, in the form of AWS' own ("aws_access_key_id = ...", the profile [default] where there
  /// are several), is read again when it changes. Empty: the variables AWS_ACCESS_KEY_ID,
  /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment.
  explicit CredentialsSource(std::string file) : file_(std::move(file)) {}

  /// INVALID_ARGUMENT naming s3_credentials_file when a key is missing. A file that cannot be read
  /// any more leaves the keys as they were.
  Result<Credentials> Get();

 private:
  const std::string file_;
  Mutex mutex_;
  Credentials last_ GUARDED_BY(mutex_);
  std::filesystem::file_time_type read_time_ GUARDED_BY(mutex_);
};

/// The keys in the text of such a file; empty where there are none.
Credentials ParseCredentials(std::string_view text);

}  // namespace atelier::server::s3
