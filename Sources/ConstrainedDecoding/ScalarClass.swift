/// A set of Unicode scalars as ascending ranges of numbers, without surrogates.
struct ScalarClass: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []

    static let all = ScalarClass([0...0x10FFFF])

    init(_ ranges: [ClosedRange<UInt32>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
        removeSurrogates()
    }

    init(_ text: String) {
        self.init(text.unicodeScalars.map { $0.value...$0.value })
    }

    init(scalar: UInt32) {
        self.init([scalar...scalar])
    }

    var inverted: ScalarClass {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next {
                gaps.append(next...range.lowerBound - 1)
            }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF {
            gaps.append(next...0x10FFFF)
        }
        return ScalarClass(gaps)
    }

    func union(_ other: ScalarClass) -> ScalarClass {
        ScalarClass(ranges + other.ranges)
    }

    func intersection(_ other: ScalarClass) -> ScalarClass {
        inverted.union(other.inverted).inverted
    }

    func subtracting(_ other: ScalarClass) -> ScalarClass {
        inverted.union(other).inverted
    }

    func contains(_ scalar: UInt32) -> Bool {
        ranges.contains { $0.contains(scalar) }
    }

    private mutating func removeSurrogates() {
        let surrogates: ClosedRange<UInt32> = 0xD800...0xDFFF
        guard ranges.contains(where: { $0.overlaps(surrogates) }) else { return }
        ranges = ranges.flatMap { range -> [ClosedRange<UInt32>] in
            guard range.overlaps(surrogates) else { return [range] }
            var parts: [ClosedRange<UInt32>] = []
            if range.lowerBound < surrogates.lowerBound {
                parts.append(range.lowerBound...surrogates.lowerBound - 1)
            }
            if range.upperBound > surrogates.upperBound {
                parts.append(surrogates.upperBound + 1...range.upperBound)
            }
            return parts
        }
    }
}

extension ScalarClass {
    /// One scalar of the class in UTF-8.
    var expression: GrammarExpression {
        var single = ByteSet()
        var longer: [GrammarExpression] = []
        for sequence in sequences {
            if sequence.count == 1 {
                for byte in sequence[0] {
                    single.insert(byte)
                }
            } else {
                longer.append(.sequence(sequence.map { .set(ByteSet($0)) }))
            }
        }
        let choices = (single.isEmpty ? [] : [GrammarExpression.set(single)]) + longer
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    /// The class in UTF-8: boxes of one to four ranges of bytes.
    var sequences: [[ClosedRange<UInt8>]] {
        let lengths: [(ClosedRange<UInt32>, Int)] = [
            (0...0x7F, 1), (0x80...0x7FF, 2), (0x800...0xFFFF, 3), (0x10000...0x10FFFF, 4),
        ]
        var sequences: [[ClosedRange<UInt8>]] = []
        for range in ranges {
            for (span, length) in lengths where span.overlaps(range) {
                let part = range.clamped(to: span)
                sequences += Self.split(
                    Self.bytes(part.lowerBound, length), Self.bytes(part.upperBound, length))
            }
        }
        return sequences
    }

    private static func bytes(_ scalar: UInt32, _ length: Int) -> [UInt8] {
        guard length > 1 else { return [UInt8(truncatingIfNeeded: scalar)] }
        var bytes: [UInt8] = []
        for index in 1..<length {
            bytes.insert(UInt8(0x80 | (scalar >> UInt32(6 * (index - 1))) & 0x3F), at: 0)
        }
        let mark: UInt8 = [0, 0, 0xC0, 0xE0, 0xF0][length]
        bytes.insert(mark | UInt8(scalar >> UInt32(6 * (length - 1))), at: 0)
        return bytes
    }

    /// Boxes of byte ranges that together hold all sequences from one to another.
    private static func split(_ low: [UInt8], _ high: [UInt8]) -> [[ClosedRange<UInt8>]] {
        guard low.count > 1 else { return [[low[0]...high[0]]] }
        let lowRest = Array(low.dropFirst())
        let highRest = Array(high.dropFirst())
        if low[0] == high[0] {
            return split(lowRest, highRest).map { [low[0]...low[0]] + $0 }
        }
        let least = [UInt8](repeating: 0x80, count: lowRest.count)
        let most = [UInt8](repeating: 0xBF, count: lowRest.count)
        var boxes: [[ClosedRange<UInt8>]] = []
        var first = low[0]
        var last = high[0]
        if lowRest != least {
            boxes += split(lowRest, most).map { [first...first] + $0 }
            first += 1
        }
        if highRest != most {
            boxes += split(least, highRest).map { [last...last] + $0 }
            last -= 1
        }
        if first <= last {
            boxes.append([first...last] + lowRest.map { _ in 0x80...0xBF })
        }
        return boxes
    }
}
