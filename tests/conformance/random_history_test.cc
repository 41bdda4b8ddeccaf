// The same random histories over every store: each answer must be the memory store's, word by word.

#include <algorithm>
#include <functional>
#include <sstream>

#include "base/random.h"
#include "conformance/store_fixture.h"

namespace atelier::server {
namespace {

constexpr int kHistories = 6, kSteps = 250;

void Write(std::ostream& out, const JobRecord& job) {
  out << job.sequence << ' ' << job.id << ' ' << job.tenant << ' ' << job.model << ' '
      << job.batch_key << " state " << static_cast<int>(job.state) << " r" << job.revision << " a"
      << job.attempt << " lost " << job.lost_workers << " rank " << job.rank_ms << " queued "
      << job.queued_ms << " ended " << job.ended_ms << " request " << job.request_id << ' '
      << job.error_reason << ' ' << job.device_ms << ' ' << job.pictures << ' ' << job.step_pixels;
  if (job.lease)
    out << " lease " << job.lease->token << ' ' << job.lease->worker << ' ' << job.lease->alone
        << ' ' << job.lease->deadline_ms;
  out << '\n';
}
void Write(std::ostream& out, const std::vector<JobRecord>& jobs) {
  for (const JobRecord& job : jobs) Write(out, job);
}
void Write(std::ostream& out, const std::optional<JobRecord>& job) {
  if (job) Write(out, *job);
}
void Write(std::ostream& out, const JobStore::Inserted& inserted) {
  out << (inserted.joined ? "joined " : "added ");
  Write(out, inserted.job);
}
void Write(std::ostream& out, const JobStore::Counts& counts) {
  out << counts.queued << ' ' << counts.running << ' ' << counts.finished;
}
void Write(std::ostream& out, const TenantLoad& load) {
  out << load.queued << ' ' << load.running << ' ' << load.step_pixels;
}
void Write(std::ostream& out, const WorkerLoad& load) { out << load.any << ' ' << load.alone; }
void Write(std::ostream& out, const std::vector<JobLease>& leases) {
  for (const JobLease& each : leases) out << each.job << ' ' << each.lease.token << '\n';
}
void Write(std::ostream& out, const std::vector<JobStore::QueuedOfModel>& models) {
  for (const auto& each : models)
    out << each.model << ' ' << each.jobs << ' ' << each.oldest_ms << '\n';
}
void Write(std::ostream& out, const std::vector<TenantUsage>& usage) {
  for (const TenantUsage& each : usage)
    out << each.tenant << ' ' << each.device_ms << ' ' << each.pictures << ' ' << each.stored_bytes
        << '\n';
}
void Write(std::ostream& out, const std::vector<AssetOwner>& owners) {
  for (const AssetOwner& each : owners)
    out << each.digest << ' ' << each.tenant << ' ' << each.create_time_ms << ' ' << each.bytes
        << '\n';
}
void Write(std::ostream& out, int64_t number) { out << number; }

template <typename T>
std::string TextOf(const Result<T>& result) {
  std::ostringstream out;
  if (result) {
    Write(out, *result);
  } else {
    out << result.error().reason << ": " << result.error().message;
  }
  return out.str();
}
std::string TextOf(const Status& status) { return status ? "done" : status.error().reason; }

/// A step of a history: what is asked, and of a store its answer.
struct Step {
  std::string name;
  std::function<std::string(JobStore&)> ask;
};

/// The first line in which they differ.
std::string DifferenceOf(const std::string& wanted, const std::string& given) {
  std::istringstream a(wanted), b(given);
  std::string x, y;
  while (std::getline(a, x) && std::getline(b, y) && x == y) {
  }
  return "wanted " + x + "\ngiven  " + y;
}

/// Draws steps. What it draws does not depend on answers.
class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {}

  Step Next() {
    ++now_;
    switch (Below(18)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return Insert();
      case 5:
      case 6:
      case 7:
        return Take();
      case 8:
      case 9:
      case 10:
        return Change();
      case 11:
        return Extend();
      case 12:
        return Overdue();
      case 13:
        return Forget();
      case 14:
        return Owners();
      default:
        return Look();
    }
  }

