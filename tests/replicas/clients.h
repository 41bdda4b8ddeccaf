// Clients and workers of several servers, and the database's own count of the ends of their jobs.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/ids.h"
#include "replicas/several_servers.h"
#include "server/store/postgres/connection.h"
#include "unit/server/test_pictures.h"

namespace atelier::testing {

using namespace std::chrono_literals;

// Counts the ends of each job in the transactions that record them.
inline constexpr char kAudit[] =
    "CREATE TABLE ends (job TEXT PRIMARY KEY, times BIGINT NOT NULL, at_ms BIGINT NOT NULL);"
    "CREATE FUNCTION count_end() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO ends VALUES (NEW.id, 1, now_ms())"
    "  ON CONFLICT (job) DO UPDATE SET times = ends.times + 1; RETURN NULL; END $$;"
    "CREATE TRIGGER ends_counted AFTER UPDATE OF state ON jobs FOR EACH ROW"
    " WHEN (OLD.state <> NEW.state AND NEW.state >= 3) EXECUTE FUNCTION count_end();";

inline std::unique_ptr<server::postgres::Connection> OpenDatabase(const SeveralServers& servers) {
  auto connection = server::postgres::Connection::Open({.url = servers.database()});
  REQUIRE(connection.has_value());
  return *std::move(connection);
}

inline int64_t Ask(server::postgres::Connection& database, const std::string& sql) {
  const auto rows = database.Run(sql);
  INFO((rows ? "" : rows.error().message));
  REQUIRE(rows.has_value());
  return rows->count() > 0 ? rows->Integer(0, 0) : 0;
}

inline v1::SubmitJobRequest MakeRequest() {
  v1::SubmitJobRequest request;
  v1::SynthesisSpec& synthesis = *request.mutable_spec()->mutable_synthesis();
  synthesis.mutable_source()->set_data(server::PngBytes(64, 64, "source"));
  synthesis.mutable_pose_picture()->set_data(server::PngBytes(64, 64, "pose"));
  synthesis.set_model("models/chaos");
  synthesis.set_steps(4);
  request.set_request_id(NewId());
  return request;
}

// Submits until an answer comes, as clients do.
inline std::string Submit(v1::JobService::Stub& jobs) {
  const v1::SubmitJobRequest request = MakeRequest();
  for (int tries = 0; tries < 600; ++tries) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 5s);
    v1::Job job;
    const grpc::Status status = jobs.SubmitJob(&context, request, &job);
    if (status.ok()) return job.name();
    std::this_thread::sleep_for(50ms);
  }
  return "";
}

// A worker whose painting is a wait; it calls whatever server answers.
class WaitingWorker {
 public:
  WaitingWorker(const SeveralServers& servers, int first)
      : name_("worker" + std::to_string(first)),
        dispatch_(servers.Dispatch(first)),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  int lost() const { return lost_; }

 private:
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::DispatchService::Stub::*method)(grpc::ClientContext*,
                                                                      const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 5s);
    context.AddMetadata("authorization", SeveralServers::WorkerAuthorization());
    return (dispatch_.get()->*method)(&context, request, &response);
  }
  // Until it was answered by a server that is there.
  template <typename Request, typename Response>
  grpc::Status CallUntilAnswered(grpc::Status (v1::DispatchService::Stub::*method)(
                                     grpc::ClientContext*, const Request&, Response*),
                                 const Request& request, Response& response) {
    while (true) {
      const grpc::Status status = Call(method, request, response);
      const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                        status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
      if (!away) return status;
      std::this_thread::sleep_for(50ms);
    }
  }
  void Register() {
    v1::RegisterWorkerRequest request;
    request.set_worker(name_);
    v1::Model& model = *request.add_models();
    model.set_name("models/chaos");
    model.set_height(64);
    model.set_width(64);
    model.set_default_steps(4);
    model.set_default_guidance(1);
    model.set_default_scheduler("ddim");
    model.add_schedulers("ddim");
    v1::RegisterWorkerResponse response;
    (void)CallUntilAnswered(&v1::DispatchService::Stub::RegisterWorker, request, response);
  }
  void Run(const std::stop_token& stop) {
    Register();
    while (!stop.stop_requested()) {
      v1::LeaseJobsRequest request;
      request.set_worker(name_);
      request.set_max_jobs(2);
      request.mutable_wait()->set_seconds(1);
      v1::LeaseJobsResponse leased;
      const grpc::Status status = Call(&v1::DispatchService::Stub::LeaseJobs, request, leased);
      if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) Register();
      if (!status.ok()) std::this_thread::sleep_for(50ms);
      for (const v1::LeasedJob& job : leased.jobs()) Paint(job);
    }
  }
  void Paint(const v1::LeasedJob& job) {
    for (int step = 1; step <= 4; ++step) {
      std::this_thread::sleep_for(10ms);
      v1::ReportProgressRequest request;
      request.set_job(job.job());
      request.set_lease(job.lease());
      request.mutable_progress()->set_step(step);
      request.mutable_progress()->set_steps(4);
      v1::ReportProgressResponse response;
      (void)Call(&v1::DispatchService::Stub::ReportProgress, request, response);
    }
    v1::CompleteJobRequest request;
    request.set_job(job.job());
    request.set_lease(job.lease());
    request.add_results()->set_png(server::PngBytes(64, 64, NewId()));
    v1::CompleteJobResponse response;
    // A second time after an answer that was lost, its lease is over.
    const grpc::Status status =
        CallUntilAnswered(&v1::DispatchService::Stub::CompleteJob, request, response);
    if (!status.ok()) ++lost_;
  }

  const std::string name_;
  const std::unique_ptr<v1::DispatchService::Stub> dispatch_;
  std::atomic<int> lost_ = 0;
  std::jthread thread_;
};

}  // namespace atelier::testing
