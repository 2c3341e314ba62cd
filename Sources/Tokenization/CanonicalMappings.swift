/// Canonical decompositions and compositions of single code points, but for Hangul.
struct CanonicalMappings: Sendable {
    struct Mapping: Sendable {
        let codePoint: UInt32
        let first: UInt32
        /// 0 where the code point maps to one other.
        let second: UInt32
        /// Whether the two parts compose to the code point again.
        let composes: Bool
    }

    /// In ascending order of code points.
    let all: [Mapping]
    private let compositions: [UInt64: UInt32]

    static let shared = CanonicalMappings()

    private init() {
        var numbers = PackedNumbers(UnicodeData.decompositions)
        var all: [Mapping] = []
        var compositions: [UInt64: UInt32] = [:]
        var codePoint: UInt32 = 0
        while let distance = numbers.next(), let first = numbers.next(), let second = numbers.next(),
            let composes = numbers.next()
        {
            codePoint += distance
            all.append(Mapping(codePoint: codePoint, first: first, second: second, composes: composes == 1))
            if composes == 1 {
                compositions[Self.key(first, second)] = codePoint
            }
        }
        self.all = all
        self.compositions = compositions
    }

    /// The mapping of a code point that has one.
    func decomposition(of codePoint: UInt32) -> Mapping? {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].codePoint < codePoint {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < all.count && all[low].codePoint == codePoint ? all[low] : nil
    }

    /// The code point that two make together, Hangul included.
    func composition(of first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composition(of: first, second) ?? compositions[Self.key(first, second)]
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
        UInt64(first) << 32 | UInt64(second)
    }
}

/// Hangul syllables and their parts, by arithmetic (The Unicode Standard, section 3.12).
enum Hangul {
    static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
    static let leads: ClosedRange<UInt32> = 0x1100...0x1112
    static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
    static let finals: ClosedRange<UInt32> = 0x11A8...0x11C2

    private static let vowelCount: UInt32 = 21
    // One more than the finals: a syllable may have none.
    private static let finalCount: UInt32 = 28

    static func appendDecomposition(of syllable: UInt32, to output: inout [UInt32]) {
        let index = syllable - syllables.lowerBound
        output.append(leads.lowerBound + index / (vowelCount * finalCount))
        output.append(vowels.lowerBound + index % (vowelCount * finalCount) / finalCount)
        if index % finalCount != 0 {
            output.append(finals.lowerBound + index % finalCount - 1)
        }
    }

    static func composition(of first: UInt32, _ second: UInt32) -> UInt32? {
        if leads.contains(first), vowels.contains(second) {
            let lead = first - leads.lowerBound
            return syllables.lowerBound + (lead * vowelCount + second - vowels.lowerBound) * finalCount
        }
        if syllables.contains(first), (first - syllables.lowerBound) % finalCount == 0, finals.contains(second) {
            return first + second - finals.lowerBound + 1
        }
        return nil
    }
}
