// The methods that a server really has. A client may call by any name, and gRPC hands that name on:
// whoever counts by method must not count what clients make up.
#pragma once

#include <grpcpp/impl/server_builder_option.h>

#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace atelier::rpc {

/// Filled while the server is built, then read alone: thread-safe.
class MethodNames {
 public:
  /// Whether a service of the server has `method` ("/package.Service/Method"). False for all of
  /// them until the server is built.
  bool Has(const std::string& method) const {
    return filled_.load(std::memory_order_acquire) && methods_.contains(method);
  }
  /// Adds the methods of the services with these full names, by their descriptors. Call once.
  void Fill(const std::vector<std::string>& services);

 private:
  std::unordered_set<std::string> methods_;
  std::atomic<bool> filled_ = false;
};

/// For the builder of a server: fills `names` with the methods of all its services.
std::unique_ptr<grpc::ServerBuilderOption> CollectMethodNames(std::shared_ptr<MethodNames> names);

}  // namespace atelier::rpc
