// docs/api.md has every call of the public API, and every request in it is one.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>

#include "atelier/v1/administration.pb.h"
#include "atelier/v1/asset.pb.h"
#include "atelier/v1/generation.pb.h"
#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "base/warning.h"

namespace atelier::server {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

std::string ReadDocs() {
  std::ifstream file(std::string(ATELIER_SOURCE_DIR) + "/docs/api.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<const MethodDescriptor*> PublicMethods() {
  const std::vector<const FileDescriptor*> files = {v1::Token::descriptor()->file(),
                                                    v1::Asset::descriptor()->file(),
                                                    v1::GenerateRequest::descriptor()->file(),
                                                    v1::Job::descriptor()->file(),
                                                    v1::Model::descriptor()->file(),
                                                    v1::EstimatePoseRequest::descriptor()->file(),
                                                    v1::ExtractRegionsRequest::descriptor()->file(),
                                                    v1::SynthesisSpec::descriptor()->file()};
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

/// "atelier.v1.JobService/GetJob", as grpcurl is told.
std::string PathOf(const MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

/// What the shell makes of a request in the docs: '$A' becomes a name, %s and & a name or base64.
std::string AfterTheShell(std::string json) {
  json = std::regex_replace(json, std::regex("\"(%s|&)\""), "\"AAAA\"");
  return std::regex_replace(json, std::regex("'\\$[A-Z]'"), "name");
}

/// The requests of each method in the docs, as JSON.
std::map<std::string, std::vector<std::string>> RequestsIn(const std::string& docs) {
  const std::string target = " (?:\\$S|[0-9.:]+) (atelier\\.v1\\.[A-Za-z]+/[A-Za-z]+)";
  // On the command line, and from standard input by printf or, line by line, by sed.
  const std::regex with_data("-d '(\\{(?:[^'\\n]|'\\$|\\)'|[A-Z]'|\\n  )*\\})'" + target);
  const std::regex printed("printf '([^'\\n]*)'[^|]*\\| grpcurl -plaintext -d @" + target);
  const std::regex by_line("sed 's/\\.\\*/([^'\\n]*)/' \\| grpcurl -plaintext -d @" + target);
  std::map<std::string, std::vector<std::string>> requests;
  for (const std::regex& form : {with_data, printed, by_line}) {
    for (std::sregex_iterator at(docs.begin(), docs.end(), form), end; at != end; ++at) {
      requests[(*at)[2]].push_back(AfterTheShell((*at)[1]));
    }
  }
  return requests;
}

/// What is wrong with the JSON of a request; "" when it is one of `method`'s.
std::string Wrong(const MethodDescriptor& method, const std::string& json) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> request(
      factory.GetPrototype(method.input_type())->New());
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, request.get());
  return parsed.ok() ? "" : parsed.ToString();
}

}  // namespace

TEST_CASE("docs/api.md has a grpcurl call of every method, and each request parses", "[docs]") {
  const std::string docs = ReadDocs();
  std::map<std::string, std::vector<std::string>> requests = RequestsIn(docs);
  int parsed = 0;
  for (const MethodDescriptor* method : PublicMethods()) {
    const std::string path = PathOf(*method);
    INFO(path);
    CHECK_THAT(docs, Catch::Contains(" " + path + "\n"));
    // Only a request without fields needs no data.
    CHECK((requests.contains(path) || method->input_type()->field_count() == 0));
    for (const std::string& json : requests[path]) {
      INFO(json);
      CHECK(Wrong(*method, json) == "");
      ++parsed;
    }
  }
  CHECK(parsed >= 14);
}

TEST_CASE("docs/api.md has every reason of a warning, in the order of the code, and no other",
          "[docs]") {
  const std::string docs = ReadDocs();
  const std::regex row("\n\\| `([A-Z_]+)` \\| [^\n]*\\|[^\n]*\\| [^\n|]+ \\|(?=\n)");
  std::vector<std::string> described;
  for (std::sregex_iterator at(docs.begin(), docs.end(), row), end; at != end; ++at) {
    described.push_back((*at)[1]);
  }
  const std::vector<std::string> reasons(kWarningReasons.begin(), kWarningReasons.end());
  CHECK(described == reasons);
}

TEST_CASE("No example puts a picture into an argument, which may hold 128 KiB at most", "[docs]") {
  const std::string docs = ReadDocs();
  // What the shell puts in place goes to its own printf, or through a pipe.
  const std::regex argument("-d '[^|\\n]*(\\n  [^|\\n]*)*base64");
  CHECK_FALSE(std::regex_search(docs, argument));
  CHECK(std::regex_search(std::string("grpcurl -d '{\"chunk\": \"'$(base64 -w0 a)'\"}' $S"),
                          argument));
}

TEST_CASE("A request with a misspelt field would be found", "[docs]") {
  const MethodDescriptor& get =
      *v1::Job::descriptor()->file()->service(0)->FindMethodByName("GetJob");
  CHECK(Wrong(get, "{\"name\": \"jobs/1\"}") == "");
  CHECK(Wrong(get, "{\"nmae\": \"jobs/1\"}") != "");
}

}  // namespace atelier::server
