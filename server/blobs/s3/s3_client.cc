#include "server/blobs/s3/s3_client.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>
#include <thread>
#include <utility>

#include "base/ids.h"
#include "base/random_bytes.h"
#include "digest/sha256.h"

namespace atelier::server::s3 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// SHA-256 of nothing.
constexpr char kEmptySha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kDamaged[] = "ASSET_DAMAGED";
constexpr char kNoSuchObject[] = "NO_SUCH_OBJECT";
// Answers besides an object's bytes.
constexpr int64_t kMostOtherBytes = 1 << 20;

bool IsRetryable(const Error& error) {
  return error.reason == kUnavailable || error.reason == kDamaged;
}

bool AsksToRetry(int status) {
  // 409: another request for the same object was under way.
  return status >= 500 || status == 429 || status == 408 || status == 409;
}

// Of "Fri, 24 May 2013 00:00:00 GMT"; 0 when it is none.
std::time_t ParseDate(const std::string& text) {
  std::tm utc = {};
  return ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc) ? ::timegm(&utc) : 0;
}

}  // namespace

std::string XmlText(std::string_view xml, std::string_view name) {
  const std::string opening = "<" + std::string(name) + ">";
  const size_t start = xml.find(opening);
  if (start == std::string_view::npos) return "";
  const size_t end = xml.find('<', start + opening.size());
  if (end == std::string_view::npos) return "";
  return std::string(xml.substr(start + opening.size(), end - start - opening.size()));
}

Status CheckEndpoint(const std::string& endpoint) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!endpoint.starts_with(scheme)) continue;
    const std::string_view host = std::string_view(endpoint).substr(scheme.size());
    if (!host.empty() && host.find_first_of("/?#@ ") == std::string_view::npos) return {};
  }
  return InvalidField("s3_endpoint", "http://HOST[:PORT] or https://HOST[:PORT]", endpoint);
}

S3Client::S3Client(ClientOptions options)
    : options_(std::move(options)),
      credentials_(options_.credentials_file),
      transport_(options_.transport) {
  const std::string endpoint = options_.endpoint.empty()
                                   ? "https://s3." + options_.region + ".amazonaws.com"
                                   : options_.endpoint;
  const size_t host_start = endpoint.find("//") + 2;
  const std::string scheme = endpoint.substr(0, host_start);
  host_ = endpoint.substr(host_start);
  // The Host header leaves out the scheme's own port.
  const std::string_view own_port = scheme == "https://" ? ":443" : ":80";
  if (host_.ends_with(own_port)) host_.resize(host_.size() - own_port.size());
  if (options_.path_style) {
    base_path_ = "/" + UriEncode(options_.bucket);
  } else {
    host_ = options_.bucket + "." + host_;
  }
  origin_ = scheme + host_;
}

Result<HttpResponse> S3Client::Do(const Call& call) {
  Backoff backoff(options_.backoff, RandomBits());
  const milliseconds transfer(
      (static_cast<int64_t>(call.body.size()) + call.expected_bytes) * 1000 >> 20);
  const auto deadline = steady_clock::now() + options_.deadline + 2 * transfer;
  const bool is_away = steady_clock::now() < away_until_.load();
  for (int left = is_away ? 0 : options_.tries - 1;; --left) {
    const auto time_left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    // Zero would be no limit at all.
    const milliseconds timeout =
        std::clamp(time_left, milliseconds(1), options_.try_timeout + transfer);
    Result<HttpResponse> answer = TryOnce(call, timeout);
    if (answer || !IsRetryable(answer.error())) {
      away_until_ = steady_clock::time_point();
      return answer;
    }
    const milliseconds pause = backoff.Next();
    if (left <= 0 || steady_clock::now() + pause >= deadline) {
      if (answer.error().reason == kUnavailable)
        away_until_ = steady_clock::now() + options_.away_time;
      // Where it is, clients need not know.
      return Propagate(answer.error(), "S3");
    }
    spdlog::debug("S3: {} {}: {}; again in {} ms", call.method, call.key, answer.error().message,
                  pause.count());
    std::this_thread::sleep_for(pause);
  }
}

