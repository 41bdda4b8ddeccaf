// Access: who calls, told by a token or a client certificate, and whether they may.
//
// gRPC asks Admit() before a call's request is read; a service that must know whose call it is asks
// Identify() again. Whether the call comes too soon, TakeTurn() says when the request was read:
// what Admit() refuses carries no details, and such a caller must be told when to come again.
// Whoever brings a token is its tenant; else the certificate says; else, where the server is open,
// the caller may do everything but work. Thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "rpc/call_guard.h"
#include "rpc/refusals.h"
#include "server/access/caller.h"
#include "server/access/request_rates.h"
#include "server/access/token_table.h"

namespace atelier::server {

class Access final : public rpc::CallGuard {
 public:
  struct Options {
    /// Whether callers who bring nothing are trusted: everybody who reaches the listener is.
    bool open = false;
    /// What the operator of the data folder may do everything with, but work. Empty: nobody.
    std::string administrator_secret = {};
    /// What workers bring. Empty: nobody.
    std::string worker_secret = {};
    rpc::Refusals::Options refusals = {};
    /// Calls a second that each tenant may make, see RequestRates. Workers, and administrators who
    /// name no tenant, may make any number.
    TenantLimitTable tenants = {};
  };

  /// `tokens` must outlive it.
  Access(const TokenTable& tokens, Options options);

  Status Admit(const rpc::CallCredentials& credentials, const rpc::CallRule& rule) const override;

  /// Who calls; counts nothing. UNAUTHENTICATED, or PERMISSION_DENIED / OTHER_TENANT for one who
  /// names another tenant than their own.
  Result<Caller> Identify(const rpc::CallCredentials& credentials) const;

  /// Whether what `caller` brought is still good, for calls that go on: UNAUTHENTICATED when their
  /// token was revoked, removed or has expired. Counts nothing.
  Status CheckStill(const Caller& caller) const;

  /// A call of `caller` begins: 0 when it may go on, else its tenant makes too many, which is
  /// counted as a refusal, and this one may come again after that time.
  std::chrono::milliseconds TakeTurn(const Caller& caller) const;

 private:
  Result<Caller> Recognise(const rpc::CallCredentials& credentials) const;

  const TokenTable& tokens_;
  const Options options_;
  const rpc::Refusals refusals_;
  const RequestRates rates_;
};

/// A caller of an open server who names `tenant`, or none.
Caller OpenCaller(std::string_view tenant);

}  // namespace atelier::server
