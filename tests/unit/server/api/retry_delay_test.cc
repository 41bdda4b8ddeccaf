// Who is told when to come again: whoever is refused for what passes by itself.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "rpc/status.h"

namespace atelier::server {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// Of the folders whose code answers calls.
std::vector<std::string> Sources() {
  std::vector<std::string> texts;
  for (const char* folder : {"server", "libs/rpc", "workers/runtime", "workers/imaging",
                             "workers/pose", "workers/region", "workers/generation"}) {
    const std::filesystem::path root(ATELIER_SOURCE_DIR);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".cc" || extension == ".h") texts.push_back(ReadAll(entry.path()));
    }
  }
  return texts;
}

/// The reasons that these sources give to errors of `code`, constants by their values.
std::set<std::string> ReasonsOf(const std::vector<std::string>& sources, const std::string& code) {
  std::map<std::string, std::string> constants;
  const std::regex constant(R"x(constexpr char (k\w+)\[\] = "([A-Z_]+)")x");
  const std::regex made("Code::" + code + R"x(,\s*("([A-Z_]+)"|k\w+|reason_))x");
  for (const std::string& text : sources) {
    for (std::sregex_iterator at(text.begin(), text.end(), constant), end; at != end; ++at) {
      constants[(*at)[1]] = (*at)[2];
    }
  }
  std::set<std::string> reasons;
  for (const std::string& text : sources) {
    for (std::sregex_iterator at(text.begin(), text.end(), made), end; at != end; ++at) {
      const std::string given = (*at)[1];
      // Of CallSlots, which are told theirs: both are constants beside it.
      if (given == "reason_") continue;
      reasons.insert((*at)[2].matched ? std::string((*at)[2]) : constants[given]);
    }
  }
  return reasons;
}

Error ErrorOf(Code code, const std::string& reason) { return {code, reason, "refused", ""}; }

}  // namespace

TEST_CASE("Every reason of RESOURCE_EXHAUSTED is known to pass by itself or not", "[rpc]") {
  std::set<std::string> known;
  for (const rpc::ExhaustedReason& each : rpc::ExhaustedReasons()) {
    INFO(each.reason);
    CHECK(known.insert(std::string(each.reason)).second);
    const grpc::Status status =
        rpc::ToGrpc(ErrorOf(Code::kResourceExhausted, std::string(each.reason)));
    CHECK(rpc::RetryAfter(status) == each.delay);
  }
  const std::set<std::string> given = ReasonsOf(Sources(), "kResourceExhausted");
  CHECK(given.size() >= 10);
  for (const std::string& reason : given) {
    INFO(reason);
    CHECK(known.contains(reason));
  }
}

TEST_CASE("Whoever is refused with UNAVAILABLE is told when to come again, whatever the reason",
          "[rpc]") {
  const std::set<std::string> given = ReasonsOf(Sources(), "kUnavailable");
  CHECK(given.contains("DRAINING"));
  CHECK(given.contains("MODERATION_UNREACHABLE"));
  CHECK(given.contains("LOADING"));
  for (const std::string& reason : given) {
    INFO(reason);
    CHECK(rpc::RetryAfter(rpc::ToGrpc(ErrorOf(Code::kUnavailable, reason))).has_value());
  }
}

TEST_CASE("A message that says to try again comes with a delay", "[rpc]") {
  // Of RESOURCE_EXHAUSTED: what waiting does not mend must not say so.
  const std::regex again(R"x(Code::kResourceExhausted,\s*"([A-Z_]+)"[^;]*again)x");
  for (const std::string& text : Sources()) {
    for (std::sregex_iterator at(text.begin(), text.end(), again), end; at != end; ++at) {
      INFO((*at)[0]);
      CHECK(rpc::RetryDelayOf(ErrorOf(Code::kResourceExhausted, (*at)[1])).has_value());
    }
  }
}

TEST_CASE("What coming back does not mend has no delay, unless its error brings one", "[rpc]") {
  const Error missing = ErrorOf(Code::kNotFound, "JOB_NOT_FOUND");
  CHECK_FALSE(rpc::RetryAfter(rpc::ToGrpc(missing)).has_value());
  const Error quota = ErrorOf(Code::kResourceExhausted, "TENANT_STORAGE_QUOTA");
  CHECK_FALSE(rpc::RetryAfter(rpc::ToGrpc(quota)).has_value());
  const std::chrono::milliseconds own(70);
  const Error full = ErrorOf(Code::kResourceExhausted, "QUEUE_FULL");
  CHECK(rpc::RetryAfter(rpc::ToGrpc(full, own)) == own);
}

}  // namespace atelier::server
