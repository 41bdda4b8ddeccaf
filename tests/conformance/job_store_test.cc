// What every JobStore must do, run over each of them.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "conformance/store_fixture.h"

namespace atelier::server {

TEST_CASE("A record comes back as it was stored, every field", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.tenant = "t";
  job.request_id = "r";
  job.request_hash = "h";
  job.traceparent = "00-t";
  job.rank_ms = -5;
  job.queued_ms = 6;
  job.expires_ms = 7;
  job.pixels = int64_t{1} << 40;
  job.step_pixels = int64_t{1} << 50;
  const auto inserted = store.Insert(job, {10});
  REQUIRE(inserted.has_value());
  job.sequence = inserted->job.sequence;
  job.revision = 1;
  CHECK(store.Get("one") == job);
  const auto updated = store.Update("one", [&](JobRecord& row) -> Status {
    row.state = JobState::kFailed;
    row.batch_key = "alone|one";
    row.attempt = 3;
    row.lost_workers = 2;
    row.cancel_requested = true;
    row.started_ms = 9;
    row.ended_ms = 10;
    row.start_time_ms = 11;
    row.end_time_ms = 12;
    row.outcome = std::string("\0out", 4);
    row.error_reason = "R";
    row.error_message = "M";
    return {};
  });
  REQUIRE(updated.has_value());
  CHECK(store.Get("one") == *updated);
  CHECK(updated->revision == 2);
  CHECK(store.Get("one")->outcome == std::string("\0out", 4));
  CHECK(store.Get("two").error().code == Code::kNotFound);
}

TEST_CASE("A refused mutation leaves the row as it was", "[store]") {
  OVER_EVERY_STORE();
  const auto inserted = store.Insert(MakeJob("one"), {10});
  REQUIRE(inserted.has_value());
  const auto refused = store.Update("one", [](JobRecord& job) -> Status {
    job.attempt = 99;
    return MakeError(Code::kAborted, "NO", "no");
  });
  CHECK(refused.error().reason == "NO");
  CHECK(store.Get("one") == inserted->job);
  CHECK(store.Update("two", Run).error().code == Code::kNotFound);
  const auto taken = store.TakeQueued(
      {"a"}, 1, [](JobRecord&) -> Status { return MakeError(Code::kAborted, "NO", "no"); });
  CHECK_FALSE(taken.has_value());
  CHECK(store.Count()->queued == 1);
}

TEST_CASE("The same request id joins the older job, another body is refused", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.request_id = "r";
  job.request_hash = "h";
  REQUIRE(store.Insert(job, {1}).has_value());
  job.id = "two";
  const auto again = store.Insert(job, {1});  // In a full queue too.
  REQUIRE(again.has_value());
  CHECK(again->joined);
  CHECK(again->job.id == "one");
  job.request_hash = "other";
  CHECK(store.Insert(job, {1}).error().reason == "REQUEST_ID_REUSED");
  CHECK(store.FindRequest("default", "r")->value().id == "one");
  CHECK_FALSE(store.FindRequest("default", "s")->has_value());
  CHECK_FALSE(store.FindRequest("default", "")->has_value());
  CHECK(store.Count()->queued == 1);
}

TEST_CASE("A full queue refuses the next job until one leaves it", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {2}).has_value());
  REQUIRE(store.Insert(MakeJob("two"), {2}).has_value());
  CHECK(store.Insert(MakeJob("three"), {2}).error().reason == "QUEUE_FULL");
  REQUIRE(store.Update("one", Run).has_value());
  CHECK(store.Insert(MakeJob("three"), {2}).has_value());
}

