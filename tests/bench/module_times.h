// Where a network's time goes: sums the engine's own profiler scopes ("residual block",
// "self-attention", ...), which do not nest.
#pragma once

#include <map>
#include <string>

namespace atelier::bench {

/// Counts while it lives; one at a time, on the thread that makes it.
class ModuleTimes {
 public:
  ModuleTimes();
  ~ModuleTimes();
  ModuleTimes(const ModuleTimes&) = delete;
  ModuleTimes& operator=(const ModuleTimes&) = delete;

  /// Seconds so far, by scope.
  std::map<std::string, double> seconds() const;

 private:
  unsigned long handle_;
};

}  // namespace atelier::bench
