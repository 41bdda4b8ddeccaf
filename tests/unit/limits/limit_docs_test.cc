// The comments of the proto files and docs/api.md say the limits that the fields have.
#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include "atelier/v1/asset.pb.h"
#include "atelier/v1/dispatch.pb.h"
#include "atelier/v1/edit.pb.h"
#include "atelier/v1/generation.pb.h"
#include "atelier/v1/job.pb.h"
#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "limits/limits.h"

namespace atelier {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

const std::vector<const FileDescriptor*> kFiles = {v1::Asset::descriptor()->file(),
                                                   v1::LeasedJob::descriptor()->file(),
                                                   v1::RegionSwap::descriptor()->file(),
                                                   v1::GenerateRequest::descriptor()->file(),
                                                   v1::Job::descriptor()->file(),
                                                   v1::EstimatePoseRequest::descriptor()->file(),
                                                   v1::ExtractRegionsRequest::descriptor()->file(),
                                                   v1::PoseList::descriptor()->file(),
                                                   v1::SynthesisSpec::descriptor()->file()};

std::string ReadFile(const std::string& path) {
  std::ifstream file(std::string(ATELIER_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The comment above each field of a proto file, on one line, by "Message.field".
std::map<std::string, std::string> CommentsIn(const std::string& proto) {
  const std::regex message("^message (\\w+) \\{");
  const std::regex field("^ +(?:optional |repeated )?[\\w.]+ (\\w+) = [0-9]+");
  const std::regex comment("^ *// ?(.*)");
  std::map<std::string, std::string> comments;
  std::istringstream lines(proto);
  std::string in;
  std::string above;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, comment)) {
      above += (above.empty() ? "" : " ") + match[1].str();
      continue;
    }
    if (std::regex_search(line, match, message)) in = match[1];
    if (std::regex_search(line, match, field)) comments[in + "." + match[1].str()] = above;
    above.clear();
  }
  return comments;
}

/// Every field with a limit.
std::vector<const FieldDescriptor*> LimitedFields() {
  std::vector<const FieldDescriptor*> fields;
  for (const FileDescriptor* file : kFiles) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      for (int j = 0; j < message->field_count(); ++j) {
        const FieldDescriptor* field = message->field(j);
        if (field->options().HasExtension(v1::limit)) fields.push_back(field);
      }
    }
  }
  return fields;
}

/// The field that "As Message.field." in a comment refers to; null when it refers to none.
const FieldDescriptor* ReferredBy(const std::string& comment) {
  std::smatch match;
  if (!std::regex_search(comment, match, std::regex("As (\\w+)\\.(\\w+)\\."))) return nullptr;
  for (const FileDescriptor* file : kFiles) {
    const Descriptor* message = file->FindMessageTypeByName(match[1]);
    if (message) return message->FindFieldByName(match[2]);
  }
  return nullptr;
}

/// A rule as comments have it: they name what the entries are.
std::string InComments(std::string rule) {
  const size_t entries = rule.find(" entries");
  return entries == std::string::npos ? rule : rule.substr(0, entries);
}

}  // namespace

TEST_CASE("The comment of every limited field says its limit, or whose limit it has", "[docs]") {
  std::map<std::string, std::string> comments;
  for (const FileDescriptor* file : kFiles)
    comments.merge(CommentsIn(ReadFile("proto/" + file->name())));
  int checked = 0;
  for (const FieldDescriptor* field : LimitedFields()) {
    const std::string name = field->containing_type()->name() + "." + field->name();
    INFO(name);
    REQUIRE(comments.contains(name));
    const std::string& comment = comments[name];
    const std::string rule = RuleOf(*field->containing_type(), field->name());
    if (const FieldDescriptor* other = ReferredBy(comment)) {
      CHECK(RuleOf(*other->containing_type(), other->name()) == rule);
    } else {
      CHECK_THAT(comment, Catch::Contains(InComments(rule)));
    }
    ++checked;
  }
  CHECK(checked >= 20);
}

TEST_CASE("A comment with another number would be found", "[docs]") {
  const auto comments = CommentsIn(
      "message A {\n  // Optional. Steps, 1 to 200.\n  // More.\n  optional int32 steps = 9 [x];\n"
      "  // As A.steps.\n  int32 b = 1;\n}\n");
  CHECK(comments.at("A.steps") == "Optional. Steps, 1 to 200. More.");
  CHECK(comments.at("A.b") == "As A.steps.");
  CHECK(comments.at("A.steps").find("1 to 20 ") == std::string::npos);
}

TEST_CASE("docs/api.md says the limits of priority and strict", "[docs]") {
  const std::string docs = ReadFile("docs/api.md");
  CHECK_THAT(docs, Catch::Contains("`spec.priority`, " + RuleOf<v1::JobSpec>("priority") + ":"));
  const std::string strict = InComments(RuleOf<v1::JobSpec>("strict"));
  CHECK_THAT(docs, Catch::Contains("`GenerateRequest`), " + strict + "."));
}

}  // namespace atelier
