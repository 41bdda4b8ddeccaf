#include "client/cli/display/worker_notice.h"

#include <catch2/catch.hpp>

namespace atelier::cli {

TEST_CASE("That no worker serves a waiting job's model is said once, and its end too", "[cli]") {
  v1::Job job;
  job.set_name("jobs/a");
  job.set_state(v1::JOB_STATE_QUEUED);
  job.mutable_spec()->mutable_synthesis()->set_model("models/one");
  v1::Model one, other;
  one.set_name("models/one");
  other.set_name("models/other");

  WorkerNotice notice;
  CHECK_FALSE(notice.After(job, {other, one}).has_value());
  CHECK(notice.After(job, {other}) == "no worker serves models/one: jobs/a waits for one");
  CHECK_FALSE(notice.After(job, {}).has_value());
  CHECK(notice.After(job, {one}) == "a worker serves models/one again");
  CHECK_FALSE(notice.After(job, {one}).has_value());

  job.set_state(v1::JOB_STATE_RUNNING);
  CHECK_FALSE(notice.After(job, {}).has_value());
}

TEST_CASE("An edit waits for the worker of its own model", "[cli]") {
  v1::Job job;
  job.set_name("jobs/a");
  job.set_state(v1::JOB_STATE_QUEUED);
  job.mutable_spec()->mutable_edit()->set_model("models/one");
  WorkerNotice notice;
  CHECK(notice.After(job, {}) == "no worker serves models/one: jobs/a waits for one");
}

}  // namespace atelier::cli
