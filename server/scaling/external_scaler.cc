#include "server/scaling/external_scaler.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include "server/api/reply.h"

namespace atelier::server {
namespace {

constexpr char kMetric[] = "queued-seconds";
constexpr double kTargetSeconds = 60;
constexpr double kUnmeasuredJobSeconds = 30;

struct Trigger {
  std::string model;
  double target_seconds = kTargetSeconds;
  double unmeasured_job_seconds = kUnmeasuredJobSeconds;
};

Unexpected Invalid(const std::string& key, const std::string& rule, const std::string& given) {
  return InvalidField("scalerMetadata." + key, rule, given.substr(0, 100));
}

/// Sets `seconds` where the metadata has `key`.
Status ReadSeconds(const externalscaler::ScaledObjectRef& object, const std::string& key,
                   double& seconds) {
  const auto found = object.scalermetadata().find(key);
  if (found == object.scalermetadata().end()) return {};
  char* end = nullptr;
  const double value = std::strtod(found->second.c_str(), &end);
  const bool whole = !found->second.empty() && *end == '\0';
  if (!whole || !std::isfinite(value) || value <= 0) {
    return Invalid(key, "a number of seconds above 0", found->second);
  }
  seconds = value;
  return {};
}

Result<Trigger> TriggerOf(const externalscaler::ScaledObjectRef& object) {
  Trigger trigger;
  const auto model = object.scalermetadata().find("model");
  const std::string given = model == object.scalermetadata().end() ? "" : model->second;
  trigger.model = given;
  if (IdOf(given, "models/").empty()) return Invalid("model", "models/{model}", given);
  ATELIER_RETURN_IF_ERROR(ReadSeconds(object, "targetSeconds", trigger.target_seconds));
  ATELIER_RETURN_IF_ERROR(
      ReadSeconds(object, "unmeasuredJobSeconds", trigger.unmeasured_job_seconds));
  return trigger;
}

bool HasWork(const ModelLoad& load) { return load.queued > 0 || load.running > 0; }

double QueuedSeconds(const ModelLoad& load, const Trigger& trigger) {
  return load.queued_seconds.value_or(static_cast<double>(load.queued) *
                                      trigger.unmeasured_job_seconds);
}

int64_t RoundedUp(double seconds) { return static_cast<int64_t>(std::ceil(seconds)); }

}  // namespace

grpc::Status ExternalScaler::IsActive(grpc::ServerContext* context,
                                      const externalscaler::ScaledObjectRef* request,
                                      externalscaler::IsActiveResponse* response) {
  // Without the request: a later KEDA may send fields that this server does not know.
  if (grpc::Status may = callers_.Begin(*context); !may.ok()) return may;
  const Result<Trigger> trigger = TriggerOf(*request);
  if (!trigger) return Reply(trigger.error());
  response->set_result(HasWork(queue_.LoadOf(trigger->model)));
  return grpc::Status::OK;
}

grpc::Status ExternalScaler::StreamIsActive(
    grpc::ServerContext* context, const externalscaler::ScaledObjectRef* request,
    grpc::ServerWriter<externalscaler::IsActiveResponse>* writer) {
  if (grpc::Status may = callers_.Begin(*context); !may.ok()) return may;
  const Result<Trigger> trigger = TriggerOf(*request);
  if (!trigger) return Reply(trigger.error());
  const Result<CallSlots::Slot> slot = streams_.Take();
  if (!slot) return Reply(slot.error());
  const auto caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  const std::function<Status()> still = callers_.WhetherStill(*caller);
  std::optional<bool> told;
  while (!context->IsCancelled()) {
    if (const Status goes_on = lifecycle_.MayStart(); !goes_on) return Reply(goes_on);
    if (const Status known = still ? still() : Status(); !known) return Reply(known);
    // Before the look, so that what comes after it ends the wait.
    const uint64_t seen = queue_.feed().queue_generation();
    const bool active = HasWork(queue_.LoadOf(trigger->model));
    if (told != active) {
      externalscaler::IsActiveResponse response;
      response.set_result(active);
      if (!writer->Write(response)) break;
      told = active;
    }
    queue_.feed().WaitForQueued(seen, kLookAgain);
  }
  return grpc::Status::OK;
}

grpc::Status ExternalScaler::GetMetricSpec(grpc::ServerContext* context,
                                           const externalscaler::ScaledObjectRef* request,
                                           externalscaler::GetMetricSpecResponse* response) {
  if (grpc::Status may = callers_.Begin(*context); !may.ok()) return may;
  const Result<Trigger> trigger = TriggerOf(*request);
  if (!trigger) return Reply(trigger.error());
  externalscaler::MetricSpec& metric = *response->add_metricspecs();
  metric.set_metricname(kMetric);
  metric.set_targetsizefloat(trigger->target_seconds);
  metric.set_targetsize(RoundedUp(trigger->target_seconds));
  return grpc::Status::OK;
}

grpc::Status ExternalScaler::GetMetrics(grpc::ServerContext* context,
                                        const externalscaler::GetMetricsRequest* request,
                                        externalscaler::GetMetricsResponse* response) {
  if (grpc::Status may = callers_.Begin(*context); !may.ok()) return may;
  const Result<Trigger> trigger = TriggerOf(request->scaledobjectref());
  if (!trigger) return Reply(trigger.error());
  const double seconds = QueuedSeconds(queue_.LoadOf(trigger->model), *trigger);
  externalscaler::MetricValue& metric = *response->add_metricvalues();
  metric.set_metricname(kMetric);
  metric.set_metricvaluefloat(seconds);
  metric.set_metricvalue(RoundedUp(seconds));
  return grpc::Status::OK;
}

}  // namespace atelier::server
