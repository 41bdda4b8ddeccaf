#include "runtime/link/heartbeat.h"

#include <algorithm>
#include <utility>

#include "rpc/status.h"

namespace atelier::runtime {

void Heartbeat::Ask(const std::shared_ptr<ServerConnection>& connection,
                    std::chrono::milliseconds deadline) {
  auto made = std::make_unique<Try>();
  Try& one = *made;
  one.connection = connection;
  one.context.set_deadline(std::chrono::system_clock::now() + deadline);
  one.context.set_wait_for_ready(true);
  connection->dispatch().async()->ReportProgress(
      &one.context, &request_, &one.response,
      [self = shared_from_this(), &one](grpc::Status status) {
        self->End(one, std::move(status));
      });
  // Begun before it is among the tries: who reads its peer or cancels it finds a call.
  const MutexLock lock(mutex_);
  tries_.push_back(std::move(made));
}

void Heartbeat::End(Try& one, grpc::Status status) {
  const MutexLock lock(mutex_);
  one.status = std::move(status);
  changed_.NotifyAll();
}

const Heartbeat::Try* Heartbeat::Answered() const {
  for (const auto& one : tries_) {
    if (one->status && (one->status->ok() || rpc::IsFromPeer(*one->status))) return one.get();
  }
  return nullptr;
}

bool Heartbeat::AllEnded() const {
  return std::all_of(tries_.begin(), tries_.end(),
                     [](const auto& one) { return one->status.has_value(); });
}

bool Heartbeat::WaitForAnswer(std::chrono::milliseconds patience) {
  MutexLock lock(mutex_);
  changed_.WaitFor(lock, patience, [this]() REQUIRES(mutex_) { return Answered() || AllEnded(); });
  return Answered() != nullptr;
}

Heartbeat::Answer Heartbeat::WaitForEnd() {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() REQUIRES(mutex_) { return Answered() || AllEnded(); });
  const Try* answered = Answered();
  const Try& one = answered ? *answered : *tries_.back();
  return {*one.status, one.response, one.connection, answered != nullptr};
}

std::string Heartbeat::SilentServer() {
  const MutexLock lock(mutex_);
  const Try& first = *tries_.front();
  return first.status ? std::string() : first.context.peer();
}

void Heartbeat::Cancel() {
  const MutexLock lock(mutex_);
  for (const auto& one : tries_) {
    if (!one->status) one->context.TryCancel();
  }
}

}  // namespace atelier::runtime
