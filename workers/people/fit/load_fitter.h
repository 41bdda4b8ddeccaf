// The fitter that a process' settings ask for.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "people/fit/body_fitter.h"

namespace atelier::people {

/// The file of the body that `setting` names; empty: the one that the program was built with.
std::string BodyFile(const std::string& setting);

/// Fits the body of the file `setting`; empty: the file that the program was built with. Null for
/// "none". Errors as Body::Load().
Result<std::shared_ptr<const BodyFitter>> LoadFitter(const std::string& setting);

}  // namespace atelier::people