 private:
  int Below(int count) { return static_cast<int>(random_.Bits() % static_cast<uint64_t>(count)); }
  bool OneIn(int count) { return Below(count) == 0; }
  std::string Tenant() { return std::string(1, static_cast<char>('p' + Below(4))); }
  std::string Model() { return OneIn(2) ? "a" : "b"; }
  std::string AnyId() { return "job" + std::to_string(Below(std::max(1, jobs_))); }

  Step Insert() {
    JobRecord job = MakeJobOf(Tenant(), "job" + std::to_string(jobs_++), 1000 * Below(5),
                              Model() + "|" + std::to_string(Below(2)));
    job.queued_ms = now_;
    job.expires_ms = OneIn(4) ? now_ + 1 + Below(60) : 0;
    job.step_pixels = 1 + Below(5);
    if (OneIn(3)) {
      job.request_id = "request" + std::to_string(Below(12));
      job.request_hash = "hash" + std::to_string(Below(2));
    }
    QueueLimits limits;
    if (OneIn(2)) limits.queued = 12;
    if (OneIn(2)) limits.queued_per_tenant = 6;
    if (OneIn(2)) limits.step_pixels_per_tenant = 20;
    return {"insert " + job.id + " of " + job.tenant,
            [job, limits](JobStore& store) { return TextOf(store.Insert(job, limits)); }};
  }

  Step Take() {
    std::vector<std::string> models = {Model()};
    if (OneIn(2)) models = {"a", "b"};
    const int count = 1 + Below(4);
    const bool refuses = OneIn(8), leased = !OneIn(6), alone = OneIn(4);
    const std::string worker = "worker" + std::to_string(Below(3));
    const int64_t now = now_, running = OneIn(2) ? 1 + Below(3) : kNoLimit;
    return {"take " + std::to_string(count) + " of " + models.front() + "..", [=](JobStore& store) {
              return TextOf(store.TakeQueued(
                  models, count,
                  [&](JobRecord& job) -> Status {
                    if (refuses) return MakeError(Code::kInternal, "REFUSED", job.id);
                    job.state = JobState::kRunning;
                    ++job.attempt;
                    job.started_ms = now;
                    if (leased) job.lease = Lease{"token of " + job.id, worker, alone, now + 20};
                    return {};
                  },
                  [&](const std::string& tenant) { return tenant == "p" ? kNoLimit : running; }));
            }};
  }

  Step Change() {
    const std::string id = AnyId();
    const int64_t now = now_;
    const auto state = static_cast<JobState>(1 + Below(6));
    const int64_t device_ms = Below(100), pictures = Below(3);
    const bool same = OneIn(6);
    const AssetOwner owner{"picture" + std::to_string(Below(5)), Tenant(), now, Below(3) * 100};
    const std::vector<AssetOwner> owners(OneIn(2) ? 1 : 0, owner);
    return {"change " + id, [=](JobStore& store) {
              return TextOf(store.Update(
                  id,
                  [&](JobRecord& job) -> Status {
                    if (same) return {};
                    if (IsFinal(job.state))
                      return MakeError(Code::kFailedPrecondition, "FINAL", job.id);
                    job.state = state;
                    job.device_ms += device_ms;
                    if (IsFinal(state)) {
                      job.ended_ms = now;
                      job.pictures = pictures;
                      job.error_reason = state == JobState::kFailed ? "REASON" : "";
                    }
                    return {};
                  },
                  owners));
            }};
  }

  Step Extend() {
    const std::string id = AnyId(), token = "token of " + (OneIn(3) ? AnyId() : id);
    const int64_t deadline = now_ + Below(50);
    return {"extend " + id,
            [=](JobStore& store) { return TextOf(store.ExtendLease(id, token, deadline)); }};
  }

