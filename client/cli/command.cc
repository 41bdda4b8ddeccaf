#include "client/cli/command.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/cli/display/progress.h"
#include "client/local_file.h"
#include "client/sendable.h"

namespace atelier::cli {

namespace {

// A day.
constexpr double kLongestTimeoutSeconds = 86400;

std::string Rule(bool kept, std::string_view rule, const std::string& given) {
  if (kept) return {};
  return "must be " + std::string(rule) + ". Given: " + client::Printable(given);
}

std::string CheckServer(const std::string& server) {
  return Rule(client::IsServer(server), client::kServerRule, server);
}

/// The token in a file, without the white space around it.
Result<std::string> TokenIn(const std::string& path) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  ATELIER_ASSIGN_OR_RETURN(const std::string text, client::ReadFile(path, 4096));
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string::npos) return std::string();
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

/// What is wrong with the file; its text is shown nowhere.
std::string CheckTokenFile(const std::string& path) {
  const Result<std::string> token = TokenIn(path);
  if (!token) return token.error().message;
  const bool good = !token->empty() && client::IsToken(*token);
  return good ? "" : path + " must hold " + std::string(client::kTokenRule);
}

std::string CheckTenant(const std::string& tenant) {
  return Rule(client::IsTenant(tenant), client::kTenantRule, tenant);
}

bool ToJson(const google::protobuf::Message& message, bool one_line, std::string& json) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = !one_line;
  options.always_print_primitive_fields = false;
  options.preserve_proto_field_names = true;
  return google::protobuf::util::MessageToJsonString(message, &json, options).ok();
}

}  // namespace

client::ClientOptions CommonFlags::client() const {
  client::ClientOptions options;
  options.server = server;
  options.tenant = tenant;
  if (!token_file.empty()) {
    options.token = TokenIn(token_file).value_or("");
  } else if (const char* token = std::getenv("ATELIER_TOKEN")) {
    options.token = token;
  }
  options.ca_file = ca_file;
  options.cert_file = cert_file;
  options.key_file = key_file;
  options.insecure = insecure;
  // Set by tools that run commands as parts of a trace.
  if (const char* trace = std::getenv("TRACEPARENT")) options.traceparent = trace;
  if (timeout) {
    const auto wait = std::chrono::milliseconds(static_cast<int64_t>(*timeout * 1000));
    options.reattach_for = options.wait_for_server = wait;
  }
  options.on_away = [json = json](const Error& error) {
    Note("SERVER_AWAY", "waiting: " + error.message, json);
  };
  options.on_back = [json = json, server = server] {
    Note("SERVER_BACK", "the server at " + server + " answers again", json);
  };
  return options;
}

void AddCommonFlags(CLI::App& command, CommonFlags& flags) {
  command.add_option("--server", flags.server, "Address of atelier-server")
      ->envname("ATELIER_SERVER")
      ->check(CLI::Validator(CheckServer, "", "server"))
      ->capture_default_str();
  command
      .add_option(
          "--tenant", flags.tenant,
          "Whose call it is, " + std::string(client::kTenantRule) + "; default: the server's")
      ->envname("ATELIER_TENANT")
      ->check(CLI::Validator(CheckTenant, "", "tenant"));
  command
      .add_option(
          "--token-file", flags.token_file,
          "File with the token that says who calls; default: the token in ATELIER_TOKEN, if "
          "that is set")
      ->envname("ATELIER_TOKEN_FILE")
      ->check(CLI::Validator(CheckTokenFile, "", "token file"));
  command
      .add_option("--ca-file", flags.ca_file,
                  "PEM file of those who sign the server's certificate; default: no TLS")
      ->envname("ATELIER_CA_FILE");
  command.add_option("--cert-file", flags.cert_file, "PEM file of a client certificate to show")
      ->envname("ATELIER_CERT_FILE");
  command.add_option("--key-file", flags.key_file, "PEM file of its private key")
      ->envname("ATELIER_KEY_FILE");
  command.add_flag("--insecure", flags.insecure,
                   "Send a token without TLS beyond this machine, too");
  command
      .add_option("--timeout", flags.timeout,
                  "Longest wait for a server that is away or drains, in seconds; default: 120 for "
                  "what queues or follows a job, else 0")
      ->check(CLI::Range(0.0, kLongestTimeoutSeconds));
  command.add_flag("--json", flags.json, "Print the answer as JSON on stdout, and no progress");
}

void Note(std::string_view reason, const std::string& message, bool json) {
  if (!json) {
    std::fprintf(stderr, "atelier: %s\n", message.c_str());
    return;
  }
  const nlohmann::json notice{{"reason", reason}, {"message", message}};
  // What a server says may be no UTF-8.
  const std::string text = nlohmann::json{{"notice", notice}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::fprintf(stderr, "%s\n", text.c_str());
}

void PrintJson(const google::protobuf::Message& message) {
  std::string json;
  if (ToJson(message, /*one_line=*/false, json)) std::fputs(json.c_str(), stdout);
}

Status PrintJsonLine(const google::protobuf::Message& message) {
  std::string json;
  if (!ToJson(message, /*one_line=*/true, json)) return {};
  std::printf("%s\n", json.c_str());
  return FlushStandardOutput();
}

Status FlushStandardOutput() { return client::WriteToStandardOutput({}); }

std::string FullJobName(const std::string& name) {
  return name.starts_with("jobs/") ? name : "jobs/" + name;
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
