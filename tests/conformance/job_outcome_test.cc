// What every JobStore must keep of a job's outcome, which holds its warnings from the start.
#include <catch2/catch.hpp>

#include "atelier/v1/job.pb.h"
#include "conformance/store_fixture.h"

namespace atelier::server {
namespace {

const std::string kWarned("\0warned", 7);
const std::string kEnded("\0warned and painted", 19);

}  // namespace

TEST_CASE("What a job was warned of when it was queued is there in whatever finds the job",
          "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.outcome = kWarned;
  job.request_id = "r";
  job.request_hash = "h";
  job.expires_ms = 5;
  REQUIRE(store.Insert(job, {10})->job.outcome == kWarned);
  CHECK(store.Get("one")->outcome == kWarned);
  CHECK(store.List(1, kNoLimit)->at(0).outcome == kWarned);
  CHECK(store.FindRequest("default", "r")->value().outcome == kWarned);
  // A repeated submit joins the job as it is, whatever it would be warned of now.
  job.id = "two";
  job.outcome = "other";
  CHECK(store.Insert(job, {10})->job.outcome == kWarned);
}

TEST_CASE("Neither attempts nor a lost worker take a job's warnings away", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.outcome = kWarned;
  REQUIRE(store.Insert(job, {10}).has_value());
  CHECK(store.TakeQueued({"a"}, 1, Run)->at(0).outcome == kWarned);
  CHECK(store.ListRunning()->at(0).outcome == kWarned);
  CHECK(store.Update("one", Requeue)->outcome == kWarned);
  CHECK(store.TakeQueued({"a"}, 1, Run)->at(0).outcome == kWarned);
  REQUIRE(store.Update("one", [](JobRecord& row) -> Status {
    row.state = JobState::kSucceeded;
    row.outcome = kEnded;
    return {};
  }));
  CHECK(store.Get("one")->outcome == kEnded);
}

TEST_CASE("A job that expires in the queue keeps its warnings", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.outcome = kWarned;
  job.expires_ms = 5;
  REQUIRE(store.Insert(job, {10}).has_value());
  const auto expire = [](JobRecord& row) -> Status {
    row.state = JobState::kExpired;
    return {};
  };
  CHECK(store.TakeOverdue(5, 1, expire)->at(0).outcome == kWarned);
  CHECK(store.Get("one")->outcome == kWarned);
}

TEST_CASE("A finished job keeps its receipt and its warnings side by side", "[store]") {
  OVER_EVERY_STORE();
  v1::Job outcome;
  outcome.add_warnings()->set_reason("BORDER_UNSURE");
  outcome.mutable_receipt()->set_parser("colour-prior/1");
  outcome.mutable_receipt()->add_inputs()->set_sha256(std::string(64, 'a'));
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, Run).has_value());
  REQUIRE(store.Update("one", [&](JobRecord& row) -> Status {
    row.state = JobState::kSucceeded;
    row.outcome = outcome.SerializeAsString();
    return {};
  }));
  for (const JobRecord& row : {*store.Get("one"), store.List(1, kNoLimit)->at(0)}) {
    v1::Job kept;
    REQUIRE(kept.ParseFromString(row.outcome));
    CHECK(kept.receipt().parser() == "colour-prior/1");
    CHECK(kept.receipt().inputs(0).sha256() == std::string(64, 'a'));
    CHECK(kept.warnings(0).reason() == "BORDER_UNSURE");
  }
}

TEST_CASE("What a running job's outcome gains is there for the next attempt and at its end",
          "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, Run)->size() == 1);
  const auto gain = [&](const std::string& outcome) {
    return store.Update("one", [&](JobRecord& row) -> Status {
      row.outcome = outcome;
      return {};
    });
  };
  const int64_t revision = store.Get("one")->revision;
  CHECK(gain(kWarned)->revision == revision + 1);
  CHECK(gain(kEnded)->state == JobState::kRunning);
  CHECK(store.ListRunning()->at(0).outcome == kEnded);
  CHECK(store.Update("one", Requeue)->outcome == kEnded);
  CHECK(store.TakeQueued({"a"}, 1, Run)->at(0).outcome == kEnded);
  End(store, "one", 5, JobState::kFailed);
  CHECK(store.Get("one")->outcome == kEnded);
}

}  // namespace atelier::server
