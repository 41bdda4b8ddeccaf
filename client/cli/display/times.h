// Times and durations as a person reads them.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

namespace atelier::cli {

/// Seconds since 1970.
double SecondsOf(const google::protobuf::Timestamp& time);

/// "2026-01-31 13:00:00" in the time zone of this machine.
std::string LocalTime(const google::protobuf::Timestamp& time);

/// The time zone's name now, e.g. "CET".
std::string ZoneName();

/// "0.8 s", "12 s", "3 min 05 s", "2 h 03 min", "3 d 04 h"; "0.0 s" for a negative one.
std::string DurationText(double seconds);

/// "512 bytes", "1.5 KiB", "20.0 MiB"
std::string BytesText(double bytes);

}  // namespace atelier::cli
