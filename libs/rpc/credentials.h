// How a process shows who it is and whom it believes: TLS on listeners and channels, tokens on
// calls.
//
// Certificates and keys are files that are read again when they change, so that a renewal needs no
// restart. A new file counts for new connections within kReloadSeconds. Whoever renews a pair must
// replace certificate and key at once, best through a folder behind a symbolic link; between the
// two new connections fail.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "rpc/call_guard.h"
#include "rpc/call_interceptor.h"
#include "rpc/method_names.h"
#include "rpc/secret.h"

namespace atelier::rpc {

inline constexpr unsigned kReloadSeconds = 5;

/// How a listener is protected.
struct ListenerSecurity {
  /// PEM files; both or neither. Empty: no TLS.
  std::string cert_file = {};
  std::string key_file = {};
  /// PEM file of those who sign client certificates; empty: none is asked for.
  std::string client_ca_file = {};
  /// With client_ca_file: whether a connection without a certificate is refused. A guard that
  /// knows other callers may let them in.
  bool require_certificate = true;
  /// Whether it may be served without TLS beyond this machine.
  bool insecure = false;
  /// Who may call; null: everybody whose call has a rule or not. Only for tests.
  std::shared_ptr<const CallGuard> guard = nullptr;
  unsigned reload_seconds = kReloadSeconds;
};

/// How a channel is protected.
struct ChannelSecurity {
  /// PEM file of those who sign servers' certificates; empty: no TLS. Unix sockets have none
  /// anyway.
  std::string ca_file = {};
  /// PEM files of what this process shows; both or neither.
  std::string cert_file = {};
  std::string key_file = {};
  /// Whether it may be used without TLS beyond this machine.
  bool insecure = false;
  /// Sent with every call as `authorization: Bearer TOKEN`; null: none.
  SecretSource token = {};
  unsigned reload_seconds = kReloadSeconds;
};

/// What the settings of a process say, whose names are the same in all of them.
template <typename Config>
ListenerSecurity ListenerSecurityOf(const Config& config) {
  ListenerSecurity security;
  security.cert_file = config.tls_cert_file();
  security.key_file = config.tls_key_file();
  security.client_ca_file = config.tls_client_ca_file();
  security.insecure = config.insecure();
  return security;
}
template <typename Config>
ChannelSecurity ChannelSecurityOf(const Config& config, SecretSource token) {
  ChannelSecurity security;
  security.ca_file = config.tls_ca_file();
  security.cert_file = config.tls_cert_file();
  security.key_file = config.tls_key_file();
  security.insecure = config.insecure();
  security.token = std::move(token);
  return security;
}

/// Whether only this machine reaches `address` or target: a loopback address, "localhost" or a Unix
/// socket.
bool IsLocal(const std::string& address);

/// Whether `address` is a Unix socket's.
bool IsUnixSocket(const std::string& address);

/// The credentials of a listener on `address`, which ask `security.guard` about every call. `names`
/// are those of the server's methods; `on_refused` is told of refused calls, as
/// ServerOptions::on_call_end. INVALID_ARGUMENT naming the setting: a file that cannot be read or
/// is no PEM, a key without a certificate, or plaintext beyond this machine that nobody asked for.
Result<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const std::string& address, const ListenerSecurity& security,
    std::shared_ptr<const MethodNames> names, OnCallEnd on_refused = {});

/// INVALID_ARGUMENT as above when `security` names files that are none.
Status CheckFiles(const ChannelSecurity& security);

/// The same, and when the channel to `target`, which the setting `setting` names, would be
/// plaintext beyond this machine that nobody asked for.
Status CheckChannel(const std::string& setting, const std::string& target,
                    const ChannelSecurity& security);

/// A channel to `target` under `security`. REQUIRES: CheckFiles().
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target,
                                           const grpc::ChannelArguments& arguments,
                                           const ChannelSecurity& security);

}  // namespace atelier::rpc
