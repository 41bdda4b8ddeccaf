// A PostgreSQL server of the test program's own, on a Unix socket alone. It starts when it is
// first asked for, in about a second, and goes with the program. It does not sync to disk.
#pragma once

#include <string>

namespace atelier::testing {

/// The URL of a fresh, empty schema.
std::string FreshPostgresUrl();

/// Stops the server at once, as a crash does, and starts it again.
void StopPostgres();
void StartPostgres();

}  // namespace atelier::testing
