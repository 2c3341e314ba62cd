internal import Foundation

/// The exponential function, for logarithms of probabilities.
enum Exponential {
    static func of(_ value: Double) -> Double { exp(value) }
}
