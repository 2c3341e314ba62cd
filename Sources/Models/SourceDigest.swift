internal import Checkpoints

/// Names what weights are made of, so that a cache's file for others is not taken for theirs (FNV-1a).
struct SourceDigest {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private var identities: [String: String] = [:]

    var text: String { String(hash, radix: 16) }

    mutating func add(_ text: String) {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }

    /// Their names, places and formats, and the sizes and times of their files.
    mutating func add(_ sources: [Qwen3WeightSource]) {
        for source in sources {
            add(source.record, source.byteRange)
            for part in source.encoding.parts { add(part, 0..<part.byteCount) }
            if source.target != source.record.format { add("as \(source.target)") }
        }
    }

    private mutating func add(_ record: TensorRecord, _ range: Range<Int>) {
        let identity = identities[record.fileName] ?? record.fileIdentity
        identities[record.fileName] = identity
        add("\(record.name) \(record.format) \(record.fileOffset) \(range) \(identity)")
    }

    /// A checkpoint's name with what a file's may hold.
    static func fileName(_ name: String) -> String {
        let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
        return String(plain.prefix(100))
    }
}
