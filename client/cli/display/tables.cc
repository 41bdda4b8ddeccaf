#include "client/cli/display/tables.h"

#include <algorithm>
#include <map>
#include <vector>

#include "client/cli/display/times.h"
#include "client/client.h"

namespace atelier::cli {
namespace {

using Row = std::vector<std::string>;

constexpr char kNothing[] = "-";

/// Columns as wide as their widest cell, two spaces between them.
std::string Aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string Counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Seconds in the queue up to its present or last attempt, so far while it waits.
double WaitedSeconds(const v1::Job& job, double now) {
  const bool queued = job.state() == v1::JOB_STATE_QUEUED;
  double end = now;
  if (!queued && job.has_end_time()) end = SecondsOf(job.end_time());
  if (!queued && job.has_start_time()) end = SecondsOf(job.start_time());
  return end - SecondsOf(job.create_time());
}

/// How long its present or last attempt took; "-" for one that waits or never started.
std::string TookText(const v1::Job& job, double now) {
  if (job.state() == v1::JOB_STATE_QUEUED || !job.has_start_time()) return kNothing;
  const double end = job.has_end_time() ? SecondsOf(job.end_time()) : now;
  return DurationText(end - SecondsOf(job.start_time()));
}

std::string DetailOf(const v1::Job& job) {
  switch (job.state()) {
    case v1::JOB_STATE_QUEUED:
      return std::to_string(job.queue_position()) + " in front";
    case v1::JOB_STATE_RUNNING:
      if (job.progress().steps() == 0) return "preparing";
      return "step " + std::to_string(job.progress().step()) + " of " +
             std::to_string(job.progress().steps());
    case v1::JOB_STATE_SUCCEEDED:
      return Counted(static_cast<size_t>(job.images_size()), "picture");
    default:
      return job.error_reason();
  }
}

}  // namespace

std::string JobTable(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, double now) {
  std::vector<Row> rows = {
      {"JOB", "STATE", "TENANT", "CREATED (" + ZoneName() + ")", "WAITED", "TOOK", "ENDED", ""}};
  std::map<v1::JobState, size_t> counts;
  for (const v1::Job& job : jobs) {
    ++counts[job.state()];
    rows.push_back({job.name(), std::string(client::StateName(job.state())), job.tenant(),
                    LocalTime(job.create_time()), DurationText(WaitedSeconds(job, now)),
                    TookText(job, now), job.has_end_time() ? LocalTime(job.end_time()) : kNothing,
                    DetailOf(job)});
  }
  std::string total = Counted(static_cast<size_t>(jobs.size()), "job");
  for (const auto& [state, count] : counts) {
    total += (state == counts.begin()->first ? ": " : ", ") + std::to_string(count) + " " +
             std::string(client::StateName(state));
  }
  return (jobs.empty() ? "" : Aligned(rows)) + total + "\n";
}

std::string AssetTable(const google::protobuf::RepeatedPtrField<v1::Asset>& assets) {
  std::vector<Row> rows = {{"ASSET", "SIZE", "TYPE", "BYTES", "STORED (" + ZoneName() + ")"}};
  double bytes = 0;
  for (const v1::Asset& asset : assets) {
    bytes += static_cast<double>(asset.size_bytes());
    rows.push_back(
        {asset.name(), std::to_string(asset.width()) + "x" + std::to_string(asset.height()),
         asset.content_type(), std::to_string(asset.size_bytes()), LocalTime(asset.create_time())});
  }
  return (assets.empty() ? "" : Aligned(rows)) +
         Counted(static_cast<size_t>(assets.size()), "asset") + ", " + BytesText(bytes) + "\n";
}

std::string TokenTable(const google::protobuf::RepeatedPtrField<v1::Token>& tokens) {
  std::vector<Row> rows = {
      {"TOKEN", "TENANT", "RIGHTS", "CREATED (" + ZoneName() + ")", "ENDS", "NOTE"}};
  for (const v1::Token& token : tokens) {
    std::string rights;
    for (const int right : token.rights()) {
      std::string name = v1::Right_Name(right).substr(sizeof("RIGHT_") - 1);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      rights += (rights.empty() ? "" : ",") + name;
    }
    std::string ends = token.has_expire_time() ? LocalTime(token.expire_time()) : kNothing;
    if (token.has_revoke_time()) ends = "revoked " + LocalTime(token.revoke_time());
    rows.push_back(
        {token.name(), token.tenant(), rights, LocalTime(token.create_time()), ends, token.note()});
  }
  return (tokens.empty() ? "" : Aligned(rows)) +
         Counted(static_cast<size_t>(tokens.size()), "token") + "\n";
}

std::string JobTimes(const v1::Job& job, double now) {
  std::string text = "  tenant " + job.tenant() + "\n  created " + LocalTime(job.create_time());
  text += ", waited " + DurationText(WaitedSeconds(job, now)) + "\n";
  if (job.has_start_time()) text += "  started " + LocalTime(job.start_time()) + "\n";
  if (job.has_end_time()) text += "  ended " + LocalTime(job.end_time()) + "\n";
  if (const std::string took = TookText(job, now); took != kNothing)
    text += "  took " + took + "\n";
  return text;
}

}  // namespace atelier::cli
