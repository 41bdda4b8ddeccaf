// CIEDE2000: how different two colours look.
#pragma once

namespace atelier::edit {

/// CIE L*a*b*; L 0..100.
struct LabColour {
  double l = 0, a = 0, b = 0;
};

/// The colour difference of CIE 142-2001 with its parametric factors 1; about 1 is just seen.
double Ciede2000(const LabColour& one, const LabColour& other);

}  // namespace atelier::edit
