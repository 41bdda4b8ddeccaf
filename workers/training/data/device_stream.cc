#include "training/data/device_stream.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <mutex>

namespace atelier::training {
namespace {

using Guard = c10::impl::VirtualGuardImpl;

at::Tensor PinnedLike(const at::Tensor& first, int64_t rows) {
  std::vector<int64_t> sizes = first.sizes().vec();
  sizes[0] = rows;
  return at::empty(sizes, first.options().pinned_memory(true));
}

}  // namespace

void UseOwnStream(const at::Device& device) {
  if (device.is_cpu()) return;
  const Guard guard(device.type());
  if (device.has_index()) guard.setDevice(device);
  guard.exchangeStream(guard.getNewStream(guard.getDevice()));
}

StreamPoint MarkStream(const at::Device& device) {
  if (device.is_cpu()) return nullptr;
  // With times, for WaitMeter.
  auto point = std::make_shared<c10::Event>(device.type(), c10::EventFlag::BACKEND_DEFAULT);
  const Guard guard(device.type());
  point->record(guard.getStream(device.has_index() ? device : guard.getDevice()));
  return point;
}

void StreamWaitsFor(const StreamPoint& point, const at::Device& device) {
  if (!point) return;
  const Guard guard(device.type());
  point->block(guard.getStream(device.has_index() ? device : guard.getDevice()));
}

at::Tensor SendRows(const std::vector<at::Tensor>& rows, const at::Device& device) {
  if (!device.is_cuda()) return at::cat(rows).to(device);
  int64_t count = 0;
  for (const at::Tensor& row : rows) count += row.size(0);
  at::Tensor pinned = PinnedLike(rows.front(), count);
  at::cat_out(pinned, rows);
  return pinned.to(device, /*non_blocking=*/true);
}

at::Tensor Send(const at::Tensor& tensor, const at::Device& device) {
  if (!device.is_cuda()) return tensor.to(device);
  at::Tensor pinned = at::empty(tensor.sizes(), tensor.options().pinned_memory(true));
  pinned.copy_(tensor);
  return pinned.to(device, /*non_blocking=*/true);
}

void UseOneThread() {
  // LibTorch keeps the number for each thread, and the last one set for threads to come.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  at::set_num_threads(1);
}

StreamPoint WaitMeter::Begin() {
  began_ = std::chrono::steady_clock::now();
  begin_ = MarkStream(device_);
  return begin_;
}

void WaitMeter::End() {
  if (device_.is_cuda())
    waits_.emplace_back(begin_, MarkStream(device_));
  else
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

double WaitMeter::TakeSeconds() {
  for (const auto& [begin, end] : waits_) {
    end->synchronize();
    seconds_ += begin->elapsedTime(*end) / 1000;  // milliseconds
  }
  waits_.clear();
  return std::exchange(seconds_, 0.0);
}

}  // namespace atelier::training
