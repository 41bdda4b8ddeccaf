#include "client/cli/command.h"

#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/cli/progress.h"

namespace atelier::cli {

client::ClientOptions CommonFlags::client() const {
  client::ClientOptions options;
  options.server = server;
  options.tenant = tenant;
  // Set by tools that run commands as parts of a trace.
  if (const char* trace = std::getenv("TRACEPARENT")) options.traceparent = trace;
  return options;
}

void AddCommonFlags(CLI::App& command, CommonFlags& flags) {
  command.add_option("--server", flags.server, "Address of atelier-server")
      ->envname("ATELIER_SERVER")
      ->capture_default_str();
  command
      .add_option("--tenant", flags.tenant,
                  "Whose call it is, 1 to 64 characters of [A-Za-z0-9._-]; default: the server's")
      ->envname("ATELIER_TENANT");
  command.add_flag("--json", flags.json, "Print the answer as JSON on stdout, and no progress");
}

void PrintJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = false;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return;
  std::fputs(json.c_str(), stdout);
}

void PrintNextPage(const std::string& token) {
  if (!token.empty()) std::printf("more: --page-token %s\n", token.c_str());
}

ExitCode PrintDone(const Status& status, const std::string& done, const std::string& name,
                   bool json) {
  if (!status) return Complain(status.error(), json);
  if (json) {
    std::printf("%s\n", nlohmann::json{{done, name}}.dump().c_str());
  } else {
    std::printf("%s %s\n", done.c_str(), name.c_str());
  }
  return ExitCode::kOk;
}

void PrintJob(const v1::Job& job, bool json) {
  if (json) {
    v1::Job shown = job;
    shown.mutable_progress()->clear_preview();
    return PrintJson(shown);
  }
  std::printf("%s  %s\n", job.name().c_str(), DescribeProgress(job).c_str());
  for (const v1::PaintedImage& image : job.images()) {
    std::printf("  %s  %dx%d  seed %llu\n", image.asset().c_str(), image.width(), image.height(),
                static_cast<unsigned long long>(image.seed()));
  }
}

}  // namespace atelier::cli
