#include "server/blobs/s3/http_transport.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

namespace atelier::server::s3 {
namespace {

constexpr size_t kMostIdle = 64;

// What libcurl's callbacks work on.
struct Exchange {
  const HttpRequest& request;
  HttpResponse response = {};
  size_t sent = 0;
  bool too_long = false;
};

size_t ReadBody(char* buffer, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view rest = exchange.request.body.substr(exchange.sent);
  const size_t some = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), some);
  exchange.sent += some;
  return some;
}

// A connection that was kept may turn out to be closed once the body is on its way.
int SeekBody(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(user)->sent = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

size_t WriteAnswer(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string& body = exchange.response.body;
  const size_t some = size * count;
  if (body.size() + some > static_cast<size_t>(exchange.request.max_answer_bytes)) {
    exchange.too_long = true;
    return 0;
  }
  body.append(data, some);
  return some;
}

size_t WriteHeader(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  const size_t colon = line.find(':');
  // A status line begins an answer; one of 100 may come before the real one.
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string_view rest = line.substr(colon + 1);
  const size_t first = rest.find_first_not_of(" \t\r\n");
  const size_t last = rest.find_last_not_of(" \t\r\n");
  exchange.response.headers.emplace_back(std::move(name),
                                         first == std::string_view::npos
                                             ? std::string()
                                             : std::string(rest.substr(first, last - first + 1)));
  return line.size();
}

struct FreeList {
  void operator()(curl_slist* list) const { Curl().slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList ListOf(const Pairs& headers) {
  curl_slist* list = nullptr;
  for (const auto& [name, value] : headers)
    list = Curl().slist_append(list, (name + ": " + value).c_str());
  // Without these two of libcurl's own: waiting for leave to send a body costs a turn, or a second.
  list = Curl().slist_append(list, "Expect:");
  list = Curl().slist_append(list, "Content-Type:");
  return HeaderList(list);
}

void SetMethod(CURL* handle, Exchange& exchange) {
  const auto set = Curl().easy_setopt;
  const HttpRequest& request = exchange.request;
  if (request.method == "GET") return;
  if (request.method == "HEAD") {
    set(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "DELETE") return;
  set(handle, CURLOPT_UPLOAD, 1L);
  set(handle, CURLOPT_READFUNCTION, ReadBody);
  set(handle, CURLOPT_READDATA, &exchange);
  set(handle, CURLOPT_SEEKFUNCTION, SeekBody);
  set(handle, CURLOPT_SEEKDATA, &exchange);
  set(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
}

}  // namespace

std::string HttpResponse::Header(std::string_view name) const {
  for (const auto& [header, value] : headers)
    if (header == name) return value;
  return "";
}

HttpTransport::Handle HttpTransport::Borrow() {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return Handle(Curl().easy_init());
}

void HttpTransport::Return(Handle handle) {
  // Its options go; its connection stays.
  Curl().easy_reset(handle.get());
  const MutexLock lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(handle));
}

Result<HttpResponse> HttpTransport::Send(const HttpRequest& request) {
  Handle handle = Borrow();
  if (!handle) return MakeError(Code::kUnavailable, kUnavailable, "libcurl gave no handle");
  const auto set = Curl().easy_setopt;
  Exchange exchange{request};
  if (request.expected_bytes > 0)
    exchange.response.body.reserve(static_cast<size_t>(request.expected_bytes));
  const HeaderList headers = ListOf(request.headers);
  set(handle.get(), CURLOPT_NOSIGNAL, 1L);
  set(handle.get(), CURLOPT_URL, request.url.c_str());
  // The path is signed as it is.
  set(handle.get(), CURLOPT_PATH_AS_IS, 1L);
  set(handle.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  set(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(handle.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
  if (!options_.ca_file.empty()) set(handle.get(), CURLOPT_CAINFO, options_.ca_file.c_str());
  set(handle.get(), CURLOPT_WRITEFUNCTION, WriteAnswer);
  set(handle.get(), CURLOPT_WRITEDATA, &exchange);
  set(handle.get(), CURLOPT_HEADERFUNCTION, WriteHeader);
  set(handle.get(), CURLOPT_HEADERDATA, &exchange);
  SetMethod(handle.get(), exchange);
  const CURLcode code = Curl().easy_perform(handle.get());
  long status = 0;
  (void)Curl().easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  Return(std::move(handle));
  if (code != CURLE_OK) {
    return MakeError(Code::kUnavailable, kUnavailable,
                     exchange.too_long ? "an answer of more than " +
                                             std::to_string(request.max_answer_bytes) + " bytes"
                                       : std::string(Curl().easy_strerror(code)));
  }
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace atelier::server::s3
