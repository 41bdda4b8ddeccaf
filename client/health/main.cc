// `atelier-health`: asks a process whether it serves, for HEALTHCHECK of an image and probes that
// run a command. One line on stdout says what it found. Exit codes are those of `atelier`; 2, which
// Docker reserves, is none of them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/version.h"
#include "client/health/health.h"

namespace atelier::health {
namespace {

constexpr int kOk = 0;
constexpr int kUsage = 1;
constexpr int kDoesNotServe = 3;
constexpr int kNotReached = 4;
constexpr int kBadFile = 5;
constexpr double kLongestTimeoutSeconds = 3600;

int Report(const Question& question) {
  switch (AskHealth(question)) {
    case Health::kServing:
      std::puts("SERVING");
      return kOk;
    case Health::kNotServing:
      std::puts("NOT_SERVING");
      return kDoesNotServe;
    case Health::kUnreachable:
      break;
  }
  std::puts("UNREACHABLE");
  return kNotReached;
}

int Complain(const Error& error, int code) {
  std::fprintf(stderr, "atelier-health: %s\n", error.message.c_str());
  return code;
}

int Run(int argc, char** argv) {
  CLI::App app("Asks a process of Atelier, or any gRPC server, whether it serves.",
               "atelier-health");
  app.set_version_flag("--version", std::string("atelier-health ") + kVersion);
  app.footer(
      "Exit codes:\n  0  it serves\n  1  wrong usage\n"
      "  3  it answers and does not serve: it loads, drains, or knows no such service\n"
      "  4  not reached within the time, or not under these certificates\n"
      "  5  a certificate file cannot be read");
  Question question;
  rpc::ChannelSecurity& security = question.security;
  double timeout = 2;
  app.add_option("target", question.target, "host:port, dns:///NAME:PORT or unix:PATH")->required();
  app.add_option("--service", question.service,
                 "Empty: whether it takes calls; \"liveness\": whether it lives");
  app.add_option("--timeout", timeout, "Seconds to wait for the answer")
      ->check(CLI::Range(0.01, kLongestTimeoutSeconds))
      ->capture_default_str();
  app.add_option("--ca-file", security.ca_file, "Who signs the server's certificate (PEM): TLS");
  app.add_option("--cert-file", security.cert_file, "Certificate to show (PEM)");
  app.add_option("--key-file", security.key_file, "Its private key (PEM)");
  app.add_flag("--insecure", security.insecure, "Ask in plaintext beyond this machine, too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  question.patience = std::chrono::milliseconds(static_cast<int64_t>(timeout * 1000));
  if (const Status files = rpc::CheckFiles(security); !files) {
    return Complain(files.error(), kBadFile);
  }
  const Status channel = rpc::CheckChannel("target", question.target, security);
  return channel ? Report(question) : Complain(channel.error(), kUsage);
}

}  // namespace
}  // namespace atelier::health

int main(int argc, char** argv) { return atelier::health::Run(argc, argv); }