TEST_CASE("What waits is counted by model, with the time of the first", "[store]") {
  OVER_EVERY_STORE();
  CHECK(store.CountQueued()->empty());
  int64_t queued_ms = 1000;
  for (const char* id : {"1", "2", "3", "4"}) {
    JobRecord job =
        MakeJobOf(id[0] == '2' ? "other" : "default", id, -queued_ms, id[0] == '4' ? "b|1" : "a|1");
    job.queued_ms = queued_ms += 1000;
    REQUIRE(store.Insert(job, {10}).has_value());
  }
  auto queued = store.CountQueued().value();
  REQUIRE(queued.size() == 2);
  CHECK(queued[0].model == "a");
  CHECK(queued[0].jobs == 3);
  CHECK(queued[0].oldest_ms == 2000);
  CHECK(queued[1].model == "b");
  CHECK(queued[1].jobs == 1);
  CHECK(queued[1].oldest_ms == 5000);
  End(store, "1", 9000);
  End(store, "4", 9000);
  queued = store.CountQueued().value();
  REQUIRE(queued.size() == 1);
  CHECK(queued[0].jobs == 2);
  CHECK(queued[0].oldest_ms == 3000);
}

TEST_CASE("A batch holds the oldest job of the models and its key alone, by age", "[store]") {
  OVER_EVERY_STORE();
  for (const auto& [id, key] : std::vector<std::pair<std::string, std::string>>{{"1", "other|x"},
                                                                                {"2", "a|x"},
                                                                                {"3", "a|y"},
                                                                                {"4", "a|x"},
                                                                                {"5", "b|x"},
                                                                                {"6", "a|x"}}) {
    REQUIRE(store.Insert(MakeJob(id, key), {10}).has_value());
  }
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 2, Run)) == Ids{"2", "4"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"3"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"5"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"6"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)).empty());
  CHECK(IdsOf(store.ListRunning()) == Ids{"2", "3", "4", "5", "6"});
  CHECK(store.Count()->queued == 1);
  CHECK(store.Count()->running == 5);
}

TEST_CASE("A job that is queued again keeps its place", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3"}) REQUIRE(store.Insert(MakeJob(id), {10}).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, Run).has_value());
  CHECK(store.CountAhead(*store.Get("3")) == 1);
  REQUIRE(store.Update("1", Requeue));
  CHECK(store.CountAhead(*store.Get("3")) == 2);
  CHECK(store.CountAhead(*store.Get("1")) == 0);
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"1"});
}

TEST_CASE("A tenant's jobs go by rank, equal ranks by age", "[store]") {
  OVER_EVERY_STORE();
  for (const auto& [id, rank] :
       std::vector<std::pair<std::string, int64_t>>{{"1", 30}, {"2", 10}, {"3", 10}, {"4", -20}}) {
    REQUIRE(store.Insert(MakeJobOf("t", id, rank), {10}).has_value());
  }
  CHECK(store.CountAhead(*store.Get("1")) == 3);
  CHECK(store.CountAhead(*store.Get("3")) == 2);
  CHECK(IdsOf(store.TakeQueued({"a"}, 3, Run)) == Ids{"4", "2", "3"});
  CHECK(store.CountAhead(*store.Get("1")) == 0);
  CHECK(store.CountAhead(*store.Get("4")) == 0);
}

TEST_CASE("A single job waits for one turn of a tenant with a thousand", "[store]") {
  OVER_EVERY_STORE();
  for (int i = 0; i < 1000; ++i) {
    // Whatever their ranks.
    REQUIRE(store.Insert(MakeJobOf("many", "m" + std::to_string(i), -i), {2000}).has_value());
  }
  REQUIRE(store.Insert(MakeJobOf("one", "single", 99), {2000}).has_value());
  CHECK(store.CountAhead(*store.Get("single")) == 1);
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"m999"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"single"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"m998"});
}

TEST_CASE("Tenants take turns and one that comes, or comes back, joins behind", "[store]") {
  OVER_EVERY_STORE();
  const auto add = [&](const std::string& tenant, const std::string& id) {
    REQUIRE(store.Insert(MakeJobOf(tenant, id, 0, "a|" + tenant), {100}).has_value());
  };
  for (const char* id : {"x1", "x2", "x3", "x4"}) add("x", id);
  for (const char* id : {"y1", "y2", "y3"}) add("y", id);
  add("z", "z1");
  const auto next = [&] { return IdsOf(store.TakeQueued({"a"}, 1, Run)).at(0); };
  CHECK(next() == "x1");
  CHECK(next() == "y1");
  CHECK(next() == "z1");
  CHECK(next() == "x2");
  add("z", "z2");  // Behind x, which was just served.
  CHECK(next() == "y2");
  CHECK(next() == "x3");
  CHECK(next() == "z2");
  CHECK(next() == "y3");
  CHECK(next() == "x4");
}

