#include "rpc/secret.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "rpc/credentials.h"
#include "server/access/secrets.h"
#include "support/temp_dir.h"
#include "support/write_file.h"

namespace atelier::rpc {

TEST_CASE("A secret is made once, for its owner's eyes, and read again", "[access]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "worker.secret";
  const auto made = ReadOrMakeSecret(path, "worker_secret_file");
  REQUIRE(made.has_value());
  CHECK(made->size() == 64);
  CHECK(ReadOrMakeSecret(path, "worker_secret_file").value() == *made);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("A file that holds no secret is refused without its text", "[access]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "secret";
  for (const std::string& text : {std::string("short"), std::string(600, 'x'),
                                  std::string(40, 'x') + "\n" + std::string(40, 'y')}) {
    testing::WriteFile(path, text);
    const auto secret = ReadSecret(path, "worker_secret_file");
    REQUIRE_FALSE(secret.has_value());
    CHECK_THAT(secret.error().message, Catch::Contains("worker_secret_file"));
    CHECK_THAT(secret.error().message, !Catch::Contains(text.substr(0, 5)));
  }
  testing::WriteFile(path, "  " + std::string(32, 'x') + " \r\n");
  CHECK(ReadSecret(path, "worker_secret_file").value() == std::string(32, 'x'));
}

TEST_CASE("A secret whose file comes later is there when it is needed", "[access]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "later";
  const SecretSource secret = SecretOfFile(path, "worker_secret_file");
  CHECK(secret().empty());
  testing::WriteFile(path, std::string(32, 'x'));
  CHECK(secret() == std::string(32, 'x'));
}

TEST_CASE("Servers that share a database are given the operator's token, others make it",
          "[access]") {
  const testing::TempDir dir;
  const std::filesystem::path data = dir.path() / "data", given = dir.path() / "administrator";
  std::filesystem::create_directory(data);
  testing::WriteFile(given, std::string(32, 'a'));
  const auto shared = server::OpenSecrets({.data = data, .administrator = given.string()});
  REQUIRE(shared.has_value());
  CHECK(shared->administrator == std::string(32, 'a'));
  CHECK_FALSE(std::filesystem::exists(data / "administrator.token"));
  CHECK(std::filesystem::exists(data / "worker.secret"));

  const auto own = server::OpenSecrets({.data = data});
  REQUIRE(own.has_value());
  CHECK(own->administrator.size() == 64);
  CHECK(own->worker == shared->worker);

  const auto missing = server::OpenSecrets({.data = data, .administrator = given.string() + "?"});
  REQUIRE_FALSE(missing.has_value());
  CHECK_THAT(missing.error().message, Catch::Contains("administrator_token_file"));
}

TEST_CASE("Plaintext is for this machine alone unless somebody says otherwise", "[access]") {
  for (const char* local : {"127.0.0.1:7460", "localhost:0", "[::1]:7460", "unix:/run/a.sock",
                            "dns:///localhost:1", "127.1.2.3:5"}) {
    INFO(local);
    CHECK(IsLocal(local));
  }
  for (const char* other : {"0.0.0.0:7460", "[::]:7460", "10.0.0.1:1", "127.example.com:1",
                            "example.com:127", "dns:///pose:7462", "1127.0.0.1:1", ""}) {
    INFO(other);
    CHECK_FALSE(IsLocal(other));
  }
  const auto names = std::make_shared<MethodNames>();
  const auto refused = MakeServerCredentials("0.0.0.0:0", {}, names);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kInvalidArgument);
  CHECK_THAT(refused.error().message, Catch::Contains("--insecure"));
  CHECK(MakeServerCredentials("0.0.0.0:0", {.insecure = true}, names).has_value());
  CHECK(MakeServerCredentials("127.0.0.1:0", {}, names).has_value());
  CHECK_FALSE(CheckChannel("pose", "10.0.0.1:1", {}).has_value());
  CHECK(CheckChannel("pose", "10.0.0.1:1", {.insecure = true}).has_value());
  const auto no_file = MakeServerCredentials(
      "0.0.0.0:0", {.cert_file = "/none/cert", .key_file = "/none/key"}, names);
  CHECK_THAT(no_file.error().message, Catch::Contains("tls_cert_file"));
}

}  // namespace atelier::rpc
