// What a thread that prepares data for a device needs of it: a stream of its own, copies that do
// not wait, and the order between streams. On the CPU there are no streams: all is done at once.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace atelier::training {

/// A point in a stream's work; null on the CPU.
using StreamPoint = std::shared_ptr<c10::Event>;

/// From now on this thread's work for `device` goes to a stream of its own.
void UseOwnStream(const at::Device& device);

/// After all work that this thread has queued on `device` so far.
StreamPoint MarkStream(const at::Device& device);

/// Work that this thread queues on `device` from now on starts when `point` is reached. The thread
/// itself does not wait.
void StreamWaitsFor(const StreamPoint& point, const at::Device& device);

/// `rows`, tensors of the CPU, joined along their first dimension, on `device`. With CUDA they are
/// joined in pinned memory and the copy is queued on this thread's stream: the thread does not wait
/// for it. REQUIRES: not empty.
at::Tensor SendRows(const std::vector<at::Tensor>& rows, const at::Device& device);
at::Tensor Send(const at::Tensor& tensor, const at::Device& device);

/// LibTorch's operations in this thread use no other thread than it: for threads that are many
/// already. Threads that have run an operation before keep the number they have.
void UseOneThread();

/// How long a device stands still because the data of the next step is not there yet.
///
/// With CUDA the device's own clock is read: from the end of one step's work to the arrival of the
/// next step's data. Elsewhere it is the time that the training thread waits.
class WaitMeter {
 public:
  explicit WaitMeter(const at::Device& device) : device_(device) {}

  /// Before a step's data is taken: the work of the steps before is queued. Returns that point.
  StreamPoint Begin();
  /// The data is there, as far as this thread's stream is concerned.
  void End();

  /// Seconds waited since the last call. With CUDA it waits for the device.
  double TakeSeconds();

 private:
  at::Device device_;
  double seconds_ = 0;
  std::chrono::steady_clock::time_point began_;
  StreamPoint begin_;
  /// With CUDA: waits whose length is not read yet.
  std::vector<std::pair<StreamPoint, StreamPoint>> waits_;
};

}  // namespace atelier::training
