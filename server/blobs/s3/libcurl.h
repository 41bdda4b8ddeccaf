// libcurl, loaded when the first store in S3 is opened: a server that keeps its pictures in a
// folder needs neither it nor the dozen libraries that come with it.
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace atelier::server::s3 {

/// The functions that are used here, by their names without "curl_".
struct LibCurl {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

/// Loads the library once and lets the process survive writes to cut connections (SIGPIPE is
/// ignored from then on). FAILED_PRECONDITION / NO_LIBCURL when it is not installed.
Status LoadLibCurl();

/// REQUIRES: LoadLibCurl() succeeded.
const LibCurl& Curl();

}  // namespace atelier::server::s3