TEST_CASE("Turns are one round over all the models of a worker", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJobOf("x", "x1", 5, "a|1"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("x", "x2", 4, "b|1"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("y", "y1", 0, "b|2"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("w", "w1", 0, "c|2"), {10}).has_value());
  CHECK(store.CountAhead(*store.Get("x1")) == 0);
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 4, Run)) == Ids{"x2"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 4, Run)) == Ids{"y1"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 4, Run)) == Ids{"x1"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 4, Run)).empty());
}

TEST_CASE("Room in a batch goes to others by their turns and costs them none", "[store]") {
  OVER_EVERY_STORE();
  for (const auto& [tenant, id] : std::vector<std::pair<std::string, std::string>>{
           {"x", "x1"}, {"x", "x2"}, {"y", "y1"}, {"z", "z1"}, {"z", "z2"}}) {
    REQUIRE(store.Insert(MakeJobOf(tenant, id), {10}).has_value());
  }
  REQUIRE(store.Insert(MakeJobOf("y", "y2", 0, "a|other"), {10}).has_value());
  CHECK(IdsOf(store.TakeQueued({"a"}, 4, Run)) == Ids{"x1", "x2", "y1", "z1"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 4, Run)) == Ids{"y2"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 4, Run)) == Ids{"z2"});
}

TEST_CASE("A refused lease leaves the turn where it was", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"x1", "x2"}) {
    REQUIRE(store.Insert(MakeJobOf("x", id), {10}).has_value());
  }
  REQUIRE(store.Insert(MakeJobOf("y", "y1"), {10}).has_value());
  const auto refuse = [](JobRecord&) -> Status {
    return MakeError(Code::kUnavailable, "NO", "no");
  };
  CHECK(store.TakeQueued({"a"}, 1, refuse).error().reason == "NO");
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"x1"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"y1"});
}

TEST_CASE("A tenant's limit refuses its jobs and nobody else's", "[store]") {
  OVER_EVERY_STORE();
  const QueueLimits limits{4, 2};
  REQUIRE(store.Insert(MakeJobOf("x", "x1"), limits).has_value());
  REQUIRE(store.Insert(MakeJobOf("x", "x2", 0, "b|1"), limits).has_value());
  CHECK(store.Insert(MakeJobOf("x", "x3"), limits).error().reason == "TENANT_QUEUE_FULL");
  REQUIRE(store.Insert(MakeJobOf("y", "y1"), limits).has_value());
  REQUIRE(store.TakeQueued({"b"}, 1, Run).has_value());
  CHECK(store.Insert(MakeJobOf("x", "x3"), limits).has_value());
}

TEST_CASE("A request id of one tenant says nothing to another", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJobOf("x", "x1");
  job.request_id = "r";
  job.request_hash = "h";
  REQUIRE(store.Insert(job, {10}).has_value());
  job.id = "y1";
  job.tenant = "y";
  job.request_hash = "other";
  const auto other = store.Insert(job, {10});
  REQUIRE(other.has_value());
  CHECK_FALSE(other->joined);
  CHECK(store.FindRequest("x", "r")->value().id == "x1");
  CHECK(store.FindRequest("y", "r")->value().id == "y1");
}

