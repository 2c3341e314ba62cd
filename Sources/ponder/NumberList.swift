import ArgumentParser

/// Whole numbers, separated by commas, as a flag's value.
struct NumberList: ExpressibleByArgument, CustomStringConvertible {
    private let numbers: [Int]

    init(_ numbers: [Int]) {
        self.numbers = numbers
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap(\.self)
        guard !numbers.isEmpty, numbers.count == parts.count else { return nil }
        self.numbers = numbers
    }

    var description: String { numbers.map(String.init).joined(separator: ",") }
    var defaultValueDescription: String { description }

    /// The numbers, if all of them lie in the range.
    func checked(_ place: String, in range: ClosedRange<Int>) throws(SettingsError) -> [Int] {
        try numbers.map { (number) throws(SettingsError) in try WholeNumber.checked(number, place, in: range) }
    }
}

/// The range check of flags that take a whole number.
enum WholeNumber {
    static func checked(_ number: Int, _ place: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int {
        guard range.contains(number) else {
            throw SettingsError(
                place: place, value: "\(number)",
                expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
