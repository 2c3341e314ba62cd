/// A string inside the interpreter: UTF-8 bytes and the origin of each of them.
///
/// Nearly every string has one origin, so runs are stored only for those that mix both. Equality ignores origins.
struct TemplateText: Sendable {
    typealias Origin = RenderedText.Origin

    /// A stretch of one origin that ends before byte `end`.
    struct Run: Sendable {
        var end: Int
        var origin: Origin
    }

    /// Always valid UTF-8.
    private(set) var bytes: [UInt8]
    /// Empty where all bytes have `origin`; else at least two runs that cover all bytes.
    private var runs: [Run] = []
    private var origin: Origin
    /// Whether the text counts as escaped HTML, as Jinja's Markup does.
    var isMarkup = false

    init(bytes: [UInt8] = [], origin: Origin = .template) {
        self.bytes = bytes
        self.origin = origin
    }

    init(_ text: String, origin: Origin = .template) {
        self.init(bytes: Array(text.utf8), origin: origin)
    }

    init(_ scalar: Unicode.Scalar, origin: Origin) {
        self.init(bytes: Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter), origin: origin)
    }

    var isEmpty: Bool { bytes.isEmpty }
    var byteCount: Int { bytes.count }
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The origin of text that is made from all of this: the caller's as soon as any byte is.
    var wholeOrigin: Origin { runs.isEmpty ? origin : .caller }

    /// The stretches of one origin, in order.
    var stretches: [(range: Range<Int>, origin: Origin)] {
        guard !runs.isEmpty else { return bytes.isEmpty ? [] : [(0..<bytes.count, origin)] }
        var start = 0
        return runs.map { run in
            defer { start = run.end }
            return (start..<run.end, run.origin)
        }
    }

    /// The origin of the byte at an offset; of the last byte past the end.
    func origin(at offset: Int) -> Origin {
        runs.isEmpty ? origin : runs.first { $0.end > offset }?.origin ?? .caller
    }

    /// The bytes of a range that starts and ends between scalars.
    func slice(_ range: Range<Int>) -> TemplateText {
        var part = TemplateText(bytes: Array(bytes[range]), origin: origin)
        part.isMarkup = isMarkup
        guard !runs.isEmpty, let first = runs.firstIndex(where: { $0.end > range.lowerBound }) else { return part }
        part.origin = runs[first].origin
        guard runs[first].end < range.upperBound else { return part }
        for run in runs[first...] {
            part.runs.append(Run(end: min(run.end, range.upperBound) - range.lowerBound, origin: run.origin))
            if run.end >= range.upperBound {
                break
            }
        }
        return part
    }

    mutating func append(_ other: TemplateText) {
        if other.runs.isEmpty {
            append(other.bytes, origin: other.origin)
        } else {
            for stretch in other.stretches {
                append(other.bytes[stretch.range], origin: stretch.origin)
            }
        }
    }

    mutating func append(_ other: TemplateText, range: Range<Int>) {
        if other.runs.isEmpty {
            append(other.bytes[range], origin: other.origin)
        } else {
            append(other.slice(range))
        }
    }

    mutating func append(_ text: String, origin: Origin) {
        append(text.utf8, origin: origin)
    }

    mutating func append(_ added: some Collection<UInt8>, origin addedOrigin: Origin) {
        guard !added.isEmpty else { return }
        if bytes.isEmpty {
            origin = addedOrigin
        } else if runs.isEmpty, addedOrigin != origin {
            runs = [Run(end: bytes.count, origin: origin), Run(end: bytes.count, origin: addedOrigin)]
        } else if let last = runs.last, last.origin != addedOrigin {
            runs.append(Run(end: bytes.count, origin: addedOrigin))
        }
        bytes.append(contentsOf: added)
        if !runs.isEmpty {
            runs[runs.count - 1].end = bytes.count
        }
    }

    mutating func reserve(_ byteCount: Int) {
        bytes.reserveCapacity(byteCount)
    }

    /// Each stretch of one origin through `change`, which sees and gives whole scalars.
    func mapStretches(_ change: (String) -> String) -> TemplateText {
        var result = TemplateText()
        for stretch in stretches {
            result.append(change(String(decoding: bytes[stretch.range], as: UTF8.self)), origin: stretch.origin)
        }
        result.isMarkup = isMarkup
        return result
    }

    /// The text so many times, in steps that double it.
    func repeated(_ count: Int) -> TemplateText {
        guard count > 0, !isEmpty else { return TemplateText() }
        var product = self
        product.reserve(byteCount * count)
        while product.byteCount <= byteCount * count / 2 {
            product.append(product)
        }
        product.append(product.slice(0..<(byteCount * count - product.byteCount)))
        return product
    }

    static func + (left: TemplateText, right: TemplateText) -> TemplateText {
        var sum = left
        sum.append(right)
        return sum
    }
}