TEST_CASE("Only queued jobs whose time is over are overdue", "[store]") {
  OVER_EVERY_STORE();
  const auto add = [&](const std::string& id, int64_t expires_ms) {
    JobRecord job = MakeJob(id);
    job.expires_ms = expires_ms;
    REQUIRE(store.Insert(job, {10}).has_value());
  };
  add("running", 5);
  REQUIRE(store.Update("running", Run).has_value());
  add("never", 0);
  add("later", 31);
  add("second", 30);
  add("first", 20);
  const auto expire = [](JobRecord& job) -> Status {
    job.state = JobState::kExpired;
    return {};
  };
  CHECK(IdsOf(store.TakeOverdue(19, 10, expire)).empty());
  CHECK(IdsOf(store.TakeOverdue(30, 1, expire)) == Ids{"first"});
  CHECK(IdsOf(store.TakeOverdue(30, 10, expire)) == Ids{"second"});
  CHECK(IdsOf(store.TakeOverdue(30, 10, expire)).empty());
  CHECK(store.Get("first")->state == JobState::kExpired);
  CHECK(store.Count()->queued == 2);
  CHECK(store.Count()->finished == 2);
  CHECK(IdsOf(store.TakeQueued({"a"}, 9, Run)) == Ids{"never", "later"});
}

TEST_CASE("Finished jobs go by age and by number, the oldest first, others never", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3", "4", "5", "queued", "running"}) {
    JobRecord job = MakeJob(id);
    job.request_id = id;
    REQUIRE(store.Insert(job, {10}).has_value());
  }
  REQUIRE(store.Update("running", Run).has_value());
  // They end in another order than they came.
  End(store, "5", 10);
  End(store, "1", 20);
  End(store, "2", 30, JobState::kFailed);
  End(store, "3", 40);
  End(store, "4", 50);
  CHECK(store.Prune(10, kNoLimit, 100) == 0);
  CHECK(store.Prune(21, kNoLimit, 1) == 1);
  CHECK(store.Get("5").error().code == Code::kNotFound);
  CHECK(store.Get("1").has_value());
  CHECK(store.Prune(21, kNoLimit, 100) == 1);
  CHECK(store.Prune(0, 1, 100) == 2);
  CHECK(store.Get("4").has_value());
  CHECK(store.Count()->finished == 1);
  CHECK(IdsOf(store.List(9, kNoLimit)) == Ids{"running", "queued", "4"});
  CHECK(store.Prune(0, 0, 100) == 1);
  CHECK(store.Count()->queued == 1);
  CHECK(store.Count()->running == 1);
  // A forgotten request id may come again, and no sequence is given twice.
  CHECK_FALSE(store.FindRequest("default", "1")->has_value());
  JobRecord again = MakeJob("again");
  again.request_id = "1";
  const auto inserted = store.Insert(again, {10});
  REQUIRE(inserted.has_value());
  CHECK_FALSE(inserted->joined);
  CHECK(inserted->job.sequence == 8);
}

TEST_CASE("A finished job can be deleted and frees its request id, another cannot", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"queued", "running", "done", "expired"}) {
    JobRecord job = MakeJob(id);
    job.request_id = id;
    REQUIRE(store.Insert(job, {10}).has_value());
  }
  REQUIRE(store.Update("running", Run).has_value());
  End(store, "done", 10);
  End(store, "expired", 20, JobState::kExpired);
  for (const char* id : {"queued", "running"}) {
    const Status refused = store.Delete(id);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::kFailedPrecondition);
    CHECK(refused.error().reason == "JOB_NOT_FINISHED");
    CHECK_THAT(refused.error().message, Catch::Contains(std::string("jobs/") + id));
  }
  CHECK(store.Delete("unheard-of").error().code == Code::kNotFound);
  REQUIRE(store.Delete("done").has_value());
  CHECK(store.Get("done").error().code == Code::kNotFound);
  CHECK(store.Delete("done").error().code == Code::kNotFound);
  CHECK_FALSE(store.FindRequest("default", "done")->has_value());
  CHECK(IdsOf(store.List(9, kNoLimit)) == Ids{"expired", "running", "queued"});
  const auto counts = store.Count();
  CHECK(counts->queued == 1);
  CHECK(counts->running == 1);
  CHECK(counts->finished == 1);
  // Nothing else holds on to it: what is left is pruned, and the id may come again.
  CHECK(store.Prune(100, kNoLimit, 10) == 1);
  JobRecord again = MakeJob("done");
  again.request_id = "done";
  CHECK_FALSE(store.Insert(again, {10})->joined);
}

