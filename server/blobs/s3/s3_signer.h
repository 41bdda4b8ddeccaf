// Signatures of requests to S3: AWS Signature Version 4 in the Authorization header.
//
// libcurl can sign too (CURLOPT_AWS_SIGV4), but Debian 12's signs no query without a value
// ("?uploads") and no lists in a way that servers accept. One signer for all requests is simpler
// than two.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::server::s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  /// Of temporary credentials; else empty.
  std::string session_token = {};
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// What is signed of a request.
struct SignedRequest {
  std::string method;
  /// As the Host header has it: with the port, unless it is the scheme's own.
  std::string host;
  /// Encoded by UriEncode(), from "/" on.
  std::string path;
  /// Names and values, not encoded yet.
  Pairs query = {};
  /// Names in lower case. Without host and what Sign() adds.
  Pairs headers = {};
  /// Of the body, 64 lower-case hex digits.
  std::string payload_sha256;
};

/// Headers to send along with those of `request`: authorization, x-amz-date, x-amz-content-sha256
/// and for temporary credentials x-amz-security-token.
Pairs Sign(const SignedRequest& request, const Credentials& credentials, std::string_view region,
           std::chrono::system_clock::time_point now);

/// Percent-encodes all but letters, digits, "-", ".", "_", "~" and, for a path, "/".
std::string UriEncode(std::string_view text, bool is_path = false);
/// `a=1&b=`, encoded and in the order in which it is signed.
std::string QueryString(const Pairs& query);

}  // namespace atelier::server::s3
