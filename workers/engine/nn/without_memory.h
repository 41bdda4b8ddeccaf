// Networks of any size without memory for their weights: for looking at keys and shapes alone.
#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>

namespace atelier::engine {

/// While one lives, tensors that this thread makes are on the "meta" device whatever device is
/// asked for: they have a shape and a dtype but no memory. Other threads are not affected.
///
/// C++ has no default device as Python has. This is a dispatch mode under the key that PyTorch
/// keeps for modes of tests, which nothing else in these programs uses.
class WithoutMemory {
 public:
  WithoutMemory();
  WithoutMemory(const WithoutMemory&) = delete;
  WithoutMemory& operator=(const WithoutMemory&) = delete;

 private:
  const c10::impl::IncludeDispatchKeyGuard mode_;
};

/// While one lives inside of a WithoutMemory, tensors have memory all the same: for tables that a
/// network computes when it is made.
class WithMemory {
 public:
  WithMemory();
  WithMemory(const WithMemory&) = delete;
  WithMemory& operator=(const WithMemory&) = delete;

 private:
  const c10::impl::ExcludeDispatchKeyGuard no_mode_;
};

}  // namespace atelier::engine
