// Listeners and channels under TLS, with certificates that a test made.
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/eventually.h"
#include "support/temp_dir.h"
#include "unit/server/access/guarded_backend.h"
#include "unit/server/access/test_certificates.h"

namespace atelier::server {
namespace {

constexpr char kLocalNames[] = "DNS:localhost,IP:127.0.0.1";

/// A server with the backend's guard under TLS.
struct SecureBackend : GuardedBackend {
  explicit SecureBackend(bool require_certificate = true)
      : authority(dir_of_certificates.path(), "authority"),
        files(authority.Issue("server", kLocalNames)) {
    rpc::ServerOptions options;
    options.security.cert_file = files.cert;
    options.security.key_file = files.key;
    options.security.client_ca_file = authority.cert();
    options.security.require_certificate = require_certificate;
    options.security.reload_seconds = 1;
    options.security.guard = clients;
    server = std::move(rpc::Server::Start(options, api.public_services()).value());
  }

  /// The status of ListJobs on a new connection.
  grpc::Status List(const rpc::ChannelSecurity& security) const {
    const auto stub = v1::JobService::NewStub(
        rpc::Connect("127.0.0.1:" + std::to_string(server->port()), security));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ListJobsResponse response;
    return stub->ListJobs(&context, {}, &response);
  }
  rpc::ChannelSecurity Trusting() const {
    rpc::ChannelSecurity security;
    security.ca_file = authority.cert();
    security.reload_seconds = 1;
    return security;
  }

  testing::TempDir dir_of_certificates;
  testing::TestAuthority authority;
  testing::CertificateFiles files;
  std::unique_ptr<rpc::Server> server;
};

}  // namespace

TEST_CASE("A client certificate is its tenant's caller, and one without is refused", "[access]") {
  SecureBackend studio;
  const auto acme = studio.authority.Issue("acme", "URI:atelier://acme/read");
  rpc::ChannelSecurity security = studio.Trusting();
  CHECK(studio.List(security).error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(studio.List({}).error_code() == grpc::StatusCode::UNAVAILABLE);
  security.cert_file = acme.cert;
  security.key_file = acme.key;
  CHECK(studio.List(security).ok());

  // It says what its bearer may do.
  const auto worker = studio.authority.Issue("worker", "URI:atelier://acme/work");
  security.cert_file = worker.cert;
  security.key_file = worker.key;
  CHECK(studio.List(security).error_code() == grpc::StatusCode::PERMISSION_DENIED);
  const auto nobody = studio.authority.Issue("nobody", "DNS:nobody");
  security.cert_file = nobody.cert;
  security.key_file = nobody.key;
  CHECK(studio.List(security).error_code() == grpc::StatusCode::UNAUTHENTICATED);

  const testing::TestAuthority stranger(studio.dir_of_certificates.path(), "stranger");
  const auto forged = stranger.Issue("forged", "URI:atelier://acme/read");
  security.cert_file = forged.cert;
  security.key_file = forged.key;
  CHECK(studio.List(security).error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("Where tokens are taken, a caller without a certificate may bring one", "[access]") {
  SecureBackend studio(/*require_certificate=*/false);
  rpc::ChannelSecurity security = studio.Trusting();
  CHECK(studio.List(security).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  security.token = rpc::FixedSecret(studio.ClientToken("acme"));
  CHECK(studio.List(security).ok());
}

TEST_CASE("A server of another authority is not believed", "[access]") {
  SecureBackend studio(/*require_certificate=*/false);
  const testing::TestAuthority stranger(studio.dir_of_certificates.path(), "stranger");
  rpc::ChannelSecurity security = studio.Trusting();
  security.token = rpc::FixedSecret(studio.ClientToken("acme"));
  security.ca_file = stranger.cert();
  CHECK(studio.List(security).error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("Renewed certificates count without a restart", "[access]") {
  SecureBackend studio(/*require_certificate=*/false);
  rpc::ChannelSecurity security = studio.Trusting();
  security.token = rpc::FixedSecret(studio.ClientToken("acme"));
  REQUIRE(studio.List(security).ok());
  // Another authority signs from now on: who trusts the old one does not connect any more.
  const testing::TestAuthority next(studio.dir_of_certificates.path(), "next");
  next.Issue("server", kLocalNames);
  rpc::ChannelSecurity trusting_next = security;
  trusting_next.ca_file = next.cert();
  CHECK(testing::Eventually([&] { return studio.List(trusting_next).ok(); }));
  CHECK_FALSE(studio.List(security).ok());
}

}  // namespace atelier::server