Result<HttpResponse> S3Client::TryOnce(const Call& call, milliseconds timeout) {
  ATELIER_ASSIGN_OR_RETURN(const Credentials credentials, credentials_.Get());
  SignedRequest to_sign{.method = call.method,
                        .host = host_,
                        .path = base_path_ + "/" + UriEncode(call.key, true),
                        .query = call.query,
                        .headers = call.headers,
                        .payload_sha256 = call.body.empty() ? kEmptySha256 : call.body_sha256};
  const auto now = std::chrono::system_clock::now() + std::chrono::seconds(clock_ahead_seconds_);
  HttpRequest request{.method = call.method,
                      .url = origin_ + to_sign.path,
                      .headers = call.headers,
                      .body = call.body,
                      .timeout = timeout,
                      .max_answer_bytes = std::max(call.expected_bytes, kMostOtherBytes),
                      .expected_bytes = call.expected_bytes};
  if (!call.query.empty()) request.url += "?" + QueryString(call.query);
  for (auto& header : Sign(to_sign, credentials, options_.region, now))
    request.headers.push_back(std::move(header));
  ATELIER_ASSIGN_OR_RETURN(HttpResponse response, transport_.Send(request));
  if (response.status < 200 || response.status >= 300) return Refusal(call, response);
  // An upload's end may answer 200 and then fail.
  if (call.method == "POST" && !XmlText(response.body, "Code").empty()) {
    response.status = 500;
    return Refusal(call, response);
  }
  if (call.check && !call.check(response.body)) {
    return MakeError(Code::kDataLoss, kDamaged,
                     call.key + " was read with other bytes than were stored");
  }
  return response;
}

Unexpected S3Client::Refusal(const Call& call, const HttpResponse& response) {
  const std::string code = XmlText(response.body, "Code");
  const std::string what = call.method + " answered " + std::to_string(response.status) +
                           (code.empty() ? "" : " " + code);
  if (code == "RequestTimeTooSkewed") {
    const std::time_t theirs = ParseDate(response.Header("date"));
    if (theirs != 0) {
      clock_ahead_seconds_ = theirs - std::time(nullptr);
      return MakeError(Code::kUnavailable, kUnavailable, what);
    }
  }
  if (response.status == 507 || code == "XMinioStorageFull" || code == "QuotaExceeded")
    return MakeError(Code::kResourceExhausted, "STORAGE_FULL", what);
  if (response.status == 404 && code != "NoSuchBucket" && code != "NoSuchUpload")
    return MakeError(Code::kNotFound, kNoSuchObject, what);
  // An upload of parts is gone: the whole of it has to begin again.
  if (code == "NoSuchUpload") return MakeError(Code::kAborted, code, what);
  if (response.status == 412) return MakeError(Code::kAlreadyExists, "OBJECT_EXISTS", what);
  if (AsksToRetry(response.status)) return MakeError(Code::kUnavailable, kUnavailable, what);
  // Without S3's own words: they may name keys and users.
  spdlog::error("S3: {} of {}", what, call.key);
  return MakeError(Code::kInternal, "STORAGE_FAILED", "S3: " + what);
}

Status S3Client::PutNew(const std::string& key, std::string_view body, const std::string& sha256) {
  Status stored = static_cast<int64_t>(body.size()) > options_.multipart_bytes
                      ? PutParts(key, body)
                      : PutWhole(key, body, sha256);
  // It is there already: from a try whose answer was lost, or from somebody else.
  if (!stored && stored.error().code == Code::kAlreadyExists) return {};
  return stored;
}

Status S3Client::PutWhole(const std::string& key, std::string_view body,
                          const std::string& sha256) {
  ATELIER_RETURN_IF_ERROR(Do({.method = "PUT",
                              .key = key,
                              .headers = {{"if-none-match", "*"}},
                              .body = body,
                              .body_sha256 = sha256}));
  return {};
}