TEST_CASE("A list shows what passes the filter alone", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJobOf("x", "1"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("y", "2"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("x", "3"), {10}).has_value());
  REQUIRE(store.Insert(MakeJobOf("x", "4"), {10}).has_value());
  REQUIRE(store.Update("3", [](JobRecord& job) -> Status {
    job.state = JobState::kFailed;
    job.error_reason = "WORKER_LOST";
    return {};
  }));
  End(store, "4", 5, JobState::kFailed);
  const auto list = [&](const JobFilter& filter, int limit = 9) {
    return IdsOf(store.List(limit, kNoLimit, filter));
  };
  CHECK(list({.tenant = "x"}) == Ids{"4", "3", "1"});
  CHECK(list({.tenant = "x"}, 2) == Ids{"4", "3"});
  CHECK(list({.states = {JobState::kFailed}}) == Ids{"4", "3"});
  CHECK(list({.states = {JobState::kFailed, JobState::kQueued}}) == Ids{"4", "3", "2", "1"});
  CHECK(list({.error_reason = "WORKER_LOST"}) == Ids{"3"});
  CHECK(list({.tenant = "y", .error_reason = "WORKER_LOST"}).empty());
  CHECK(list({.tenant = "y' OR 1"}).empty());
}

TEST_CASE("A revision grows with every change and with nothing else", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  const auto nothing = [](JobRecord&) -> Status { return {}; };
  CHECK(store.Update("one", nothing)->revision == 1);
  CHECK(store.TakeQueued({"a"}, 1, Run)->at(0).revision == 2);
  CHECK(store.Update("one", Requeue)->revision == 3);
  CHECK(store.Get("one")->revision == 3);
}

TEST_CASE("The latest moment that any job knows is found", "[store]") {
  OVER_EVERY_STORE();
  CHECK(store.LatestMs() == 0);
  JobRecord job = MakeJob("one");
  job.queued_ms = 70;
  REQUIRE(store.Insert(job, {10}).has_value());
  job.id = "two";
  job.queued_ms = 60;
  REQUIRE(store.Insert(job, {10}).has_value());
  CHECK(store.LatestMs() == 70);
  End(store, "two", 90);
  CHECK(store.LatestMs() == 90);
}

TEST_CASE("Pages go from the newest to the oldest without gap or repetition", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3", "4", "5"}) {
    REQUIRE(store.Insert(MakeJob(id), {10}).has_value());
  }
  const auto first = store.List(2, kNoLimit);
  CHECK(IdsOf(first) == Ids{"5", "4"});
  const auto second = store.List(2, first->back().sequence);
  CHECK(IdsOf(second) == Ids{"3", "2"});
  CHECK(IdsOf(store.List(2, second->back().sequence)) == Ids{"1"});
}

TEST_CASE("A model's newest description stays", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.PutModel("models/b", "old").has_value());
  REQUIRE(store.PutModel("models/a", std::string("\0x", 2)).has_value());
  REQUIRE(store.PutModel("models/b", "new").has_value());
  const auto models = store.ListModels();
  REQUIRE(models->size() == 2);
  CHECK((*models)[0] == std::pair<std::string, std::string>("models/a", std::string("\0x", 2)));
  CHECK((*models)[1].second == "new");
}

TEST_CASE("Many callers at once neither lose a job nor take one twice", "[store]") {
  OVER_EVERY_STORE();
  constexpr int kCallers = 8;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  std::vector<Ids> taken(kCallers);
  for (int caller = 0; caller < kCallers; ++caller) {
    threads.emplace_back([&, caller] {
      for (int i = 0; i < kEach; ++i) {
        const auto id = std::to_string(caller) + "-" + std::to_string(i);
        (void)store.Insert(MakeJob(id), {kCallers * kEach});
        for (std::string& got : IdsOf(store.TakeQueued({"a"}, 2, Run))) {
          taken[caller].push_back(std::move(got));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t count = 0;
  std::set<std::string> distinct;
  for (const Ids& ids : taken) {
    count += ids.size();
    distinct.insert(ids.begin(), ids.end());
  }
  CHECK(count == kCallers * kEach);
  CHECK(distinct.size() == kCallers * kEach);
}

}  // namespace atelier::server
