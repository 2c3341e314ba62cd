internal import Tokens

/// The reusable memory of one encoding at a time.
struct EncodingScratch: Sendable {
    var merger = BytePairMerger()
    var normalized: [UInt8] = []
    /// By token: whether the merges turn its own bytes back into it. Learnt when a word asks.
    var wholeness: [Wholeness]

    enum Wholeness: UInt8 {
        case unknown
        case whole
        case divided
    }

    init(vocabularyCount: Int) {
        wholeness = [Wholeness](repeating: .unknown, count: vocabularyCount)
    }

    /// Whether it is small enough to keep for the next text.
    var isModest: Bool { merger.isModest && normalized.capacity < 1 << 24 }
}