Status S3Client::PutParts(const std::string& key, std::string_view body) {
  ATELIER_ASSIGN_OR_RETURN(const HttpResponse begun,
                           Do({.method = "POST", .key = key, .query = {{"uploads", ""}}}));
  const std::string upload = XmlText(begun.body, "UploadId");
  const Status sent = SendParts(key, upload, body);
  if (sent) return {};
  // Parts of an upload without an end cost what they take.
  (void)Do({.method = "DELETE", .key = key, .query = {{"uploadId", upload}}});
  if (sent.error().code != Code::kAborted) return sent;
  return MakeError(Code::kUnavailable, kUnavailable, sent.error().message);
}

Status S3Client::SendParts(const std::string& key, const std::string& upload,
                           std::string_view body) {
  std::string list = "<CompleteMultipartUpload>";
  const auto part_bytes = static_cast<size_t>(options_.part_bytes);
  for (size_t number = 1, at = 0; at < body.size(); ++number, at += part_bytes) {
    const std::string_view part = body.substr(at, part_bytes);
    ATELIER_ASSIGN_OR_RETURN(
        const HttpResponse stored,
        Do({.method = "PUT",
            .key = key,
            .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
            .body = part,
            .body_sha256 = Sha256Hex(part)}));
    list += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
            stored.Header("etag") + "</ETag></Part>";
  }
  list += "</CompleteMultipartUpload>";
  Result<HttpResponse> ended = Do({.method = "POST",
                                   .key = key,
                                   .query = {{"uploadId", upload}},
                                   .headers = {{"if-none-match", "*"}},
                                   .body = list,
                                   .body_sha256 = Sha256Hex(list)});
  if (ended) return {};
  // Its end was reached by a try whose answer was lost.
  const bool gone = ended.error().reason == "NoSuchUpload";
  if (gone && Do({.method = "HEAD", .key = key})) return {};
  return Propagate(ended.error());
}

Result<std::string> S3Client::Get(const std::string& key, int64_t expected_bytes,
                                  const Check& check) {
  ATELIER_ASSIGN_OR_RETURN(
      HttpResponse answer,
      Do({.method = "GET", .key = key, .expected_bytes = expected_bytes, .check = check}));
  return std::move(answer.body);
}

Result<std::string> S3Client::GetFirst(const std::string& key, int64_t count) {
  const auto whole = [count](std::string_view body) {
    return static_cast<int64_t>(body.size()) == count;
  };
  ATELIER_ASSIGN_OR_RETURN(HttpResponse answer,
                           Do({.method = "GET",
                               .key = key,
                               .headers = {{"range", "bytes=0-" + std::to_string(count - 1)}},
                               .expected_bytes = count,
                               .check = whole}));
  return std::move(answer.body);
}

Status S3Client::Delete(const std::string& key) {
  const Result<HttpResponse> deleted = Do({.method = "DELETE", .key = key});
  if (deleted || deleted.error().reason == kNoSuchObject) return {};
  return Propagate(deleted.error());
}

Status S3Client::CheckAccess(const std::string& prefix) {
  const std::string key = prefix + "access-check/" + NewId();
  const std::string body = "May this server write, read and delete here?";
  const auto check = [&]() -> Status {
    ATELIER_RETURN_IF_ERROR(PutWhole(key, body, Sha256Hex(body)));
    ATELIER_RETURN_IF_ERROR(Get(key, static_cast<int64_t>(body.size()),
                                [&](std::string_view read) { return read == body; }));
    return Delete(key);
  };
  Status status = check();
  if (status || status.error().code == Code::kInvalidArgument) return status;
  Error error = status.error();
  const auto says = [&](std::string_view text) {
    return error.message.find(text) != std::string::npos;
  };
  error.field = "s3_endpoint";
  if (says("NoSuchBucket") || error.reason == kNoSuchObject) error.field = "s3_bucket";
  if (says("AuthorizationHeaderMalformed") || says("answered 301")) error.field = "s3_region";
  if (says("answered 403") || says("answered 401")) error.field = "s3_credentials_file";
  // S3 may be back when the server is started again.
  if (error.code != Code::kUnavailable) error.code = Code::kInvalidArgument;
  error.message = error.field +
                  " must be of a bucket that this server may write, read and delete in (" +
                  options_.bucket + " at " + origin_ + "): " + error.message;
  return Unexpected(std::move(error));
}

}  // namespace atelier::server::s3
