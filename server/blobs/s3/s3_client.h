// S3Client: the few operations on objects that a store of blobs needs, signed, with a deadline and
// tried again. Thread-safe.
//
// Tried again, with growing pauses of random length: requests without an answer or with half of
// one, answers that ask for it (500, 502, 503, 504, 429, 408, 409), and bodies that are not what
// the caller expects. Every operation here has the same effect when it is done twice.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/result.h"
#include "server/blobs/s3/http_transport.h"
#include "server/blobs/s3/s3_credentials.h"

namespace atelier::server::s3 {

struct ClientOptions {
  /// "https://HOST[:PORT]"; empty: Amazon's of the region.
  std::string endpoint;
  std::string bucket;
  std::string region = "us-east-1";
  /// ENDPOINT/BUCKET/KEY; else BUCKET.ENDPOINT/KEY.
  bool path_style = true;
  /// See CredentialsSource.
  std::string credentials_file = {};
  HttpTransport::Options transport = {};
  /// Tries of a request at most.
  int tries = 6;
  BackoffOptions backoff = {std::chrono::milliseconds(100), std::chrono::milliseconds(3000)};
  /// A try is given up after the first; no try begins, and none lasts, beyond the second. Each MiB
  /// that is sent or expected adds a second to the first and two to the second.
  std::chrono::milliseconds try_timeout{30'000};
  std::chrono::milliseconds deadline{60'000};
  /// After a request that failed all the same, others are tried once alone for so long: whoever
  /// calls is told sooner, and fewer threads wait for nothing.
  std::chrono::milliseconds away_time{5'000};
  /// An object of more bytes is sent in parts of `part_bytes` (5 MiB at least, says S3).
  int64_t multipart_bytes = 16 << 20;
  int64_t part_bytes = 8 << 20;
};

class S3Client {
 public:
  /// REQUIRES: LoadLibCurl() succeeded; CheckEndpoint() took the endpoint.
  explicit S3Client(ClientOptions options);

  /// Whether a body is what it should be.
  using Check = std::function<bool(std::string_view body)>;

  /// Stores `body` unless there is such an object, which then stays. `sha256`: hex digits of
  /// `body`'s. They are durable when this returns. UNAVAILABLE / STORAGE_UNAVAILABLE when S3 is
  /// away, overloaded or too slow; RESOURCE_EXHAUSTED / STORAGE_FULL; INTERNAL / STORAGE_FAILED for
  /// what S3 refuses. The same below.
  Status PutNew(const std::string& key, std::string_view body, const std::string& sha256);
  /// The object, of `expected_bytes`. NOT_FOUND / NO_SUCH_OBJECT; DATA_LOSS / ASSET_DAMAGED when
  /// `check` takes no body, however often it is read.
  Result<std::string> Get(const std::string& key, int64_t expected_bytes, const Check& check);
  /// Its first `count` bytes. REQUIRES: 1 <= count <= its bytes.
  Result<std::string> GetFirst(const std::string& key, int64_t count);
  /// Succeeds too when there is none.
  Status Delete(const std::string& key);

  /// Writes, reads and deletes an object below `prefix`. INVALID_ARGUMENT naming the setting that
  /// is wrong: s3_bucket, s3_region, s3_credentials_file, s3_endpoint.
  Status CheckAccess(const std::string& prefix);

 private:
  struct Call {
    std::string method;
    std::string key;
    Pairs query = {};
    Pairs headers = {};
    std::string_view body = {};
    std::string body_sha256 = {};
    int64_t expected_bytes = 0;
    /// Of a successful answer; one that fails it is damaged.
    Check check = {};
  };
  // An answer below 300, or an error with the answer's status and S3's code in it.
  Result<HttpResponse> Do(const Call& call);
  Result<HttpResponse> TryOnce(const Call& call, std::chrono::milliseconds timeout);
  // What an answer of 300 or more means.
  Unexpected Refusal(const Call& call, const HttpResponse& response);
  Status PutWhole(const std::string& key, std::string_view body, const std::string& sha256);
  Status PutParts(const std::string& key, std::string_view body);
  Status SendParts(const std::string& key, const std::string& upload, std::string_view body);

  const ClientOptions options_;
  CredentialsSource credentials_;
  HttpTransport transport_;
  // Of requests: scheme://host, host, and what stands before the key in the path.
  std::string origin_, host_, base_path_;
  // How far S3's clock is ahead of ours: it refuses requests that seem 15 minutes old.
  std::atomic<int64_t> clock_ahead_seconds_ = 0;
  // Until when S3 counts as away; of a steady clock.
  std::atomic<std::chrono::steady_clock::time_point> away_until_{};
};

/// INVALID_ARGUMENT for an endpoint that is no "http[s]://HOST[:PORT]".
Status CheckEndpoint(const std::string& endpoint);

/// The text between <name> and </name>, with its entities as they are; empty when there is none.
std::string XmlText(std::string_view xml, std::string_view name);

}  // namespace atelier::server::s3
