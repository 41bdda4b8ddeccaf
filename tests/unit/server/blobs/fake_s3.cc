#include "unit/server/blobs/fake_s3.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <fstream>

namespace atelier::server::s3 {
namespace {

const Credentials kKeys{"fake-key", "fake-secret"};
constexpr char kBucket[] = "bucket";

std::string Error(const std::string& code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + code +
         " of fake-key</Message></Error>";
}

Pairs ParseQuery(const std::string& text) {
  Pairs query;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('&', at), text.size());
    const std::string pair = text.substr(at, end - at);
    const size_t equals = std::min(pair.find('='), pair.size());
    query.emplace_back(pair.substr(0, equals),
                       equals < pair.size() ? pair.substr(equals + 1) : std::string());
    at = end + 1;
  }
  return query;
}

std::string Value(const Pairs& query, const std::string& name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return "";
}

bool Has(const Pairs& query, const std::string& name) {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& pair) { return pair.first == name; });
}

// Of "20130524T000000Z".
std::time_t ParseTime(const std::string& text) {
  std::tm utc = {};
  return ::strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &utc) ? ::timegm(&utc) : 0;
}

std::string DateText(std::time_t time) {
  std::tm utc = {};
  ::gmtime_r(&time, &utc);
  std::array<char, 64> text;
  return std::string(text.data(),
                     std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

bool SendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

FakeS3::FakeS3() {
  REQUIRE(LoadLibCurl());
  std::ofstream(folder_.path() / "credentials")
      << "aws_access_key_id=fake-key\naws_secret_access_key=fake-secret\n";
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 64) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ::ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

FakeS3::~FakeS3() {
  over_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
  std::vector<std::thread> serving;
  {
    const MutexLock lock(mutex_);
    for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    serving = std::move(serving_);
  }
  for (std::thread& thread : serving) thread.join();
  const MutexLock lock(mutex_);
  for (const int connection : open_) ::close(connection);
}

ClientOptions FakeS3::Options() const {
  ClientOptions options;
  options.endpoint = "http://127.0.0.1:" + std::to_string(port_);
  options.bucket = kBucket;
  options.credentials_file = (folder_.path() / "credentials").string();
  options.tries = 4;
  options.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(5)};
  options.try_timeout = std::chrono::milliseconds(300);
  return options;
}

void FakeS3::Expect(std::vector<Fault> faults) {
  const MutexLock lock(mutex_);
  faults_.assign(faults.begin(), faults.end());
}

Fault FakeS3::NextFault() {
  const MutexLock lock(mutex_);
  if (faults_.empty()) return always_;
  const Fault fault = faults_.front();
  faults_.pop_front();
  return fault;
}

std::map<std::string, std::string> FakeS3::objects() {
  const MutexLock lock(mutex_);
  return objects_;
}

void FakeS3::SetObject(const std::string& key, const std::string& bytes) {
  const MutexLock lock(mutex_);
  objects_[key] = bytes;
}

std::vector<std::string> FakeS3::requests() {
  const MutexLock lock(mutex_);
  return requests_;
}

size_t FakeS3::unfinished_uploads() {
  const MutexLock lock(mutex_);
  return uploads_.size();
}

void FakeS3::Accept() {
  while (!over_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++connections_;
    const int no_delay = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    const MutexLock lock(mutex_);
    open_.push_back(connection);
    serving_.emplace_back([this, connection] { Serve(connection); });
  }
}

bool FakeS3::ReadRequest(int connection, std::string& buffer, Request& request) const {
  const auto more = [&] {
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(connection, bytes.data(), bytes.size(), 0);
    if (got > 0) buffer.append(bytes.data(), static_cast<size_t>(got));
    return got > 0;
  };
  size_t end;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
    if (!more()) return false;
  const std::string head = buffer.substr(0, end + 2);
  size_t at = head.find("\r\n");
  const std::string line = head.substr(0, at);
  const size_t first = line.find(' '), second = line.rfind(' ');
  request.method = line.substr(0, first);
  const std::string target = line.substr(first + 1, second - first - 1);
  const size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  request.query = question < target.size() ? target.substr(question + 1) : "";
  for (at += 2; at < head.size();) {
    const size_t line_end = head.find("\r\n", at);
    const std::string header = head.substr(at, line_end - at);
    const size_t colon = header.find(':');
    std::string name = header.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[name] = header.substr(header.find_first_not_of(' ', colon + 1));
    at = line_end + 2;
  }
  const auto length = request.headers.find("content-length");
  const size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  while (buffer.size() < end + 4 + size)
    if (!more()) return false;
  request.body = buffer.substr(end + 4, size);
  buffer.erase(0, end + 4 + size);
  return true;
}

void FakeS3::Serve(int connection) {
  std::string buffer;
  Request request;
  while (!over_ && ReadRequest(connection, buffer, request)) {
    const Fault fault = NextFault();
    {
      const MutexLock lock(mutex_);
      requests_.push_back(request.method + " " + request.path +
                          (request.query.empty() ? "" : "?" + request.query));
    }
    Answer answer;
    if (fault == Fault::kCut) break;
    if (fault == Fault::kSilent) continue;
    if (fault == Fault::kBusy) {
      answer = {503, Error("SlowDown")};
    } else if (fault == Fault::kDenied) {
      answer = {403, Error("AccessDenied")};
    } else {
      answer = Do(request);
    }
    if (fault == Fault::kCutAfter) break;
    if (fault == Fault::kErrorInside) answer = {200, Error("InternalError")};
    if (fault == Fault::kWrongByte && !answer.body.empty())
      answer.body.back() = static_cast<char>(answer.body.back() ^ 1);
    const std::string_view body = request.method == "HEAD" ? std::string_view() : answer.body;
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\nDate: " +
                       DateText(std::time(nullptr) + clock_ahead_.load().count()) +
                       "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    text += "\r\n";
    text += fault == Fault::kHalf ? body.substr(0, body.size() / 2) : body;
    if (!SendAll(connection, text) || fault == Fault::kHalf) break;
    request = {};
  }
  ::shutdown(connection, SHUT_RDWR);
}

bool FakeS3::IsSigned(const Request& request) const {
  const auto header = [&](const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
  };
  const std::string authorization = header("authorization");
  const size_t names_at = authorization.find("SignedHeaders=");
  if (names_at == std::string::npos) return false;
  std::string names = authorization.substr(names_at + 14);
  names = names.substr(0, names.find(',')) + ";";
  SignedRequest to_sign{.method = request.method,
                        .host = header("host"),
                        .path = request.path,
                        .payload_sha256 = header("x-amz-content-sha256")};
  for (auto& pair : ParseQuery(request.query)) to_sign.query.push_back(std::move(pair));
  for (size_t at = 0; at < names.size();) {
    const size_t end = names.find(';', at);
    const std::string name = names.substr(at, end - at);
    if (name != "host" && !name.starts_with("x-amz-"))
      to_sign.headers.emplace_back(name, header(name));
    at = end + 1;
  }
  const auto then = std::chrono::system_clock::from_time_t(ParseTime(header("x-amz-date")));
  return Sign(to_sign, kKeys, "us-east-1", then).back().second == authorization;
}

bool FakeS3::IsInTime(const Request& request) const {
  const auto date = request.headers.find("x-amz-date");
  if (date == request.headers.end()) return false;
  const std::time_t ours = std::time(nullptr) + clock_ahead_.load().count();
  return std::abs(ParseTime(date->second) - ours) < 15 * 60;
}

FakeS3::Answer FakeS3::Do(const Request& request) {
  if (!IsSigned(request)) return {403, Error("SignatureDoesNotMatch")};
  if (!IsInTime(request)) return {403, Error("RequestTimeTooSkewed")};
  const std::string start = std::string("/") + kBucket + "/";
  if (!request.path.starts_with(start)) return {404, Error("NoSuchBucket")};
  const std::string key = request.path.substr(start.size());
  const MutexLock lock(mutex_);
  if (request.method == "PUT") return DoPut(key, request);
  if (request.method == "POST") return DoPost(key, request);
  if (request.method == "DELETE") {
    const std::string upload = Value(ParseQuery(request.query), "uploadId");
    if (upload.empty()) {
      objects_.erase(key);
    } else {
      uploads_.erase(upload);
    }
    return {204};
  }
  return DoGet(key, request);
}

FakeS3::Answer FakeS3::DoPut(const std::string& key, const Request& request) {
  const Pairs query = ParseQuery(request.query);
  if (Has(query, "partNumber")) {
    const auto upload = uploads_.find(Value(query, "uploadId"));
    if (upload == uploads_.end()) return {404, Error("NoSuchUpload")};
    upload->second[std::stoi(Value(query, "partNumber"))] = request.body;
    return {200, "", {{"ETag", "\"part\""}}};
  }
  if (request.headers.contains("if-none-match") && objects_.contains(key))
    return {412, Error("PreconditionFailed")};
  objects_[key] = request.body;
  return {200};
}

FakeS3::Answer FakeS3::DoPost(const std::string& key, const Request& request) {
  const Pairs query = ParseQuery(request.query);
  if (Has(query, "uploads")) {
    const std::string id = "upload-" + std::to_string(++last_upload_);
    uploads_[id] = {};
    return {200, "<InitiateMultipartUploadResult><UploadId>" + id +
                     "</UploadId></InitiateMultipartUploadResult>"};
  }
  const auto upload = uploads_.find(Value(query, "uploadId"));
  if (upload == uploads_.end()) return {404, Error("NoSuchUpload")};
  std::string whole;
  for (const auto& [number, part] : upload->second) whole += part;
  objects_[key] = whole;
  uploads_.erase(upload);
  return {200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"};
}

FakeS3::Answer FakeS3::DoGet(const std::string& key, const Request& request) {
  const auto object = objects_.find(key);
  if (object == objects_.end()) return {404, Error("NoSuchKey")};
  const auto range = request.headers.find("range");
  if (range == request.headers.end()) return {200, object->second};
  const size_t last = std::stoul(range->second.substr(range->second.find('-') + 1));
  return {206, object->second.substr(0, last + 1)};
}

}  // namespace atelier::server::s3