  Step Overdue() {
    const int64_t now = now_;
    const int limit = 1 + Below(4);
    return {"overdue", [=](JobStore& store) {
              auto overdue = store.TakeOverdue(now, limit, [&](JobRecord& job) -> Status {
                job.state = JobState::kExpired;
                job.ended_ms = now;
                return {};
              });
              return TextOf(overdue);
            }};
  }

  Step Forget() {
    const int64_t before = now_ - 60, keep = 5 + Below(20);
    const int limit = 1 + Below(8);
    const std::string tenant = Tenant(), id = AnyId();
    switch (Below(4)) {
      case 0:
        return {"prune", [=](JobStore& store) { return TextOf(store.Prune(before, keep, limit)); }};
      case 1:
        return {"delete " + id, [=](JobStore& store) { return TextOf(store.Delete(id)); }};
      case 2:
        // Which of them is for the store to choose.
        return {"prune all of a tenant",
                [=](JobStore& store) { return TextOf(store.PruneTenant(tenant, 1000)); }};
      default:
        return Look();
    }
  }

  Step Owners() {
    const std::string digest = "picture" + std::to_string(Below(5)), tenant = Tenant();
    const int64_t bytes = 100 + Below(100);
    const AssetOwner owner{digest, tenant, now_, OneIn(2) ? bytes : 0};
    const int which = Below(5);
    return {"owners of " + digest, [=](JobStore& store) {
              switch (which) {
                case 0:
                case 1:
                  return TextOf(store.AddAssetOwner(owner).Wait());
                case 2:
                  return TextOf(store.RemoveAssetOwner(digest, tenant));
                case 3:
                  return TextOf(store.RemoveAssetOwners(digest));
                default:
                  return TextOf(store.SetAssetBytes(digest, bytes));
              }
            }};
  }

  Step Look() {
    const std::string id = AnyId(), tenant = Tenant(),
                      request = "request" + std::to_string(Below(12));
    const std::string worker = "worker" + std::to_string(Below(3));
    const int64_t now = now_, before = OneIn(2) ? kNoLimit : Below(40);
    JobFilter filter;
    if (OneIn(2)) filter.tenant = tenant;
    if (OneIn(2)) filter.states = {JobState::kQueued, static_cast<JobState>(2 + Below(5))};
    if (OneIn(4)) filter.error_reason = "REASON";
    return {"look", [=](JobStore& store) {
              std::string text = TextOf(store.Get(id)) + TextOf(store.Count()) +
                                 TextOf(store.FindRequest(tenant, request)) +
                                 TextOf(store.List(7, before, filter)) +
                                 TextOf(store.ListRunning()) + TextOf(store.ListUnleased()) +
                                 TextOf(store.LoadOf(worker)) + TextOf(store.LoadOfTenant(tenant)) +
                                 TextOf(store.ListExpiredLeases(now)) +
                                 TextOf(store.CountQueued()) + TextOf(store.ListUsage()) +
                                 TextOf(store.ListAssetsOf(tenant, 3)) + TextOf(store.LatestMs());
              if (const auto job = store.Get(id)) text += TextOf(store.CountAhead(*job));
              return text;
            }};
  }

  Random random_;
  int jobs_ = 0;
  int64_t now_ = 100;
};

}  // namespace

TEST_CASE("Random histories have the same answers in every store", "[store]") {
  const std::string kind = GENERATE(as<std::string>(), "sqlite", "postgres");
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    StoreFixture plain("memory"), fixture(kind);
    History history(seed);
    int same = 0;
    for (int step = 0; step < kSteps; ++step) {
      const Step next = history.Next();
      INFO(kind << ", seed " << seed << ", step " << step << ": " << next.name);
      const std::string wanted = next.ask(*plain.store), given = next.ask(*fixture.store);
      same += given == wanted ? 1 : 0;
      if (given == wanted) continue;
      INFO(DifferenceOf(wanted, given));
      FAIL("the answers differ");
    }
    CHECK(same == kSteps);
  }
}

}  // namespace atelier::server
