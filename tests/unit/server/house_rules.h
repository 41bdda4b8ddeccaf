// HouseRules: an operator's ModerationService in this process.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "server/moderation/moderator.h"
#include "support/eventually.h"

namespace atelier::server {

class HouseRules final : public v1::ModerationService::Service {
 public:
  enum class Mood { kAllows, kRefuses, kFails, kNeverAnswers };

  HouseRules() : server_(*rpc::Server::Start({}, {this})) {}

  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  std::shared_ptr<const Moderator> Ask(
      std::chrono::milliseconds patience = std::chrono::seconds(30)) const {
    return std::make_shared<const Moderator>(Moderator::Connect(address()), patience);
  }

  grpc::Status ReviewJob(grpc::ServerContext* context, const v1::ReviewJobRequest* request,
                         v1::ReviewJobResponse* response) override {
    {
      const MutexLock lock(mutex_);
      job_ = *request;
    }
    return Answer(*context, jobs, response);
  }
  grpc::Status ReviewResult(grpc::ServerContext* context, const v1::ReviewResultRequest* request,
                            v1::ReviewResultResponse* response) override {
    {
      const MutexLock lock(mutex_);
      result_ = *request;
    }
    return Answer(*context, results, response);
  }

  /// What was asked last.
  v1::ReviewJobRequest job() const {
    const MutexLock lock(mutex_);
    return job_;
  }
  v1::ReviewResultRequest result() const {
    const MutexLock lock(mutex_);
    return result_;
  }

  std::atomic<Mood> jobs = Mood::kAllows;
  std::atomic<Mood> results = Mood::kAllows;
  std::atomic<int> questions = 0;

 private:
  template <typename Response>
  grpc::Status Answer(const grpc::ServerContext& context, Mood mood, Response* response) {
    ++questions;
    if (mood == Mood::kFails) return {grpc::StatusCode::INTERNAL, "the rules are lost"};
    // Ends with the caller's patience, or when it takes its question back.
    if (mood == Mood::kNeverAnswers) testing::Eventually([&] { return context.IsCancelled(); });
    response->set_allowed(mood == Mood::kAllows);
    if (mood == Mood::kRefuses) response->set_message("no hats indoors");
    return grpc::Status::OK;
  }

  mutable Mutex mutex_;
  v1::ReviewJobRequest job_ GUARDED_BY(mutex_);
  v1::ReviewResultRequest result_ GUARDED_BY(mutex_);
  std::unique_ptr<rpc::Server> server_;  // Last: it calls the others.
};

}  // namespace atelier::server
