#include "server/blobs/s3/libcurl.h"

#include <dlfcn.h>

#include <csignal>
#include <string>

namespace atelier::server::s3 {
namespace {

constexpr char kLibrary[] = "libcurl.so.4";

LibCurl loaded;

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Status Load() {
  void* library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  const bool found = library != nullptr && Find(library, "curl_global_init", loaded.global_init) &&
                     Find(library, "curl_easy_init", loaded.easy_init) &&
                     Find(library, "curl_easy_reset", loaded.easy_reset) &&
                     Find(library, "curl_easy_cleanup", loaded.easy_cleanup) &&
                     Find(library, "curl_easy_setopt", loaded.easy_setopt) &&
                     Find(library, "curl_easy_perform", loaded.easy_perform) &&
                     Find(library, "curl_easy_getinfo", loaded.easy_getinfo) &&
                     Find(library, "curl_easy_strerror", loaded.easy_strerror) &&
                     Find(library, "curl_slist_append", loaded.slist_append) &&
                     Find(library, "curl_slist_free_all", loaded.slist_free_all);
  if (found && loaded.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
    // Many threads call libcurl, which therefore leaves signals alone.
    (void)std::signal(SIGPIPE, SIG_IGN);
    return {};
  }
  const char* cause = ::dlerror();
  return MakeError(Code::kFailedPrecondition, "NO_LIBCURL",
                   std::string("the HTTP library ") + kLibrary +
                       " (Debian: libcurl4) cannot be loaded: " + (cause ? cause : "unknown"));
}

}  // namespace

Status LoadLibCurl() {
  static const Status status = Load();
  return status;
}

const LibCurl& Curl() { return loaded; }

}  // namespace atelier::server::s3