extension TemplateText: Equatable {
    static func == (left: TemplateText, right: TemplateText) -> Bool { left.bytes == right.bytes }
}

extension TemplateText {
    /// The number of Unicode scalars, which is a string's length in Python.
    var scalarCount: Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 {
            count += 1
        }
        return count
    }

    /// The byte offset after so many scalars from the start, or the end.
    func offset(ofScalar scalarIndex: Int) -> Int {
        var remaining = scalarIndex
        var offset = 0
        while remaining > 0, offset < bytes.count {
            offset += Self.scalarWidth(bytes[offset])
            remaining -= 1
        }
        return offset
    }

    /// The byte ranges of the scalars.
    var scalarRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var offset = 0
        while offset < bytes.count {
            let end = offset + Self.scalarWidth(bytes[offset])
            ranges.append(offset..<end)
            offset = end
        }
        return ranges
    }

    /// The scalars, each as a text of its own.
    var characters: [TemplateText] { scalarRanges.map(slice) }

    private static func scalarWidth(_ leadByte: UInt8) -> Int {
        leadByte < 0x80 ? 1 : leadByte < 0xE0 ? 2 : leadByte < 0xF0 ? 3 : 4
    }
}

extension TemplateText {
    /// The offset of the first occurrence at or after `start` that ends by `end`.
    func firstRange(of needle: [UInt8], from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? bytes.count
        guard needle.count <= end - start else { return nil }
        guard let first = needle.first else { return start }
        return unsafe bytes.withUnsafeBufferPointer { haystack in
            unsafe needle.withUnsafeBufferPointer { needle in
                var offset = start
                let last = end - needle.count
                while offset <= last {
                    if unsafe haystack[offset] == first, unsafe Self.matches(haystack, needle, at: offset) {
                        return offset
                    }
                    offset += 1
                }
                return nil
            }
        }
    }

    /// The offset of the last occurrence at or after `start` that ends by `end`.
    func lastRange(of needle: [UInt8], from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? bytes.count
        guard needle.count <= end - start else { return nil }
        return unsafe bytes.withUnsafeBufferPointer { haystack in
            unsafe needle.withUnsafeBufferPointer { needle in
                var offset = end - needle.count
                while offset >= start {
                    if unsafe Self.matches(haystack, needle, at: offset) {
                        return offset
                    }
                    offset -= 1
                }
                return nil
            }
        }
    }

    private static func matches(
        _ haystack: UnsafeBufferPointer<UInt8>, _ needle: UnsafeBufferPointer<UInt8>, at offset: Int
    ) -> Bool {
        var index = 0
        while index < needle.count, unsafe haystack[offset + index] == needle[index] {
            index += 1
        }
        return index == needle.count
    }

    func hasPrefix(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    func hasSuffix(_ suffix: [UInt8]) -> Bool {
        bytes.count >= suffix.count && bytes[(bytes.count - suffix.count)...].elementsEqual(suffix)
    }
}
