/// What the tokenizer has to know of a code point, in 16 bits.
struct CodePointTraits: Hashable, Sendable {
    var bits: UInt16

    static let letter: UInt16 = 1
    static let number: UInt16 = 2
    static let space: UInt16 = 4
    static let classes: UInt16 = 7
    /// Normalisation may replace it or join it to what stands before it (NFC_Quick_Check is No or Maybe).
    static let mayChange: UInt16 = 8
    static let decomposes: UInt16 = 16
    static let combiningClassShift: UInt16 = 8

    /// The canonical combining class; 0 for starters.
    @inline(__always)
    var combiningClass: UInt16 { bits >> Self.combiningClassShift }

    /// Whether normalisation can pass it by, whatever stands around it.
    @inline(__always)
    var isInert: Bool { bits & (Self.mayChange | 0xFF00) == 0 }
}

/// Letters, numbers and spaces as the reference tokenizer sees them, and what normalisation does to a code point.
///
/// A table in two stages: pages of 256 code points, of which all empty ones are one.
struct UnicodeClasses: Sendable {
    /// The page of each 256 code points.
    private var pages: [UInt16]
    private var traits: [UInt16]

    static let shared = UnicodeClasses()

    private init() {
        pages = [UInt16](repeating: 0, count: 0x1100)
        traits = [UInt16](repeating: 0, count: 0x100)
        markRanges(UnicodeData.letters, as: CodePointTraits.letter)
        markRanges(UnicodeData.numbers, as: CodePointTraits.number)
        markRanges(UnicodeData.spaces, as: CodePointTraits.space)
        markCombiningClasses()
        markMappings()
        markHangul()
    }

    /// The traits of a Unicode scalar.
    @inline(__always)
    subscript(codePoint: UInt32) -> CodePointTraits {
        let page = Int(pages[Int(codePoint >> 8)])
        return CodePointTraits(bits: traits[page << 8 | Int(codePoint & 0xFF)])
    }

    private mutating func mark(_ codePoint: UInt32, _ bits: UInt16) {
        let slot = Int(codePoint >> 8)
        if pages[slot] == 0 {
            pages[slot] = UInt16(traits.count >> 8)
            traits.append(contentsOf: repeatElement(0, count: 0x100))
        }
        traits[Int(pages[slot]) << 8 | Int(codePoint & 0xFF)] |= bits
    }

    private mutating func markRanges(_ packed: StaticString, as bits: UInt16) {
        var numbers = PackedNumbers(packed)
        var last: UInt32 = 0
        while let distance = numbers.next(), let length = numbers.next() {
            let first = last + distance
            last = first + length
            for codePoint in first...last {
                mark(codePoint, bits)
            }
        }
    }

    private mutating func markCombiningClasses() {
        var numbers = PackedNumbers(UnicodeData.combiningClasses)
        var last: UInt32 = 0
        while let distance = numbers.next(), let length = numbers.next(), let combiningClass = numbers.next() {
            let first = last + distance
            last = first + length
            for codePoint in first...last {
                mark(codePoint, UInt16(truncatingIfNeeded: combiningClass) << CodePointTraits.combiningClassShift)
            }
        }
    }

    private mutating func markMappings() {
        for mapping in CanonicalMappings.shared.all {
            mark(mapping.codePoint, CodePointTraits.decomposes)
            if mapping.composes {
                mark(mapping.second, CodePointTraits.mayChange)
            } else {
                mark(mapping.codePoint, CodePointTraits.mayChange)
            }
        }
    }

    private mutating func markHangul() {
        for syllable in Hangul.syllables {
            mark(syllable, CodePointTraits.decomposes)
        }
        for jamo in [Hangul.vowels, Hangul.finals].joined() {
            mark(jamo, CodePointTraits.mayChange)
        }
    }
}
