#include "bench/module_times.h"

#include <ATen/record_function.h>

#include <chrono>
#include <memory>

namespace atelier::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Started : at::ObserverContext {
  Clock::time_point at = Clock::now();
};

// The profiler's callbacks are plain functions.
std::map<std::string, double>& Sums() {
  static std::map<std::string, double> sums;
  return sums;
}

std::unique_ptr<at::ObserverContext> Begin(const at::RecordFunction&) {
  return std::make_unique<Started>();
}

void End(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto since = static_cast<Started*>(context)->at;
  Sums()[function.name()] += std::chrono::duration<double>(Clock::now() - since).count();
}

}  // namespace

ModuleTimes::ModuleTimes() {
  Sums().clear();
  handle_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(&Begin, &End).scopes({at::RecordScope::USER_SCOPE}));
}

ModuleTimes::~ModuleTimes() { at::removeCallback(handle_); }

std::map<std::string, double> ModuleTimes::seconds() const { return Sums(); }

}  // namespace atelier::bench
