/// Normalization form C of UTF-8 text (UAX #15), with the tables of `UnicodeData`.
struct Normalization: Sendable {
    private let classes = UnicodeClasses.shared
    private let mappings = CanonicalMappings.shared

    /// Where the first cluster starts that is not surely normalised, or nil when the text is in form C as it stands.
    func firstDoubt(in text: Span<UInt8>) -> Int? {
        var position = 0
        var clusterStart = 0
        var lastCombiningClass: UInt16 = 0
        while position < text.count {
            let first = text[position]
            // ASCII, and the ideographs from U+5000 to U+9FFF, never change.
            if first < 0x80 {
                clusterStart = position
                lastCombiningClass = 0
                position += 1
                continue
            }
            if first >= 0xE5 && first <= 0xE9 {
                clusterStart = position
                lastCombiningClass = 0
                position += 3
                continue
            }
            let scalar = text.scalar(at: position)
            let traits = classes[scalar.value]
            if traits.isInert {
                clusterStart = position
            } else if traits.bits & CodePointTraits.mayChange != 0 {
                return clusterStart
            } else if traits.combiningClass < lastCombiningClass {
                return clusterStart
            }
            lastCombiningClass = traits.combiningClass
            position += scalar.length
        }
        return nil
    }

    /// Appends the text in form C.
    func append(_ text: Span<UInt8>, to output: inout [UInt8]) {
        var cluster: [UInt32] = []
        var position = 0
        while position < text.count {
            let scalar = text.scalar(at: position)
            position += scalar.length
            if classes[scalar.value].isInert, position == text.count || nextIsInert(text, position) {
                output.append(scalar: scalar.value)
                continue
            }
            cluster.removeAll(keepingCapacity: true)
            appendDecomposition(of: scalar.value, to: &cluster)
            while position < text.count, !nextIsInert(text, position) {
                let next = text.scalar(at: position)
                appendDecomposition(of: next.value, to: &cluster)
                position += next.length
            }
            reorder(&cluster)
            compose(&cluster)
            for value in cluster {
                output.append(scalar: value)
            }
        }
    }

    private func nextIsInert(_ text: Span<UInt8>, _ position: Int) -> Bool {
        text[position] < 0x80 || classes[text.scalar(at: position).value].isInert
    }

    private func appendDecomposition(of value: UInt32, to cluster: inout [UInt32]) {
        guard classes[value].bits & CodePointTraits.decomposes != 0 else {
            cluster.append(value)
            return
        }
        if Hangul.syllables.contains(value) {
            Hangul.appendDecomposition(of: value, to: &cluster)
        } else if let mapping = mappings.decomposition(of: value) {
            appendDecomposition(of: mapping.first, to: &cluster)
            if mapping.second != 0 {
                appendDecomposition(of: mapping.second, to: &cluster)
            }
        }
    }

    /// Sorts each run of marks by combining class, equal ones in their order (D108).
    private func reorder(_ cluster: inout [UInt32]) {
        var start = 0
        while start < cluster.count {
            var end = start
            var isOrdered = true
            while end < cluster.count, classes[cluster[end]].combiningClass != 0 {
                if end > start, classes[cluster[end]].combiningClass < classes[cluster[end - 1]].combiningClass {
                    isOrdered = false
                }
                end += 1
            }
            if !isOrdered {
                cluster[start..<end].sort(by: { classes[$0].combiningClass < classes[$1].combiningClass })
            }
            start = end + 1
        }
    }

    /// Joins each starter with the marks behind it that nothing blocks (D117).
    private func compose(_ cluster: inout [UInt32]) {
        var starter: Int?
        var count = 0
        var lastCombiningClass: UInt16 = 0
        for value in cluster {
            let combiningClass = classes[value].combiningClass
            if let starter, starter == count - 1 || lastCombiningClass < combiningClass,
                let composed = mappings.composition(of: cluster[starter], value)
            {
                cluster[starter] = composed
                continue
            }
            if combiningClass == 0 {
                starter = count
            }
            lastCombiningClass = combiningClass
            cluster[count] = value
            count += 1
        }
        cluster.removeSubrange(count...)
    }
}
