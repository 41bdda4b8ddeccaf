// Permanent failures are never told as ABORTED, which says that trying again may help.
#include "base/job_failure.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

namespace atelier {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The sources that a job's failure may come from. What loads models does so before there are jobs.
std::vector<std::string> WorkerSources() {
  const std::filesystem::path root(ATELIER_SOURCE_DIR);
  std::vector<std::string> texts;
  for (const char* folder :
       {"workers/detail", "workers/edit", "workers/engine/painting", "workers/engine/pipelines",
        "workers/engine/texture", "workers/generation", "workers/imaging", "workers/people",
        "workers/perception", "workers/pose", "workers/region", "workers/runtime", "libs/picture",
        "libs/warnings", "libs/base"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cc" || extension == ".h") texts.push_back(ReadFile(entry.path()));
    }
  }
  return texts;
}

/// Programs of their own, whose errors no job ends with.
const std::set<std::string> kOfCommands = {"INVALID_CONFIG"};

}  // namespace

TEST_CASE("Every permanent error of the workers has a code that is not ABORTED", "[base]") {
  const std::vector<std::string> sources = WorkerSources();
  std::map<std::string, std::string> constants;
  const std::regex constant("(k[A-Za-z]+Reason)\\[\\] = \"([A-Z_]+)\"");
  for (const std::string& text : sources) {
    for (std::sregex_iterator at(text.begin(), text.end(), constant), end; at != end; ++at) {
      constants[(*at)[1]] = (*at)[2];
    }
  }
  const std::regex made(
      "Code::k(FailedPrecondition|InvalidArgument|OutOfRange|Unimplemented),\\s*(\"([A-Z_]+)\"|"
      "k[A-Za-z]+Reason)");
  std::set<std::string> reasons = {"BASE_WITHOUT_REGION", "DONOR_WITHOUT_REGION"};
  for (const std::string& text : sources) {
    for (std::sregex_iterator at(text.begin(), text.end(), made), end; at != end; ++at) {
      const std::string reason = (*at)[3].matched ? (*at)[3].str() : constants[(*at)[2]];
      if (!kOfCommands.contains(reason)) reasons.insert(reason);
    }
  }
  CHECK(reasons.size() > 20);
  for (const std::string& reason : reasons) {
    INFO(reason);
    CHECK(CodeOfJobFailure(reason) != Code::kAborted);
  }
}

TEST_CASE("What another try may change is ABORTED, and what a caller did not accept is not",
          "[base]") {
  for (const char* reason : {"WORKER_LOST", "QUEUE_TTL", "SERVICE_AWAY", "OUT_OF_DEVICE_MEMORY"}) {
    CHECK(CodeOfJobFailure(reason) == Code::kAborted);
  }
  CHECK(CodeOfJobFailure("NO_PERSON") == Code::kFailedPrecondition);
  CHECK(CodeOfJobFailure("INVALID_FIELD") == Code::kInvalidArgument);
  CHECK(CodeOfJobFailure("SEVERAL_PEOPLE") == Code::kFailedPrecondition);
}

}  // namespace atelier
