import Foundation

/// How often a property is tried on random cases: as often as a test says, or as the variable `PONDER_PROPERTY_ROUNDS` does,
/// for a long search.
public func propertyRounds(_ usual: Int) -> Range<Int> {
    let asked = ProcessInfo.processInfo.environment["PONDER_PROPERTY_ROUNDS"].flatMap { Int($0) }
    return 0..<max(1, asked ?? usual)
}
