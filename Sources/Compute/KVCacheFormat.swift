/// How keys and values are stored between steps.
public enum KVCacheFormat: String, Hashable, Sendable, CaseIterable {
    case f32, f16, bf16

    /// Bytes of one element.
    public var byteCount: Int { self == .f32 ? 4 : 2 }
}
