// FarNetwork: a network namespace behind a pair of virtual cables, as if it were another machine,
// whose packets may get lost without a word.
//
// A cut network is silent: the two ends have a wrong hardware address for each other, so that what
// they send leaves them and reaches nobody. No connection is closed, no error comes back, and both
// interfaces stay up. Needs root and iproute2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::chaos {

class FarNetwork {
 public:
  /// FAILED_PRECONDITION / NO_NAMESPACE, with the reason, where none can be made.
  static Result<std::unique_ptr<FarNetwork>> Create();
  /// Removes it; what still runs in it has no network any more.
  ~FarNetwork();
  FarNetwork(const FarNetwork&) = delete;
  FarNetwork& operator=(const FarNetwork&) = delete;

  /// This machine's address as the processes inside see it.
  const std::string& near_address() const { return near_address_; }
  /// What a command must begin with to run inside.
  std::vector<std::string> Inside() const;

  /// From now on no packet arrives at either end. False when that could not be done.
  bool Cut();
  /// They arrive again.
  bool Heal();

 private:
  FarNetwork();

  // Runs `ip` with these arguments, inside too where `far` is said.
  bool Ip(const std::string& arguments, bool far = false);

  const std::string name_;       // Of the namespace.
  const std::string near_link_;  // Of the two ends.
  const std::string far_link_;
  std::string near_address_;
  std::string far_address_;
  std::string error_;  // What the last `ip` that failed said.
};

}  // namespace atelier::chaos
