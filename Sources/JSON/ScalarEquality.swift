extension String {
    /// Whether both strings hold the same Unicode scalars; `==` would also accept canonical equivalents.
    func hasSameScalars(as other: String) -> Bool {
        self == other && utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}

/// A string as a dictionary key, by its bytes: canonically equivalent keys stay apart, and nobody can pile up their hashes.
struct ScalarKey: Hashable, Sendable {
    let text: String

    static func == (left: ScalarKey, right: ScalarKey) -> Bool {
        left.text.hasSameScalars(as: right.text)
    }

    func hash(into hasher: inout Hasher) {
        var copy = text
        copy.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }
}
