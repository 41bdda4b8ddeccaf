// Who may call, over the real processes and the real command.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/client.h"
#include "client/local_file.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "integration/whole_studio.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

/// A studio whose server asks everybody for a token.
struct ClosedStudio : Studio {
  ClosedStudio() : Studio({.server_flags = {"--access", "tokens"}}) {}

  std::string Secret(const std::string& file) const {
    const std::string text = client::ReadFile(dir() / "data" / file).value_or("");
    return text.substr(0, text.find('\n'));
  }
  client::Client As(const std::string& token) const {
    client::ClientOptions options;
    options.server = server_address();
    options.token = token;
    return client::Client(options);
  }
  client::Client Operator() const { return As(Secret("administrator.token")); }
  /// Runs `atelier FLAGS... --server THIS`; its output is at dir()/LOG.out and .err.
  int Run(std::vector<std::string> flags, const std::string& log) const {
    flags.insert(flags.begin(), WholeStudio::Program());
    flags.insert(flags.end(), {"--server", server_address(), "--timeout", "20"});
    Process command(flags, dir() / log);
    return command.Wait(std::chrono::seconds(60)).value_or(-1);
  }
  std::string File(const std::string& name) const {
    return client::ReadFile(dir() / name).value_or("");
  }
  std::string Token(const std::string& tenant, const std::string& log) const {
    REQUIRE(Run({"tokens", "create", tenant, "--right", "read,submit", "--token-file",
                 (dir() / "data/administrator.token").string()},
                log) == 0);
    const std::string secret = File(log + ".out");
    REQUIRE(secret.starts_with("atl_"));
    return secret.substr(0, secret.find('\n'));
  }
};

}  // namespace

TEST_CASE("A studio that asks for tokens serves those who have one, and strangers nothing",
          "[integration]") {
  ClosedStudio studio;
  studio.StartAll();
  const std::string acme_token = studio.Token("acme", "create-acme");
  const std::string other_token = studio.Token("other", "create-other");

  client::Client stranger = studio.As("");
  CHECK(stranger.List().error().code == Code::kUnauthenticated);
  CHECK(stranger.Upload(PersonPng()).error().code == Code::kUnauthenticated);
  CHECK(studio.Run({"jobs", "list"}, "stranger") == 2);

  client::Client acme = studio.As(acme_token);
  const auto done = acme.Synthesize(PersonSpec(2));
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  client::Client other = studio.As(other_token);
  CHECK(other.Get(done->job.name()).error().code == Code::kNotFound);
  CHECK(other.Download(done->job.images(0).asset()).error().code == Code::kNotFound);
  CHECK(other.List()->jobs().empty());
  // The secret of the workers opens nothing here, and a client's token nothing there.
  const std::string worker_secret = studio.Secret("worker.secret");
  CHECK(studio.As(worker_secret).List().error().code == Code::kPermissionDenied);
  CHECK(acme.ListTokens().error().code == Code::kPermissionDenied);

  const auto tokens = studio.Operator().ListTokens(0, "", "acme");
  REQUIRE(tokens.has_value());
  REQUIRE(tokens->tokens_size() == 1);
  CHECK(studio.Run({"tokens", "revoke", tokens->tokens(0).name(), "--token-file",
                    (studio.dir() / "data/administrator.token").string()},
                   "revoke") == 0);
  CHECK(acme.List().error().code == Code::kUnauthenticated);

  REQUIRE(studio.Run({"tenants", "purge", "acme", "--token-file",
                      (studio.dir() / "data/administrator.token").string()},
                     "purge") == 0);
  CHECK_THAT(studio.File("purge.out"), Catch::Contains("1 jobs") && Catch::Contains("1 tokens"));
  CHECK(studio.Operator().Get(done->job.name()).error().code == Code::kNotFound);
  CHECK_THAT(studio.ServerMetrics(),
             Catch::Contains("atelier_calls_refused_total{reason=\"TOKEN_REVOKED\"} 1"));

  // Nothing that a log or a page says is a secret.
  const std::string admin_secret = studio.Secret("administrator.token");
  REQUIRE(admin_secret.size() == 64);
  for (const auto& file : std::filesystem::directory_iterator(studio.dir())) {
    if (!file.is_regular_file() || file.path().filename().string().starts_with("create-")) continue;
    std::ifstream stream(file.path());
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    INFO(file.path());
    for (const std::string& secret :
         {acme_token.substr(21), other_token.substr(21), worker_secret, admin_secret}) {
      CHECK(text.find(secret) == std::string::npos);
    }
  }
  CHECK(studio.ServerMetrics().find(worker_secret) == std::string::npos);
}

TEST_CASE("A worker without the secret gets no jobs, and the socket is its owner's",
          "[integration]") {
  ClosedStudio studio;
  studio.StartServer();
  struct stat socket {};
  REQUIRE(::stat((studio.dir() / "data/dispatch.sock").c_str(), &socket) == 0);
  CHECK(S_ISSOCK(socket.st_mode));
  struct stat secret {};
  REQUIRE(::stat((studio.dir() / "data/worker.secret").c_str(), &secret) == 0);
  CHECK((secret.st_mode & 0777) == 0600);
  const auto wrong = studio.dir() / "wrong";
  REQUIRE(client::WriteFile(wrong, std::string(40, 'x')).has_value());
  Process worker(
      {std::string(ATELIER_BINARY_DIR) + "/atelier-generation", "--listen", "127.0.0.1:0",
       "--metrics-listen", "127.0.0.1:0", "--server", studio.dispatch_address(),
       "--worker-secret-file", wrong.string(), "--model", TinyModel().string(), "--threads", "1"},
      studio.dir() / "intruder");
  CHECK(Eventually([&] {
    return studio.ServerMetrics().find("atelier_calls_refused_total{reason=\"BAD_TOKEN\"}") !=
           std::string::npos;
  }));
  CHECK(studio.Operator().ListModels()->empty());
}

TEST_CASE("A server is not started in plaintext beyond this machine unless that was said",
          "[integration]") {
  const TempDir dir;
  const auto start = [&](const std::vector<std::string>& more, const std::string& log) {
    std::vector<std::string> command = {std::string(ATELIER_BINARY_DIR) + "/atelier-server",
                                        "--listen",
                                        "0.0.0.0:0",
                                        "--metrics-listen",
                                        "127.0.0.1:0",
                                        "--data",
                                        (dir.path() / log).string()};
    command.insert(command.end(), more.begin(), more.end());
    return std::make_unique<Process>(command, dir.path() / (log + ".log"));
  };
  const auto refused = start({}, "refused");
  CHECK(refused->Wait() == 2);
  CHECK_THAT(refused->Stderr(), Catch::Contains("--insecure") && Catch::Contains("0.0.0.0:0"));
  const auto open = start({"--insecure"}, "insecure");
  CHECK_FALSE(open->WaitForLine("listening ").empty());
}

}  // namespace atelier::testing
