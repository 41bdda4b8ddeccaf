// Lists of jobs and pictures as a person reads them.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>

#include "atelier/v1/administration.pb.h"
#include "atelier/v1/asset.pb.h"
#include "atelier/v1/job.pb.h"

namespace atelier::cli {

/// A header, a line a job and a last one that counts: name, state, tenant, when it was queued, how
/// long it waited, how long it ran or runs, when it ended, and what there is to say of it. `now` is
/// in seconds since 1970.
std::string JobTable(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, double now);

/// A header, a line a picture and a last one that counts.
std::string AssetTable(const google::protobuf::RepeatedPtrField<v1::Asset>& assets);

/// A header and a line a token: name, tenant, rights, when it was made, whether it is taken still,
/// what it is for; and a last one that counts.
std::string TokenTable(const google::protobuf::RepeatedPtrField<v1::Token>& tokens);

/// Lines of "  created 2026-01-31 13:00:00", tenant, waiting and running time of one job.
std::string JobTimes(const v1::Job& job, double now);

}  // namespace atelier::cli
