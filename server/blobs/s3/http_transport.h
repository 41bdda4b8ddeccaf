// HttpTransport: single HTTP requests over libcurl. Connections are kept and used again.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "server/blobs/s3/libcurl.h"
#include "server/blobs/s3/s3_signer.h"

namespace atelier::server::s3 {

struct HttpRequest {
  /// GET, PUT, POST, DELETE or HEAD.
  std::string method;
  std::string url;
  Pairs headers = {};
  /// Sent as it lies there, without a copy; must live as long as the call.
  std::string_view body = {};
  /// Of the whole request.
  std::chrono::milliseconds timeout{30'000};
  /// The answer's bytes at most; with more the request fails.
  int64_t max_answer_bytes = 1 << 20;
  /// Bytes that the answer will probably have: room is made for them at once.
  int64_t expected_bytes = 0;
};

struct HttpResponse {
  int status = 0;
  /// Names in lower case.
  Pairs headers = {};
  std::string body = {};

  /// Empty when there is none.
  std::string Header(std::string_view name) const;
};

class HttpTransport {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{3'000};
    /// A request that moves less than a byte a second for so long is given up.
    std::chrono::seconds stall_timeout{10};
    /// Certificates (PEM) that the server's must be signed by; empty: the system's.
    std::string ca_file = {};
  };

  /// REQUIRES: LoadLibCurl() succeeded.
  explicit HttpTransport(Options options) : options_(std::move(options)) {}

  /// The whole answer, whatever its status. UNAVAILABLE / STORAGE_UNAVAILABLE when there was none
  /// or not all of it.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Cleanup {
    void operator()(CURL* handle) const { Curl().easy_cleanup(handle); }
  };
  using Handle = std::unique_ptr<CURL, Cleanup>;

  Handle Borrow();
  void Return(Handle handle);

  const Options options_;
  Mutex mutex_;
  // A handle keeps its connection open.
  std::vector<Handle> idle_ GUARDED_BY(mutex_);
};

/// The reason of errors that say that S3 is away: the same call may be made again.
inline constexpr char kUnavailable[] = "STORAGE_UNAVAILABLE";

}  // namespace atelier::server::s3
