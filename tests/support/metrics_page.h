// The metrics page of a process, as a test reads it.
#pragma once

#include <string>

namespace atelier::testing {

/// The value of a metric line that starts with `name` (labels included, if given); -1 when absent.
double MetricValue(const std::string& page, const std::string& name);

/// GET http://ADDRESS/PATH, body with headers; "" when nobody answers.
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace atelier::testing
