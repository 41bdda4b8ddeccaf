#include "rpc/credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "rpc/bearer.h"
#include "rpc/guarded_credentials.h"

namespace atelier::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

Status CheckPem(const std::string& path, const char* setting) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.is_open() && text.find("-----BEGIN ") != std::string::npos) return {};
  return InvalidField(setting, "a PEM file that can be read", path);
}

Status CheckPair(const std::string& cert_file, const std::string& key_file) {
  if (cert_file.empty() != key_file.empty()) {
    const bool key = cert_file.empty();
    return InvalidField(key ? "tls_cert_file" : "tls_key_file",
                        key ? "given with tls_key_file" : "given with tls_cert_file", "nothing");
  }
  if (cert_file.empty()) return {};
  ATELIER_RETURN_IF_ERROR(CheckPem(cert_file, "tls_cert_file"));
  return CheckPem(key_file, "tls_key_file");
}

Status CheckListener(const std::string& address, const ListenerSecurity& security) {
  ATELIER_RETURN_IF_ERROR(CheckPair(security.cert_file, security.key_file));
  if (!security.client_ca_file.empty()) {
    if (security.cert_file.empty()) {
      return InvalidField("tls_client_ca_file", "given with tls_cert_file", "without");
    }
    ATELIER_RETURN_IF_ERROR(CheckPem(security.client_ca_file, "tls_client_ca_file"));
  }
  if (!security.cert_file.empty() || security.insecure || IsLocal(address)) return {};
  return InvalidField("listen",
                      "an address of this machine alone while there is neither tls_cert_file nor "
                      "--insecure",
                      address);
}

std::string HostOf(const std::string& address) {
  std::string host = address;
  const size_t colon = host.rfind(':');
  // "::1" is an address without a port.
  if (colon != std::string::npos && (host.find(':') == colon || host.starts_with('['))) {
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const std::string& target,
                                                                 const ChannelSecurity& security) {
  if (security.ca_file.empty() || IsUnixSocket(target)) return grpc::InsecureChannelCredentials();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
      security.key_file, security.cert_file, security.ca_file, security.reload_seconds));
  options.watch_root_certs();
  if (!security.cert_file.empty()) options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace

bool IsUnixSocket(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with("unix-abstract:");
}

bool IsLocal(const std::string& address) {
  if (IsUnixSocket(address)) return true;
  std::string bare = address;
  for (const std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (bare.starts_with(scheme)) bare.erase(0, scheme.size());
  }
  const std::string host = HostOf(bare);
  if (host == "localhost" || host == "::1") return true;
  // Not 127.example.com.
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return numeric && host.starts_with("127.");
}

Result<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const ListenerSecurity& security,
    std::shared_ptr<const MethodNames> names, OnCallEnd on_refused) {
  ATELIER_RETURN_IF_ERROR(CheckListener(address, security));
  Gatekeeper gatekeeper{security.guard, std::move(names), std::move(on_refused)};
  if (security.cert_file.empty() || IsUnixSocket(address)) {
    return PlainCredentials(std::move(gatekeeper));
  }
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<FileWatcherCertificateProvider>(
          security.key_file, security.cert_file, security.client_ca_file, security.reload_seconds));
  options.watch_identity_key_cert_pairs();
  if (!security.client_ca_file.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(security.require_certificate
                                      ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                      : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::experimental::TlsServerCredentials(options);
  if (security.guard) Guard(*credentials, std::move(gatekeeper));
  return credentials;
}

Status CheckFiles(const ChannelSecurity& security) {
  ATELIER_RETURN_IF_ERROR(CheckPair(security.cert_file, security.key_file));
  if (security.ca_file.empty()) return {};
  return CheckPem(security.ca_file, "tls_ca_file");
}

Status CheckChannel(const std::string& setting, const std::string& target,
                    const ChannelSecurity& security) {
  ATELIER_RETURN_IF_ERROR(CheckFiles(security));
  if (!security.ca_file.empty() || security.insecure || IsLocal(target)) return {};
  return InvalidField(setting,
                      "an address of this machine alone while there is neither tls_ca_file nor "
                      "--insecure",
                      target);
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const grpc::ChannelArguments& arguments,
                                           const ChannelSecurity& security) {
  const auto credentials = MakeChannelCredentials(target, security);
  if (!security.token) return grpc::CreateCustomChannel(target, credentials, arguments);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(SendBearer(security.token));
  return grpc::experimental::CreateCustomChannelWithInterceptors(target, credentials, arguments,
                                                                 std::move(interceptors));
}

}  // namespace atelier::rpc
