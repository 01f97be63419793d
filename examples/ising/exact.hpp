// What is known exactly of the two-dimensional Ising model without a field. J = k = 1, all values a
// site.
#pragma once

#include <cstdint>
#include <optional>

namespace steadfarm::ising {

/// 2 / ln(1 + sqrt 2), where the infinite lattice orders.
[[nodiscard]] double critical_temperature();

/// The energy of the infinite lattice: L. Onsager, Phys. Rev. 65, 117 (1944).
[[nodiscard]] double onsager_energy(double temperature);

/// The spontaneous magnetisation of the infinite lattice: C. N. Yang, Phys. Rev. 85, 808 (1952).
/// Zero from the critical temperature on.
[[nodiscard]] double yang_magnetisation(double temperature);

/// The energy of a torus of `size` by `size` sites: B. Kaufman, Phys. Rev. 76, 1232 (1949), in the
/// form of A. E. Ferdinand and M. E. Fisher, Phys. Rev. 185, 832 (1969).
[[nodiscard]] double kaufman_energy(std::uint32_t size, double temperature);

/// The mean of |magnetisation|, where a lattice of this size has that of the infinite one but for
/// less than 1e-5: below the critical temperature, with at least 12 correlation lengths a side.
/// Elsewhere it is not known exactly.
[[nodiscard]] std::optional<double> exact_magnetisation(std::uint32_t size, double temperature);

}  // namespace steadfarm::ising
